"""Players and their secrets: synchronous, without I/O."""
