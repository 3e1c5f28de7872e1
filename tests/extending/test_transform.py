"""A transform that a stranger writes into one file, found by its name everywhere."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

import vizkit
from vizkit.errors import UsageError
from vizkit.transforms import TRANSFORMS, register

STRANGER = '''
"""Pixels as large as the value, a whole number of the network's own."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from vizkit.transforms import Transform, register


@dataclass(frozen=True, kw_only=True)
class Mosaic(Transform):
    """Squares of one color; the mean over each."""

    name: str = "mosaic"
    unit: str = "pixels"
    identity: float = 1.0
    values: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)
    allowed: tuple[float, float] = (1.0, 64.0)
    whole: bool = True

    def _apply(self, images: Tensor, value: float) -> Tensor:
        side = int(value)
        means = functional.avg_pool2d(images, side, side, ceil_mode=True, count_include_pad=False)
        large = means.repeat_interleave(side, 2).repeat_interleave(side, 3)
        return large[..., : images.shape[2], : images.shape[3]]


MOSAIC = Mosaic()
'''


@pytest.fixture
def stranger(written):
    return written("mosaic_of_a_stranger", STRANGER)


@pytest.fixture
def mosaic(stranger):
    register(stranger.MOSAIC)
    yield stranger.MOSAIC
    TRANSFORMS.remove("mosaic")


def test_it_is_probed_by_its_name(command, mosaic):
    done = command("probe", "lenet5/c1:0-1", "--sweep", "mosaic,mosaic*rotation", "--json")
    assert done.code == 0, done.err
    curve, surface = json.loads(done.out)[:2]
    assert curve["family"] == "mosaic" and curve["parameter"] == [1, 2, 4, 8]
    assert curve["unit"] == "pixels" and len(surface["response"]) == 4
    assert "mosaic" in command("probe", "--help").out.split()


def test_every_verb_takes_it(mosaic):
    images = torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    (curve,) = vizkit.tuning("lenet5", "c1:2", "mosaic", images=images)
    with torch.no_grad():
        net = vizkit.load("lenet5")
        expected = [net.module.c1(net.preprocessing(mosaic.apply(images, v))) for v in (1, 8)]
    place = vizkit.receptive_field(net).unit("c1", 2).unit.position
    means = [each[:, 2, place[0], place[1]].double().mean() for each in expected]
    torch.testing.assert_close(curve.response[[0, 3]], torch.stack(means), rtol=1e-5, atol=1e-6)
    found = vizkit.invariance(net, ["c1"], "mosaic", images=images)
    assert found["c1"].distance.distance[0] == 0 < found["c1"].distance.distance[3]


def test_an_installed_one_is_found_through_its_entry_point(stranger, with_installed):
    point = "mosaic_of_a_stranger:MOSAIC"
    fresh = with_installed(TRANSFORMS, "vizkit.transforms", "mosaic", point)
    assert list(fresh) == ["mosaic"] and fresh["mosaic"] is stranger.MOSAIC


def test_a_name_that_is_taken_or_cannot_be_told_is_refused(stranger):
    with pytest.raises(UsageError, match="'rotation' is there twice"):
        register(replace(stranger.MOSAIC, name="rotation"))
    for name in ("mosaic.square", "a*b", "a,b", ""):
        with pytest.raises(UsageError, match="is no name"):
            register(replace(stranger.MOSAIC, name=name))
