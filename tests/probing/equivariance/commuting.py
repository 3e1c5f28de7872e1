"""Shifts that a network commutes with, to the last bit: what circular networks are proved by."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def commuting_shifts(
    function: Callable[[Tensor], Tensor], images: Tensor, stride: int = 1, *, axis: int = 1
) -> tuple[int, ...]:
    """Circular shifts of the images that shift the output circularly, or leave a vector as it is.

    Parameters
    ----------
    function : map from B C H W to B C h w, or to B C.
    stride : of the output, in pixels. A shift by no multiple of it may go with any shift of the
        output.
    axis : 0 for shifts down, 1 for shifts to the right.

    Returns
    -------
    tuple : the shifts, from 0 to the side of the images, with no output that differs in any bit.

    Examples
    --------
    >>> net = torch.nn.MaxPool2d(2)
    >>> commuting_shifts(net, torch.rand(1, 1, 8, 8), 2)
    (0, 2, 4, 6)
    """
    dim = 2 + axis
    with torch.no_grad():
        before = function(images)
        found = []
        for shift in range(images.shape[dim]):
            after = function(images.roll(shift, dim))
            if before.ndim < 4:
                same = torch.equal(after, before)
            elif shift % stride == 0:
                same = torch.equal(after, before.roll(shift // stride, dim))
            else:
                same = any(
                    torch.equal(after, before.roll(n, dim)) for n in range(before.shape[dim])
                )
            if same:
                found.append(shift)
    return tuple(found)
