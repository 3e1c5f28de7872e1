"""Tuning: how units respond over the values of transforms and of stimuli."""

from vizkit.faces import lazy_face

__getattr__, __dir__, __all__ = lazy_face(__name__, __file__)
