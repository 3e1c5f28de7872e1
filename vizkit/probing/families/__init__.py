"""Families: channels of a layer that are transformed copies of each other."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
