"""The game's API, one module per resource. Handlers are plain functions from a Call to an Answer."""
