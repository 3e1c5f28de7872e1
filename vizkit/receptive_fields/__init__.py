"""Receptive fields: which input pixels can change a unit."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
