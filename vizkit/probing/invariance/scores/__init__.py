"""Scores of invariance, each with what chance would give and an interval over the images."""
