"""The border of what a GPU blurs is that of a CPU, with its gradient."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from vizkit.rendering.views.blur import joined


@pytest.mark.parametrize("reach", [1, 3, 9])
def test_borders_side_by_side_are_those_of_padding(reach: int) -> None:
    generator = torch.Generator().manual_seed(reach)
    planes = torch.randn(1, 6, 7, 5, generator=generator, dtype=torch.float64)
    wanted = torch.randn(
        1, 6, 7 + 2 * reach, 5 + 2 * reach, generator=generator, dtype=torch.float64
    )
    found = []
    for padded in (joined, lambda given, width: F.pad(given, (width,) * 4, mode="replicate")):
        given = planes.clone().requires_grad_()
        shown = padded(given, reach)
        (gradient,) = torch.autograd.grad((shown * wanted).sum(), [given])
        found.append((shown.detach(), gradient))
    assert torch.equal(found[0][0], found[1][0])
    torch.testing.assert_close(found[0][1], found[1][1])
