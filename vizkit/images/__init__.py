"""Images: photographs, folders, digits, and what a network expects of them."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
