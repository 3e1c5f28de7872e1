"""Tuning: how units respond over the values of transforms and of stimuli."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
