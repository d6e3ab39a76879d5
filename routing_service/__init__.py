"""Problem in, plan out: exact routes, and tours whose distance from the optimum is known.

The context keeps no state that matters: graphs that were prepared are remembered by their content, and a
process that lost them prepares them again.
"""
