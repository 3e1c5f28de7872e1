"""Ten photographs: the eight of scikit-image and two of scikit-learn."""

from __future__ import annotations

from vizkit.images.sets.photographs import SCIKIT_IMAGE, SCIKIT_LEARN, Photographs


class AllPhotographs(Photographs):
    """The ten that the report of invariance is made of."""

    name = "all_photographs"
    names = SCIKIT_IMAGE + SCIKIT_LEARN


SET = AllPhotographs
