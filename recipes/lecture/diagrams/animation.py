"""Figures one after the other, as an animation."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from vizkit.errors import UsageError
from vizkit.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_gif(
    figures: Iterable[Figure], path: str | Path, *, frame_s: float = 1.0, dpi: float = 100
) -> Path:
    """Write `figures` of one size as a GIF that runs without end, and return its path.

    Parameters
    ----------
    figures : taken one by one; a generator keeps memory flat but for the pictures.
    frame_s : time of a figure in seconds; the last one stays three times as long.
    dpi : dots per inch.

    Raises
    ------
    UsageError : no figures.
    """
    frames = [_picture(figure, dpi) for figure in figures]
    if not frames:
        raise UsageError("there is nothing to animate.\n  Give at least one figure.")
    times = [round(1000 * frame_s)] * (len(frames) - 1) + [round(3000 * frame_s)]
    first, *rest = frames
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=times, loop=0)
    write_bytes(Path(path), buffer.getvalue())
    return Path(path)


def _picture(figure: Figure, dpi: float) -> Image.Image:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, pil_kwargs={"compress_level": 1})
    # Each with colors of its own: mapped to those of another frame, white would turn gray.
    return Image.open(buffer).convert("RGB").quantize(256)
