"""The transforms by name, none of which is loaded before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plugins import Paths, Registry

if TYPE_CHECKING:
    from vizkit.transforms.definition import Transform

TRANSFORMS: Registry[Transform] = Registry(
    "transform",
    "vizkit.transforms",
    Paths(
        "vizkit.transforms",
        {
            "translation": "shifts:TRANSLATION",
            "shift_y": "shifts:SHIFT_Y",
            "shift_x": "shifts:SHIFT_X",
            "circular_y": "shifts:CIRCULAR_Y",
            "circular_x": "shifts:CIRCULAR_X",
            "crop_y": "shifts:CROP_Y",
            "crop_x": "shifts:CROP_X",
            "rotation": "linear:ROTATION",
            "scale": "linear:SCALE",
            "shear": "linear:SHEAR",
            "reflection_y": "linear:REFLECTION_Y",
            "reflection_x": "linear:REFLECTION_X",
            "brightness": "photometric:BRIGHTNESS",
            "contrast": "photometric:CONTRAST",
            "gamma": "photometric:GAMMA",
            "hue": "photometric:HUE",
            "saturation": "photometric:SATURATION",
            "blur": "blur:BLUR",
            "noise": "noise:NOISE",
            "jpeg": "jpeg:JPEG",
            "occlusion_y": "occlusion:OCCLUSION_Y",
            "occlusion_x": "occlusion:OCCLUSION_X",
            "phase": "noise:PHASE",
        },
    ),
)
"""All transforms; ``"translation"`` goes down and right along the diagonal."""


def transform(given: str | Transform) -> Transform:
    """The transform that is called so; a transform itself stands for itself.

    Raises
    ------
    NotFoundError : there is none of this name.

    Examples
    --------
    >>> transform("rotation").unit
    'degrees'
    """
    return TRANSFORMS[given] if isinstance(given, str) else given


def register(added: Transform) -> None:
    """Let a transform of your own be found by its name, in this process.

    An installed package does the same through an entry point of the group ``vizkit.transforms``.

    Raises
    ------
    UsageError : the name is taken, or cannot be told from a list of names.
    """
    check_name(added.name)
    TRANSFORMS.register(added.name, added)


def check_name(name: str) -> None:
    """Refuse a name that a sweep, ``"rotation*scale,edge.orientation"``, could not be read with.

    Raises
    ------
    UsageError : so it is.
    """
    if not name.isidentifier():
        raise UsageError(
            f"{name!r} is no name: commas, dots and asterisks join names of what is varied.\n"
            "  Give letters, digits and underscores."
        )
