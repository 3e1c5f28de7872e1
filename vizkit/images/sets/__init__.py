"""Sets of images that have a name and need no files, one module each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vizkit.plugins import Registry

if TYPE_CHECKING:
    from vizkit.images.image_set import ImageSet
    from vizkit.images.preprocessing import Preprocessing

SETS: Registry[Callable[[Preprocessing], ImageSet]] = Registry(
    "set of images", "vizkit.image_sets", "vizkit.images.sets.*:SET"
)
"""By name what makes a set for a preprocessing, whose `input_size` is that of the images."""
