"""Where the pixels of a transformed image come from, found out by transforming coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.gray import GRAY
from vizkit.transforms.definition import Size, Transform
from vizkit.transforms.shifts import Circular, Crop, shifted

_SAME = 1e-6
"""Coordinates nearer to each other than this, in pixels, are the same."""


@dataclass(frozen=True, eq=False)
class Motion:
    """An affine motion of the pixels of an image, or a change that moves none.

    Attributes
    ----------
    apply : what does it to images.
    linear : 2 x 2, float64, and `offset` : 2. The pixel at p = (y, x) comes from linear p + offset.
    valid : pixels that show the image and not what lies beyond it, boolean, H x W.
    exact : no pixel is interpolated.
    """

    apply: Callable[[Tensor], Tensor]
    linear: Tensor
    offset: Tensor
    valid: Tensor
    exact: bool

    @classmethod
    def shift(
        cls, dy: int, dx: int, size: Size, apply: Callable[[Tensor], Tensor] | None = None
    ) -> Motion:
        """Motion of images of `size` down by `dy` and right by `dx` pixels."""
        offset = torch.tensor([-dy, -dx], dtype=torch.float64)
        valid = shifted(torch.ones(1, 1, *size), dy, dx, 0.0)[0, 0] == 1
        moved = partial(shifted, dy=dy, dx=dx, fill=GRAY)
        return cls(apply or moved, torch.eye(2, dtype=torch.float64), offset, valid, True)

    @classmethod
    def of(cls, transform: Transform, value: float, size: Size) -> Motion:
        """Motion that `transform` makes of images of `size` at `value`.

        Two images whose brightness is their pixels' y and x are transformed: what then stands at a
        pixel is the place that it came from.

        Raises
        ------
        UsageError : it moves pixels, but by no affine map.
        """
        apply = partial(transform.apply, value=value)
        if not transform.moves:
            return cls.shift(0, 0, size, apply)
        scale = float(max(size))
        axes = [torch.arange(side, dtype=torch.float64) / scale for side in size]
        places = torch.stack(torch.meshgrid(*axes, indexing="ij")).unsqueeze(1)
        source = apply(places)[:, 0] * scale
        there = torch.empty(0, 2)
        valid = torch.zeros(size, dtype=torch.bool)
        if tuple(source.shape[1:]) == size:
            valid = _valid(apply, size)
            there = torch.nonzero(valid).double()
        known = torch.cat([there, torch.ones(len(there), 1, dtype=torch.float64)], 1)
        if len(there) >= 3:
            solution = torch.linalg.lstsq(known, source[:, valid].T).solution
            if (known @ solution - source[:, valid].T).abs().amax() < 1e-3 * _SAME * scale:
                return cls(
                    apply,
                    snapped(solution[:2].T, 1e-9),
                    snapped(solution[2]),
                    valid,
                    transform.exact(value, size),
                )
        raise UsageError(
            f"{transform.name}={value:g} is no affine motion of an image of {size[0]} x {size[1]} "
            "pixels.\n  Equivariance is measured for shifts, turns, reflections, scales and shears "
            f"within the image, and for transforms that move no pixel.{_instead(transform)}"
        )

    def undone(self, places: Tensor) -> Tensor:
        """Where what is at the `places` goes to: the inverse of `source`."""
        return snapped((places - self.offset) @ self.linear.inverse().T)

    def source(self, places: Tensor) -> Tensor:
        """Where the `places`, ... x 2, come from."""
        return snapped(places @ self.linear.T + self.offset)


def _instead(transform: Transform) -> str:
    name = transform.name
    if isinstance(transform, Crop):
        return f"\n  A crop is a shift of what is seen: give {name.replace('crop', 'shift')!r}."
    if isinstance(transform, Circular):
        return (
            f"\n  Give {name.replace('circular', 'shift')!r}, whose images go on beyond the border."
        )
    return ""


def _valid(apply: Callable[[Tensor], Tensor], size: Size) -> Tensor:
    # Whatever lies beyond the image is the same in a black and in a white one.
    black, white = (torch.full((1, 1, *size), each, dtype=torch.float64) for each in (0.0, 1.0))
    return (apply(white) - apply(black))[0, 0] > 1 - 1e-9


def snapped(values: Tensor, tolerance: float = _SAME) -> Tensor:
    """`values`, whole where they are almost: coordinates so near to each other are the same."""
    nearest = values.round()
    return torch.where((values - nearest).abs() < tolerance, nearest, values)
