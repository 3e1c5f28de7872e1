"""Channels that are copies of each other."""
