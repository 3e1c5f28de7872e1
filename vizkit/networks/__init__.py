"""Networks: architectures, weights and layers, and how one is added."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
