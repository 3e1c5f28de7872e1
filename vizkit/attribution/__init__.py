"""Attribution: which pixels of an image, or channels of a layer below, drive a unit (captum)."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
