"""One module per command group: what the user may type, and which calls answer it."""
