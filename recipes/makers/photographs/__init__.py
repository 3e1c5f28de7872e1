"""Distinct photographs out of folders and archives, to draw crops from."""
