"""The laws and words of the game world that two or more contexts need.

Symbols, flight modes with their fuel and time, the kinds of error, the clock, and the words in which a
request is found malformed. Standard library only, synchronous, without state.
"""
