"""Alembic scripts; applied by `python -m navigation_service migrate`, and at every start with SQLite."""
