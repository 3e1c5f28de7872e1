"""Crops against geometry known in closed form."""

import pytest
import torch

from distillation import Crops


def ramp(height, width):
    """A photograph whose colors say where they are: red is y, green is x, in shares."""
    y = (torch.arange(height) + 0.5)[:, None].expand(height, width) / height
    x = (torch.arange(width) + 0.5)[None].expand(height, width) / width
    return torch.stack([y, x, torch.zeros(height, width)])


def test_crops_are_affine_windows_within_the_photograph():
    height, width, size = 120, 200, 16
    crops = Crops([ramp(height, width)], size, sides=(30, 60), seed=3).draw(40)
    y, x = crops[:, 0].double() * height, crops[:, 1].double() * width
    dy, dx = y[:, 1:] - y[:, :-1], x[:, 1:] - x[:, :-1]
    ey, ex = y[:, :, 1:] - y[:, :, :-1], x[:, :, 1:] - x[:, :, :-1]
    for step in (dy, dx, ey, ex):  # everywhere the same step: a parallelogram
        assert torch.allclose(step, step.mean((1, 2), keepdim=True).expand_as(step), atol=0.35)
    down = torch.hypot(dy.mean((1, 2)), dx.mean((1, 2))) * size
    across = torch.hypot(ey.mean((1, 2)), ex.mean((1, 2))) * size
    side = (down * across).sqrt()
    assert 29.5 < side.min() < 35 and 53 < side.max() < 60.5
    stretch = (across / down).log()
    assert -0.32 < stretch.min() < -0.15 and 0.15 < stretch.max() < 0.32
    turn = torch.atan(-dx.mean((1, 2)) / dy.mean((1, 2)))
    assert -0.36 < turn.min() < -0.2 and 0.2 < turn.max() < 0.36
    # The two directions stay at right angles, and about half are mirrored.
    dot = dy.mean((1, 2)) * ey.mean((1, 2)) + dx.mean((1, 2)) * ex.mean((1, 2))
    assert dot.abs().max() < 0.2
    assert 10 <= (ex.mean((1, 2)) < 0).sum() <= 30
    assert y.min() > 0 and y.max() < height and x.min() > 0 and x.max() < width


def test_shapes_ranges_and_larger_photographs_more_often():
    photos = [torch.full((3, 40, 40), 0.25), torch.full((3, 160, 160), 0.75)]
    crops = Crops(photos, 8, sides=(10, 30)).draw(400)
    assert crops.shape == (400, 3, 8, 8)
    share = (crops[:, 0, 0, 0] > 0.5).float().mean()
    assert 0.72 < share < 0.88  # 160 / (160 + 40)


def test_large_photographs_are_not_preferred_twice():
    photos = [torch.full((3, side, side), side / 200) for side in (40, 160) for _ in range(100)]
    stream = Crops(photos, 8, sides=(10, 30))
    crops = torch.cat([stream.draw(32) for _ in range(60)])
    share = (crops[:, 0, 0, 0] > 0.5).float().mean()
    # 0.8 if each were drawn by its side and put back; by its area it would be 0.94.
    assert 0.7 < share < 0.83


def test_augmented_crops_stay_in_range_and_differ_in_color():
    photos = [torch.rand(3, 50, 50, generator=torch.Generator().manual_seed(at)) for at in (0, 1)]
    crops = Crops(photos, 12).augmented(30)
    assert crops.shape == (30, 3, 12, 12)
    assert crops.min() >= 0 and crops.max() <= 1
    assert crops.mean((1, 2, 3)).std() > 0.05


def test_a_third_holds_a_rectangle_of_another_crop():
    photos = [torch.full((3, 60, 60), level) for level in (0.0, 0.25, 0.5, 0.75, 1.0)]
    crops = Crops(photos, 20, seed=1)
    mixed = crops._mixed(crops.draw(30))[:, 0].mul(4).round()
    two = [len(each.unique()) == 2 for each in mixed]
    assert not any(two[10:]) and sum(two[:10]) >= 5
    for each in (image for image, differs in zip(mixed, two, strict=True) if differs):
        outside = each[0, 0] if (each == each[0, 0]).float().mean() > 0.5 else each[10, 10]
        inside = (each != outside).nonzero()
        box = (inside.max(0)[0] - inside.min(0)[0] + 1).prod()
        assert box == len(inside) or box == 400  # filled


@pytest.mark.parametrize("first", [1, 5])
def test_a_stream_goes_on_where_it_was(first):
    photos = [torch.rand(3, 40, 50, generator=torch.Generator().manual_seed(9))]
    whole = Crops(photos, 8, sides=(10, 30), seed=4)
    stopped = Crops(photos, 8, sides=(10, 30), seed=4)
    for _ in range(first):
        whole.augmented(6)
        stopped.augmented(6)
    later = Crops(photos, 8, sides=(10, 30), seed=99)
    later.restore(stopped.state())
    assert torch.equal(later.augmented(6), whole.augmented(6))
