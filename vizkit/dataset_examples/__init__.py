"""Dataset examples: the images of a set that drive a unit most, least, and in between."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
