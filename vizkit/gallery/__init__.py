"""Galleries: what to do (plan), evidence (studies), files on disk (store), pages (site).

Nothing here imports torch until a study computes something.
"""

from vizkit.faces import lazy_face

__getattr__, __dir__, __all__ = lazy_face(__name__, __file__)
