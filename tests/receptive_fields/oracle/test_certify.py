"""A certificate must find every planted mistake, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests import nets
from tests.receptive_fields.ground_truth.every_pixel import gradient_boxes, nan_boxes
from vizkit.errors import LayerNotFoundError, UsageError
from vizkit.progress import Progress
from vizkit.receptive_fields.oracle.boxes import SIDES, Boxes, Key
from vizkit.receptive_fields.oracle.certify import certify
from vizkit.receptive_fields.oracle.swallow import Swallower, swallowers


def closed_form(
    shape: tuple[int, ...], size: int, stride: int, padding: int, inputs: tuple[int, int]
) -> Boxes:
    """Boxes of a chain of square windows, with axes of length 1 where they are constant."""
    rows = np.arange(shape[1])[None, :, None] * stride - padding
    columns = np.arange(shape[2])[None, None] * stride - padding
    return Boxes(
        np.maximum(rows, 0),
        np.maximum(columns, 0),
        np.minimum(rows + size, inputs[0]) - 1,
        np.minimum(columns + size, inputs[1]) - 1,
    )


def chain() -> tuple[nn.Module, Tensor, dict[Key, Boxes]]:
    module = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(3, 4, 3)
    )
    numbers = {"0": (3, 1, 1), "1": (3, 1, 1), "2": (4, 2, 1), "3": (8, 2, 1), "": (8, 2, 1)}
    shapes = {"0": (3, 12, 16), "1": (3, 12, 16), "2": (3, 6, 8), "3": (4, 4, 6), "": (4, 4, 6)}
    expected = {(name, 0): closed_form(shapes[name], *numbers[name], (12, 16)) for name in numbers}
    return module, torch.rand(1, 2, 12, 16), expected


def test_the_closed_form_is_certified() -> None:
    module, image, expected = chain()
    steps: list[Progress] = []
    certificate = certify(module, image, expected, progress=steps.append)
    assert certificate.agree
    assert [layer.name for layer in certificate.layers] == ["0", "1", "2", "3", ""]
    assert [layer.op for layer in certificate.layers][:3] == ["Conv2d", "ReLU", "MaxPool2d"]
    assert [layer.units for layer in certificate.layers] == [576, 576, 144, 96, 96]
    assert certificate.units == certificate.agreeing == 1488
    assert {layer.oracle for layer in certificate.layers} == {"nan"}
    assert not certificate.swallowers
    assert steps[-1].done == steps[-1].total <= 2 * (12 + 16)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_every_planted_mistake_is_caught(data: st.DataObject) -> None:
    """One side of one unit of one layer, off by any amount."""
    module, image, expected = chain()
    key = data.draw(st.sampled_from(sorted(expected)))
    side = data.draw(st.sampled_from(SIDES))
    shape = (3, 12, 16) if key[0] in "01" and key[0] else (3, 6, 8) if key[0] == "2" else (4, 4, 6)
    unit = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    planted = np.broadcast_to(getattr(expected[key], side), shape).copy()
    right = int(planted[unit])
    wrong = data.draw(st.integers(-1, 16).filter(lambda n: n != right))
    planted[unit] = wrong
    length = 12 if side in ("top", "bottom") else 16
    before, behind = (side in ("top", "left")), (side in ("bottom", "right"))
    if (before and right == 0 and wrong < 0) or (behind and right == length - 1 < wrong):
        return  # Out of the image both ways: the same clipped box.
    if wrong >= length and before:
        planted[unit] = length
    expected[key] = replace(expected[key], **{side: planted})
    certificate = certify(module, image, expected)
    assert not certificate.agree
    assert certificate.units - certificate.agreeing == 1
    (verdict,) = [layer for layer in certificate.layers if not layer.agree]
    assert (verdict.name, verdict.call) == key
    assert verdict.oracle == "nan"
    (found,) = verdict.disagreements
    assert (found.unit, found.side) == (unit, side)
    assert found.expected == planted[unit]
    assert f"unit {unit}: {side} {planted[unit]} expected, but " in str(found)


def test_a_disagreement_in_words() -> None:
    module, image, expected = chain()
    low = replace(expected["0", 0], top=expected["0", 0].top + 1)
    (verdict, *_) = certify(module, image, {**expected, ("0", 0): low}).layers
    assert (verdict.units, verdict.agreeing) == (576, 0)
    assert len(verdict.disagreements) == 5
    assert str(verdict.disagreements[0]) == (
        "unit (0, 0, 0): top 1 expected, but rows up to 0 reach it"
    )


def test_a_layer_nobody_expected_is_told() -> None:
    module, image, expected = chain()
    del expected["1", 0]
    certificate = certify(module, image, expected)
    assert certificate.not_compared == (("1", 0),)
    assert certificate.agreeing == certificate.units
    assert not certificate.agree
    assert not certify(module, image, {}).agree


def test_bad_expectations() -> None:
    module, image, expected = chain()
    with pytest.raises(LayerNotFoundError, match="'4' is no module"):
        certify(module, image, {("4", 0): expected["3", 0]})
    with pytest.raises(UsageError, match=r"top of the boxes for '2' has shape \(1, 12, 1\)"):
        certify(module, image, {("2", 0): expected["1", 0]})


class Chosen(nn.Module):
    """A ReLU that NaN does not pass."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, x, torch.zeros_like(x))


class Cleaned(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.nan_to_num()


class Masked(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.fmax(x, torch.zeros(()))


@pytest.mark.parametrize(
    ("swallowing", "ops"),
    [
        (Chosen, ["aten.gt", "aten.where"]),
        (Cleaned, ["aten.nan_to_num"]),
        (Masked, ["aten.fmax"]),
    ],
)
def test_what_swallows_nan_is_named_and_judged_anew(
    swallowing: Callable[[], nn.Module], ops: list[str]
) -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), swallowing(), nn.Conv2d(2, 2, 3), nn.MaxPool2d(2))
    image = torch.rand(1, 1, 10, 10)
    shapes = [(2, 8, 8), (2, 8, 8), (2, 6, 6), (2, 3, 3)]
    numbers = [(3, 1, 0), (3, 1, 0), (5, 1, 0), (6, 2, 0)]
    expected = {
        (str(i), 0): closed_form(shape, *n, (10, 10))
        for i, (shape, n) in enumerate(zip(shapes, numbers, strict=True))
    }
    expected["", 0] = expected["3", 0]
    certificate = certify(module, image, expected)
    assert certificate.agree
    assert [layer.swallowed for layer in certificate.layers] == [0, 128, 72, 18, 18]
    assert [layer.oracle for layer in certificate.layers] == ["nan"] + ["gradient"] * 4
    assert certificate.swallowers == tuple(Swallower("1", op) for op in ops)
    assert certificate.swallowers == swallowers(module, image)

    off = expected["3", 0].bottom.copy()
    off[0, 1, 0] += 1
    expected["3", 0] = replace(expected["3", 0], bottom=off)
    certificate = certify(module, image, expected)
    assert certificate.units - certificate.agreeing == 6, "one row of three units in two channels"
    assert not certificate.layers[3].agree
    assert certificate.layers[3].swallowed == 18


def test_masks_that_let_nan_pass_swallow_nothing() -> None:
    class Leaky(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.where(x > 0, x, 0.1 * x)

    assert swallowers(nn.Sequential(nn.Conv2d(3, 2, 3), Leaky()), torch.rand(1, 3, 8, 8)) == ()
    assert swallowers(nets.TinyInception(), torch.rand(1, 3, 8, 8)) == ()


def test_taps_of_weight_zero_are_judged_by_derivatives() -> None:
    module = nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"))
    image = torch.rand(1, 1, 4, 4)
    expected = gradient_boxes(module, image)
    certificate = certify(module, image, expected)
    assert certificate.agree
    assert {layer.oracle for layer in certificate.layers} == {"gradient"}
    assert {layer.swallowed for layer in certificate.layers} == {0}


@pytest.mark.parametrize("name", ["Reused", "TinyResNet", "TinyInception", "InPlace"])
def test_measured_boxes_certify_themselves(name: str) -> None:
    module, image = getattr(nets, name)(), torch.rand(1, 3, 9, 11)
    assert certify(module, image, nan_boxes(module, image)).agree


@pytest.mark.parametrize("name", ["squeezenet1_1", "shufflenet_v2_x0_5"])
def test_networks_of_torchvision(name: str) -> None:
    """Boxes of one oracle, compared by the other: real widths, depths and in-place operations."""
    module = torchvision.models.get_model(name, weights=None)
    image = torch.zeros(1, 3, 33, 35)
    certificate = certify(module, image, gradient_boxes(module, image))
    assert certificate.agree
    assert {layer.oracle for layer in certificate.layers} == {"nan"}
