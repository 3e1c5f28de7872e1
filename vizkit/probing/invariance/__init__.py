"""Invariance: what units and layers ignore, beside what chance gives."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
