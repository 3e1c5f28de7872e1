"""The families of transforms by name."""

from __future__ import annotations

from vizkit.errors import NotFoundError, nearest
from vizkit.invariance.transforms.photometric import Brightness
from vizkit.invariance.transforms.rotation import Rotation
from vizkit.invariance.transforms.transform import Family
from vizkit.invariance.transforms.translation import Translation

__all__ = ["FAMILIES", "Family", "family"]

FAMILIES: dict[str, Family] = {
    each.name: each
    for each in (
        Translation(name="translation", direction=(1, 1)),
        Translation(name="shift_y", direction=(1, 0)),
        Translation(name="shift_x", direction=(0, 1)),
        Rotation(),
        Brightness(),
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
