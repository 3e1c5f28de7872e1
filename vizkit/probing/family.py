"""The families of transforms by name."""

from __future__ import annotations

from vizkit.errors import NotFoundError, nearest
from vizkit.transforms.blur import Blur
from vizkit.transforms.circular import Circular
from vizkit.transforms.color import Hue, Saturation
from vizkit.transforms.crop import Crop
from vizkit.transforms.jpeg import Jpeg
from vizkit.transforms.linear import Scale, Shear
from vizkit.transforms.noise import Noise, Phase
from vizkit.transforms.occlusion import Occlusion
from vizkit.transforms.photometric import Brightness, Contrast, Gamma
from vizkit.transforms.reflection import Reflection
from vizkit.transforms.rotation import Rotation
from vizkit.transforms.transform import Family
from vizkit.transforms.translation import Translation

__all__ = ["FAMILIES", "Family", "family"]

FAMILIES: dict[str, Family] = {
    each.name: each
    for each in (
        Translation(name="translation", direction=(1, 1)),
        Translation(name="shift_y", direction=(1, 0)),
        Translation(name="shift_x", direction=(0, 1)),
        Circular(name="circular_y", axis=0),
        Circular(name="circular_x", axis=1),
        Crop(name="crop_y", direction=(1, 0)),
        Crop(name="crop_x", direction=(0, 1)),
        Rotation(),
        Scale(),
        Shear(),
        Reflection(name="reflection_y", axis=0),
        Reflection(name="reflection_x", axis=1),
        Brightness(),
        Contrast(),
        Gamma(),
        Hue(),
        Saturation(),
        Blur(),
        Noise(),
        Jpeg(),
        Occlusion(name="occlusion_y", axis=0),
        Occlusion(name="occlusion_x", axis=1),
        Phase(),
    )
}
"""All families; ``"translation"`` goes down and right along the diagonal."""


def family(name: str) -> Family:
    """The family called `name`.

    Raises
    ------
    NotFoundError : there is none.

    Examples
    --------
    >>> family("rotation").unit
    'degrees'
    """
    if name not in FAMILIES:
        raise NotFoundError(
            f"{name!r} is not a family of transforms. {nearest(name, FAMILIES)}\n"
            f"  There are: {', '.join(FAMILIES)}."
        )
    return FAMILIES[name]
