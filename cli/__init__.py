"""The `spacetraders` command line: players, ships and voyages by symbol, over the three services' gRPC.

Everything that costs start-up time (grpc, protobuf, rich) is imported by the command that needs it,
so that `--help` and shell completion answer at once.
"""
