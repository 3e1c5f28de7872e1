"""Bilinear sampling whose gradient is the same bit for bit in every run.

On a GPU the gradient of `grid_sample` is summed by whichever thread comes first, and sums of
floating-point numbers depend on their order. Here it is counted in whole numbers, whose sum does
not.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_FINE = 2.0**40
"""What the largest number of a gradient counts; 2**23 of that size can be added up in 64 bits."""


def sample(images: Tensor, grid: Tensor) -> Tensor:
    """Images, B C H W, at the places of `grid`, B h w 2, as `affine_grid` gives them; 0 outside."""
    if images.device.type != "cuda":  # a CPU adds up in one order
        return F.grid_sample(images, grid, "bilinear", "zeros", align_corners=False)
    sampled: Tensor = _Counted.apply(images, grid)
    return sampled


class _Counted(torch.autograd.Function):
    """`grid_sample` with a gradient in the images alone."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.shape = images.shape
        return F.grid_sample(images, grid, "bilinear", "zeros", align_corners=False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,), (grid,) = gradients, ctx.saved_tensors
        return adjoint(gradient, grid, ctx.shape), None


def adjoint(gradient: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
    """Gradient in the images, of `shape`, of those numbers in what was sampled of them.

    Each number is spread to the four pixels around its place. What an image gets depends on its own
    numbers alone, and not on their order.
    """
    batch, channels, height, width = shape
    x, y = (((grid[..., axis] + 1) * (width, height)[axis] - 1) / 2 for axis in (0, 1))
    left, top = x.floor(), y.floor()
    tiny = torch.finfo(gradient.dtype).tiny
    largest = gradient.abs().amax((1, 2, 3), keepdim=True).clamp(min=tiny)
    counts = gradient / largest * _FINE
    total = counts.new_zeros((batch, channels, height * width), dtype=torch.int64)
    for row in (top, top + 1):
        for column in (left, left + 1):
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            weight = torch.where(inside, (1 - (x - column).abs()) * (1 - (y - row).abs()), 0)
            place = torch.where(inside, row * width + column, 0).long().flatten(1)[:, None]
            share = (counts * weight[:, None]).round().long().flatten(2)
            total.scatter_add_(2, place.expand(-1, channels, -1), share)
    unit = largest.double() / _FINE
    return (total.view(shape).double() * unit).to(gradient.dtype)
