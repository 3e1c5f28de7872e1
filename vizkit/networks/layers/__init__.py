"""Layers: what a network has, under which names, and what an address names."""
