"""What the ports stand for: the database, the game's HTTP API, the cipher."""
