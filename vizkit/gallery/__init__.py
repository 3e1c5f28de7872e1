"""Galleries: what to do (plan), evidence (studies), files on disk (store), pages (site).

Nothing here imports torch until a study computes something.
"""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
