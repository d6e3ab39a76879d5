"""The use cases of the navigation service and the ports that they need."""
