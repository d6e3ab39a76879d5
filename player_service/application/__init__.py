"""The use cases of the player context, and the ports that they need."""
