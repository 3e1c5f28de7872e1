"""The learned filters that a gallery shows."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests import nets
from tests.gallery.small import QUICK
from tests.rendering.planted import wrap
from vizkit import Network, Preprocessing
from vizkit.gallery.pieces import pieces
from vizkit.gallery.planning import make_plan
from vizkit.gallery.registry import find
from vizkit.gallery.request import Request
from vizkit.gallery.study import Found


def shown(found: Found) -> np.ndarray:
    (content,) = found.files.values()
    return np.asarray(Image.open(io.BytesIO(content))).astype(float)


def filters_of(net: Network, layer: str) -> list[Found]:
    plan = make_plan(net, Request(layers=[layer], studies=["filters"], recipe=QUICK))
    known = find("filters")
    assert known is not None
    compute = known.begin(net, plan)
    return list(compute(next(pieces(plan)), lambda _: None))


def test_a_filter_is_shown_as_its_weights() -> None:
    torch.manual_seed(0)
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, (3, 5))))
    for channel, found in enumerate(filters_of(net, "0")):
        weights = net.module[0].weight[channel].detach().permute(1, 2, 0).numpy()
        expected = weights / np.abs(weights).max() * 127.5 + 127.5
        np.testing.assert_allclose(shown(found), expected, atol=0.5 + 1e-4)
        assert found.data["size"] == [3, 5]
        assert found.data["norm"] == pytest.approx(float(np.linalg.norm(weights)), rel=1e-5)


def test_colors_are_those_of_the_image_for_a_network_that_reads_blue_first() -> None:
    preprocessing = Preprocessing((0.5,) * 3, (0.5,) * 3, (16, 16), order=(2, 1, 0))
    module = nn.Sequential(nn.Conv2d(3, 1, 1, bias=False))
    with torch.no_grad():
        module[0].weight.copy_(torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1))  # reads blue
    (found,) = filters_of(wrap(module, preprocessing), "0")
    assert shown(found)[0, 0].tolist() == [128, 128, 255]


def test_a_filter_of_zeros_is_a_failure_in_words() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 3))
    with torch.no_grad():
        module[0].weight[1].zero_()
    errors = [found.error for found in filters_of(wrap(module), "0")]
    assert errors == [None, "the filter is all zero or not finite"]


def test_filters_go_with_the_first_convolution_alone() -> None:
    known = find("filters")
    assert known is not None
    module = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)), nn.Conv2d(4, 4, 3)
    )
    net = wrap(module)
    applies = [layer.name for layer in net.layers if known.applies(net, layer)]
    assert applies == ["0.0"], "the stage around it has as many channels, but other features"
    units = wrap(nets.TinyInception())
    assert [layer.name for layer in units.layers if known.applies(units, layer)] == [
        "stem.conv",
        "stem",
    ]
    deep = wrap(nn.Sequential(nn.Conv2d(4, 4, 1)), Preprocessing((0.5,) * 4, (1.0,) * 4, (8, 8)))
    assert not known.applies(deep, deep.layer("0"))
