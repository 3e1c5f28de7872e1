"""The counted gradient of sampling is that of `grid_sample`, in any order of its numbers."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vizkit.rendering.robustness import compose
from vizkit.rendering.sampling import _Counted, adjoint

SIZES = (((20, 27), (28, 35)), ((16, 16), (16, 16)), ((9, 5), (31, 40)), ((40, 33), (7, 11)))
POSES = [
    *itertools.product((0.0, 10.0, -37.0, 90.0, 180.0), (1.0, 1.1, 0.5, 4.0), ((0.0, 0.0),)),
    *itertools.product((0.0, 10.0), (1.0, 0.8), ((8.0, -3.5), (0.5, 0.5), (100.0, 0.0))),
]


def grids(canvas: tuple[int, int], window: tuple[int, int], dtype: torch.dtype) -> Tensor:
    """Places of all poses."""
    angle = torch.tensor([math.radians(pose[0]) for pose in POSES], dtype=dtype)
    zoom = torch.tensor([pose[1] for pose in POSES], dtype=dtype)
    shift = torch.tensor([pose[2] for pose in POSES], dtype=dtype)
    maps = compose(angle, zoom, shift, canvas, window)
    return F.affine_grid(maps, [len(POSES), 3, *window], align_corners=False)


def noise(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(len(shape)), dtype=dtype)


def by_torch(images: Tensor, grid: Tensor, wanted: Tensor) -> Tensor:
    given = images.clone().requires_grad_()
    seen = F.grid_sample(given, grid, "bilinear", "zeros", align_corners=False)
    (gradient,) = torch.autograd.grad((seen * wanted).sum(), [given])
    return gradient


@pytest.mark.parametrize(("canvas", "window"), SIZES)
@pytest.mark.parametrize(("dtype", "share"), [(torch.float64, 1e-10), (torch.float32, 2e-5)])
def test_the_gradient_is_that_of_torch(
    canvas: tuple[int, int], window: tuple[int, int], dtype: torch.dtype, share: float
) -> None:
    grid = grids(canvas, window, dtype)
    images, wanted = (noise(len(POSES), 3, *size, dtype=dtype) for size in (canvas, window))
    given = images.clone().requires_grad_()
    seen = _Counted.apply(given, grid)
    assert torch.equal(
        seen.detach(), F.grid_sample(images, grid, "bilinear", "zeros", align_corners=False)
    )
    (gradient,) = torch.autograd.grad((seen * wanted).sum(), [given])
    expected = by_torch(images, grid, wanted)
    scale = expected.abs().amax((1, 2, 3), keepdim=True).clamp(min=1.0)
    assert float(((gradient - expected).abs() / scale).max()) < share


def test_it_is_the_adjoint() -> None:
    """Products with what is sampled and with what is spread are equal."""
    canvas, window = (20, 27), (28, 35)
    grid = grids(canvas, window, torch.float64)
    images, wanted = (noise(len(POSES), 3, *size) for size in (canvas, window))
    seen = F.grid_sample(images, grid, "bilinear", "zeros", align_corners=False)
    spread = adjoint(wanted, grid, images.shape)
    one, other = ((seen * wanted).sum((1, 2, 3)), (images * spread).sum((1, 2, 3)))
    torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-8)


def test_any_order_of_the_numbers_gives_the_same_bits() -> None:
    grid = grids((16, 16), (16, 16), torch.float32)
    wanted = noise(len(POSES), 3, 16, 16, dtype=torch.float32)
    mixed = torch.randperm(256, generator=torch.Generator().manual_seed(0))
    shape = torch.Size((len(POSES), 3, 16, 16))
    moved = adjoint(
        wanted.flatten(2)[..., mixed].view(shape),
        grid.flatten(1, 2)[:, mixed].view(grid.shape),
        shape,
    )
    assert torch.equal(moved, adjoint(wanted, grid, shape))


def test_neighbors_of_any_size_change_nothing() -> None:
    grid = grids((16, 16), (16, 16), torch.float32)
    wanted = noise(len(POSES), 3, 16, 16, dtype=torch.float32)
    wanted[1] *= 1e20
    shape = torch.Size((len(POSES), 3, 16, 16))
    alone = adjoint(wanted[5:6], grid[5:6], torch.Size((1, 3, 16, 16)))
    assert torch.equal(alone[0], adjoint(wanted, grid, shape)[5])


@pytest.mark.parametrize("size", [0.0, 1e-38, 1e-30, 1e30])
def test_very_small_and_large_gradients(size: float) -> None:
    grid = grids((16, 16), (16, 16), torch.float32)[:2]
    wanted = noise(2, 3, 16, 16, dtype=torch.float32).clamp(-4, 4) / 8
    shape = torch.Size((2, 3, 16, 16))
    found = adjoint(wanted * size, grid, shape)
    expected = adjoint(wanted.double(), grid.double(), shape) * size
    assert bool(found.isfinite().all())
    assert float((found.double() - expected).abs().max()) <= 1e-5 * size


def test_a_gradient_that_is_not_finite_stays_visible() -> None:
    grid = grids((16, 16), (16, 16), torch.float32)[:1]
    for bad in (torch.nan, torch.inf):
        wanted = torch.ones(1, 3, 16, 16)
        wanted[0, 0, 8, 8] = bad
        assert not bool(adjoint(wanted, grid, torch.Size((1, 3, 16, 16))).isfinite().all())
