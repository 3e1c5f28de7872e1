"""Networks: architectures, weights and layers, and how one is added."""

from vizkit.faces import lazy_face

__getattr__, __dir__, __all__ = lazy_face(__name__, __file__)
