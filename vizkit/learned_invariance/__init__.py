"""Learned invariances: what changes in a picture while a unit does not notice."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
