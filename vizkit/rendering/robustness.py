"""Transformation robustness: each image is seen shifted, scaled and turned a little every step.

A picture that only works for one exact position of its pixels is noise to the eye. All changes of
one step are composed to one affine map per image and resampled once: every bilinear resampling
costs contrast at high frequencies, so a chain of them blurs what is being painted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vizkit.rendering.recipe import Recipe


def draw_views(
    recipe: Recipe,
    canvas: tuple[int, int],
    view: tuple[int, int],
    generators: Sequence[torch.Generator],
    device: torch.device,
) -> Tensor:
    """Affine maps of all steps and images, float32, steps x B x 2 x 3.

    In the form of `torch.nn.functional.affine_grid`: from a view's normalized coordinates to the
    canvas's. Drawn uniformly and independently per image and step from the image's generator.
    """
    draws = torch.stack(
        [
            torch.rand(recipe.steps, 4, generator=each, device="cpu", dtype=torch.float32)
            for each in generators
        ],
        1,
    )
    symmetric = draws * 2 - 1
    angle = symmetric[..., 0] * math.radians(recipe.rotate)
    zoom = torch.exp(symmetric[..., 1] * math.log1p(recipe.scale))
    shift = symmetric[..., 2:] * recipe.jitter
    return compose(angle, zoom, shift, canvas, view).to(device)


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
    rows = [
        torch.stack(
            [
                cosine * view_width / width,
                -sine * view_height / width,
                -2 * shift[..., 1] / width,
            ],
            -1,
        ),
        torch.stack(
            [
                sine * view_width / height,
                cosine * view_height / height,
                -2 * shift[..., 0] / height,
            ],
            -1,
        ),
    ]
    return torch.stack(rows, -2)


def look(images: Tensor, views: Tensor, view: tuple[int, int]) -> Tensor:
    """Images as seen through `views`, B C view; 0 outside of the canvas.

    Parameters
    ----------
    images : B C H W, centered so that 0 is the gray of the frame.
    views : B x 2 x 3, as `draw_views` gives them for one step.
    """
    grid = F.affine_grid(views, [len(images), images.shape[1], *view], align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
