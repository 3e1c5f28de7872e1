"""Animated pictures."""

from __future__ import annotations

import io

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.rendering.result import to_picture, to_pixels


def gif(frames: Tensor, *, enlarge: int = 2, frame_s: float = 0.1) -> bytes:
    """GIF of `frames` there and back again, without end.

    Parameters
    ----------
    frames : N C H W in [0, 1], one channel or three.
    enlarge : dots per pixel, a whole number, so that every pixel stays itself.
    frame_s : time of a frame in seconds.
    """
    if enlarge < 1 or not len(frames):
        raise UsageError(f"enlarge={enlarge} and {len(frames)} frames: give at least one of each.")
    pictures = [
        to_picture(to_pixels(frame).repeat(enlarge, 0).repeat(enlarge, 1))
        for frame in [*frames, *frames[1:-1].flip(0)]
    ]
    buffer = io.BytesIO()
    # Kept in full even where two frames are the same in 8 bits.
    pictures[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=round(1000 * frame_s),
        loop=0,
        disposal=2,
    )
    return buffer.getvalue()
