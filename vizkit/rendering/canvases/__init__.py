"""Canvases, one file each; every module here defines ``CANVAS``."""
