"""Use cases that only tell."""
