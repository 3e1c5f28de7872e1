"""What does each unit of a convolutional network respond to, and where does it look.

Everything public is reached from here and loaded on first use, so that ``import vizkit`` costs
next to nothing.
"""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
