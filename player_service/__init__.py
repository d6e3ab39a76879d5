"""The player context: our records of the game's agents, and the only place that keeps their tokens."""
