"""An offline, API-compatible SpaceTraders v2 server: a generated universe, the game's laws, and faults on request.

It is the oracle the product is tested against, so it shares no code with it: this package imports the standard
library, starlette and uvicorn alone.
"""
