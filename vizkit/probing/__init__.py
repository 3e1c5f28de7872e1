"""Experiments on units: tuning, invariance, equivariance and families, a room each."""
