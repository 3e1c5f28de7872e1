"""Circuits: the weights between layers, what a unit is made of and what it feeds."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
