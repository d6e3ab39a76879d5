"""Use cases that change nothing."""
