"""Which values a sweep takes, and which it refuses."""

import pytest
import torch

from vizkit.errors import NotFoundError, UsageError
from vizkit.probing.grid import grid
from vizkit.transforms import transform


def test_default_values_are_the_transform_s():
    assert grid("rotation").values == (transform("rotation").values,)
    both = grid(("rotation", "shift_x"))
    assert both.name == "rotation*shift_x"
    assert len(both.points) == both.shape[0] * both.shape[1]


def test_two_families_are_applied_in_order():
    image = torch.rand(1, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    turn, shift = transform("rotation"), transform("shift_y")
    found = grid(("rotation", "shift_y"), ((0, 90), (0, 2))).apply(image, (90.0, 2.0))
    torch.testing.assert_close(found, shift.apply(turn.apply(image, 90), 2), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("sweep", "values", "message"),
    [
        ("rotation", (), "there are no values of rotation"),
        ("rotation", (30, 0), "values of rotation do not ascend"),
        ("rotation", (0, 0, 30), "values of rotation do not ascend"),
        ("rotation", (0, float("nan")), "values of rotation do not ascend"),
        ("rotation", (0, 90, 180, 270, 360), "come round to where they\nbegan"),
        ("rotation", 30, "are not a sequence of numbers"),
        (("rotation", "scale", "hue"), None, "has 3 transforms"),
        (("rotation", "shift_x"), ((0, 90),), "1 sequences of values were given for 2"),
    ],
)
def test_mistakes(sweep, values, message):
    with pytest.raises(UsageError, match=message.replace("\n", r"\s+")):
        grid(sweep, values)


def test_a_mistyped_transform():
    with pytest.raises(NotFoundError, match="Did you mean 'rotation'"):
        grid("rotatoin")
