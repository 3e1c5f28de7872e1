"""Equivariance: what moves a layer's map along with the image."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
