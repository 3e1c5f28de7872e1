"""Exact propagation of receptive fields through the operations of one forward pass."""
