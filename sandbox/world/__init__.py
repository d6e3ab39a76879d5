"""The generated universe: systems, waypoints, markets, gates, and the catalogue of ships. Immutable, by seed."""
