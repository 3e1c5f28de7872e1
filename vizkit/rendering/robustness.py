"""Transformation robustness: each image is seen shifted, scaled and turned a little every step.

A picture that only works for one exact position of its pixels is noise to the eye. All changes of
one step are composed to one affine map per image and resampled once: every bilinear resampling
costs contrast at high frequencies, so a chain of them blurs what is being painted.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.gray import GRAY
from vizkit.rendering.length import in_pixels
from vizkit.rendering.registries import VIEWS
from vizkit.rendering.sampling import sample
from vizkit.rendering.view import View
from vizkit.rendering.written_calls import parse_call, split


def parse_views(text: str, size: tuple[int, int]) -> tuple[View, ...]:
    """Views of ``"rotate(10), scale(0.1), jitter(5%)"``, in that order; none for an empty text.

    Parameters
    ----------
    size : (height, width) of the pictures in pixels, that lengths in percent are shares of.

    Raises
    ------
    NotFoundError : there is no view of a name.
    UsageError : text that cannot be read, or numbers out of range.
    """
    views = []
    for part in split(text, ",") if text.strip() else ():
        call = parse_call(part)
        if call is None:
            raise UsageError(f"{part.strip()!r} is no view.\n  Write for example jitter(8).")
        name, arguments = call
        make, wrong = VIEWS[name], f"{part.strip()!r} does not have the numbers of {name!r}"
        try:
            numbers = [in_pixels(each, size) for each in arguments]
        except UsageError as error:
            raise UsageError(f"{wrong}: {error}") from None
        try:
            views.append(make(*numbers))
        except TypeError as error:
            raise UsageError(f"{wrong}: {error}") from None
    return tuple(views)


class DrawnViews:
    """Views of all steps and images, drawn from each image's own generator.

    Parameters
    ----------
    canvas, window : (height, width) in pixels of the pictures and of what is seen of them.
    """

    def __init__(
        self,
        views: Sequence[View],
        steps: int,
        canvas: tuple[int, int],
        window: tuple[int, int],
        generators: Sequence[torch.Generator],
        device: torch.device,
    ) -> None:
        numbers = [view.numbers for view in views]
        draws = torch.stack(
            [
                torch.rand(steps, sum(numbers), generator=each, device="cpu", dtype=torch.float32)
                for each in generators
            ],
            1,
        )
        parts = torch.split(draws * 2 - 1, numbers, -1) if views else ()
        angle = torch.zeros(draws.shape[:2], device="cpu", dtype=torch.float32)
        zoom, shift = torch.ones_like(angle), torch.zeros_like(angle)[..., None].repeat(1, 1, 2)
        for view, part in zip(views, parts, strict=True):
            pose = view.pose(part)
            angle, zoom, shift = angle + pose.angle, zoom * pose.zoom, shift + pose.shift
        self.maps = compose(angle, zoom, shift, canvas, window).to(device)
        self._window = window
        self._further = [
            (view, part.to(device))
            for view, part in zip(views, parts, strict=True)
            if type(view).apply is not View.apply
        ]

    def show(self, images: Tensor, step: int | Tensor) -> Tensor:
        """What is seen of `images`, B C H W about 0 as gray, in `step`; B C window.

        Parameters
        ----------
        step : 0-based; a tensor of one number is not waited for.
        """
        seen = look(images, at_step(self.maps, step), self._window)
        for view, draws in self._further:
            seen = view.apply(seen + GRAY, at_step(draws, step)) - GRAY
        return seen


def at_step(table: Tensor, step: int | Tensor) -> Tensor:
    """Row of a table."""
    return table[step] if isinstance(step, int) else table.index_select(0, step)[0]


def compose(
    angle: Tensor, zoom: Tensor, shift: Tensor, canvas: tuple[int, int], view: tuple[int, int]
) -> Tensor:
    """One affine map per draw, ... x 2 x 3.

    Parameters
    ----------
    angle : counter-clockwise turn of the picture in the view, radians.
    zoom : factor by which the picture grows in the view.
    shift : ... x 2, (dy, dx) in pixels of the canvas; positive moves the picture down and right.
    canvas, view : (height, width) in pixels.
    """
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    (height, width), (view_height, view_width) = canvas, view
    # Rows are x then y, as affine_grid has it. With y down, reading along -sine in x turns the
    # picture counter-clockwise.
    to_x = cosine * view_width / width, -sine * view_height / width, -2 * shift[..., 1] / width
    to_y = sine * view_width / height, cosine * view_height / height, -2 * shift[..., 0] / height
    return torch.stack([*to_x, *to_y], -1).reshape(*angle.shape, 2, 3)


def look(images: Tensor, views: Tensor, view: tuple[int, int]) -> Tensor:
    """Images as seen through `views`, B C view; 0 outside of the canvas.

    Parameters
    ----------
    images : B C H W, centered so that 0 is the gray of the frame.
    views : B x 2 x 3, as `compose` gives them for one step.
    """
    grid = F.affine_grid(views, [len(images), images.shape[1], *view], align_corners=False)
    return sample(images, grid)
