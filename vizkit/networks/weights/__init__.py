"""Weights: where they come from, their files, and what is checked of them."""
