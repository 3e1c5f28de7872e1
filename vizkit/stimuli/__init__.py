"""Stimuli: patterns with parameters, drawn to fit a unit's receptive field."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
