"""Use cases: one file each, behind ports."""
