"""Graphs, ships, routes, the searches over them, and the judge of what they find. Synchronous, no I/O."""
