"""The `spacetraders` command line: players, ships and voyages by symbol, over the three services' gRPC.

Everything that costs start-up time (grpc, protobuf, rich) is imported by the command that needs it,
so that `--help` and shell completion answer at once.
"""

# The whole product's: pyproject.toml reads it here, so that images, which are not installed as a package, have it too.
__version__ = "0.1.0"
