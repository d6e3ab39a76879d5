"""Alembic scripts; applied by `python -m player_service migrate`, and at every start with SQLite."""
