"""Lengths in a picture: pixels, or a share of the picture's shorter side, ``5%``."""

from __future__ import annotations

from vizkit.errors import UsageError


def in_pixels(length: str | float, size: tuple[int, int]) -> float:
    """Pixels of a length, so that one recipe suits pictures of 8 pixels and of 224.

    Parameters
    ----------
    length : pixels, or a share with a percent sign.
    size : (height, width) of the picture in pixels.

    Raises
    ------
    UsageError : text that is neither.

    Examples
    --------
    >>> in_pixels("5%", (224, 160)), in_pixels("3", (8, 8)), in_pixels(4, (8, 8))
    (8.0, 3.0, 4.0)
    """
    text = str(length).strip()
    share = text.endswith("%")
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        raise UsageError(
            f"{text!r} is no length.\n  Write pixels, 8, or a share of the shorter side, 5%."
        ) from None
    return number / 100 * min(size) if share else number
