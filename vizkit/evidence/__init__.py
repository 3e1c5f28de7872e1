"""Evidence about pictures: measures of how good a picture of a unit is, and what must fail them."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
