"""Figures of results, for papers, talks and reports: PNG, PDF and SVG by ``figure.savefig``.

Every function returns a matplotlib `Figure` that belongs to the caller alone: nothing is shown,
pyplot does not know of it, and no setting of matplotlib is changed. Pictures are drawn at true
scale, every one with the same number of dots per pixel, and never stretched in contrast.
"""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
