"""Experiments on units: tuning, invariance, equivariance and families, a room each."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
