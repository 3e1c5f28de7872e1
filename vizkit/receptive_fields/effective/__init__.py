"""Effective receptive fields: which of the pixels that a unit can see matter, and how much."""
