"""Objectives, one file each; every module here defines ``OBJECTIVE``, which makes one.

It is called with the network and the texts between the parentheses of ``name(a, b)``.
"""
