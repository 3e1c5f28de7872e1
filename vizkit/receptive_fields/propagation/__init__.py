"""From one recorded pass to what every unit sees, and the words in which a rule is written."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
