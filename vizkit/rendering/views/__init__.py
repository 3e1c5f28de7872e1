"""Robustness transforms, one file each; every module here defines ``VIEW``."""
