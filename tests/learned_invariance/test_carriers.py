"""Who carries a group, of groups whose members are known by construction."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import vizkit
from vizkit import Network, Preprocessing
from vizkit.activations import capture
from vizkit.errors import UsageError
from vizkit.learned_invariance import carriers, pooled_members
from vizkit.transforms import transform

SIDE = 33
PLAIN = Preprocessing(mean=(0.5,), std=(1.0,), input_size=(SIDE, SIDE))
ANGLES = (-40.0, 0.0, 40.0)


def hook() -> Tensor:
    """A shape that is nothing like itself when it is turned, 1 H W about gray."""
    image = torch.zeros(1, SIDE, SIDE)
    image[:, 8:11, 12:22] = image[:, 8:17, 12:14] = image[:, 15:17, 12:21] = 0.4
    image[:, 15:24, 19:21] = image[:, 22:24, 12:21] = 0.4
    return image


class Maxout(nn.Module):
    """Maximum, or sum, of three detectors of one shape, each turned by another angle."""

    def __init__(self) -> None:
        super().__init__()
        self.detectors = nn.Conv2d(1, 3, SIDE, bias=False)
        turned = [transform("rotation").apply(0.5 + hook()[None], a)[0] - 0.5 for a in ANGLES]
        with torch.no_grad():
            self.detectors.weight.copy_(torch.stack([t / t.norm() for t in turned]))
        self.pool = _Max()

    def forward(self, images: Tensor) -> Tensor:
        return self.pool(self.detectors(images))


class _Max(nn.Module):
    def forward(self, maps: Tensor) -> Tensor:
        return maps.amax(1, keepdim=True)


def maxout() -> Network:
    return vizkit.load(Maxout().eval(), preprocessing=PLAIN, name="maxout")


def test_each_detector_carries_the_turns_next_to_its_own() -> None:
    values = (-50.0, -40.0, -30.0, -10.0, 0.0, 10.0, 30.0, 40.0, 50.0)
    net = maxout()
    found = carriers(net, "detectors:0-2", images=0.5 + hook()[None], values=values)
    assert found.carrier == (0, 0, 0, 1, 1, 1, 2, 2, 2)
    assert torch.equal(found.carries.sum(1), torch.ones(len(values)))
    with torch.no_grad():
        pooled = net(found.example)[:, 0, 0, 0]
    torch.testing.assert_close(found.pooled[0], pooled)
    assert found.kept[-1] > max(found.kept[:-1]) + 0.1
    rows = found.as_dict()["rows"]
    assert [row["carrier"][-1] for row in rows] == [str(n) for n in found.carrier]
    assert str(found).splitlines()[2].split()[-1] == "detectors:0"


def test_a_sum_is_carried_by_the_largest_part_of_either_sign() -> None:
    found = carriers(
        maxout(), "detectors:0-2", images=0.5 - hook()[None], values=(-40, 40), how="sum"
    )
    assert found.carrier == (0, 2)
    torch.testing.assert_close(found.pooled, found.response.sum(2))
    assert (found.pooled < 0).all()


def test_of_signed_responses_there_is_no_share_but_a_range() -> None:
    found = carriers(maxout(), "detectors:0-2", images=0.5 - hook()[None], values=(-40, 40))
    assert all(math.isnan(each) for each in found.kept)
    curves = [*found.response[0].T.tolist(), found.pooled[0].tolist()]
    assert found.ranges == tuple((min(curve), max(curve)) for curve in curves)
    assert "nan" not in repr(found) and "%" not in repr(found)
    low, high = found.ranges[-1]
    assert f"goes from {low:.2g} to {high:.2g}" in found.summary


def test_silence_is_carried_by_none() -> None:
    found = carriers(
        maxout(), "detectors:0-2", images=torch.full((2, 1, SIDE, SIDE), 0.5), values=(0, 40)
    )
    assert found.carrier == (None, None)
    assert torch.equal(found.silent, torch.ones(2))
    assert found.kept == (0.0,) * 4
    assert str(found).splitlines()[2].endswith("none")


def test_images_may_come_one_by_one() -> None:
    images = torch.rand(5, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    whole = carriers(maxout(), "detectors:0-2", images=images, values=(0, 90))
    parts = carriers(maxout(), "detectors:0-2", images=iter(images), values=(0, 90))
    assert torch.equal(whole.response, parts.response) and whole.response.shape == (5, 2, 3)
    assert torch.equal(whole.example, parts.example)


class Pooling(nn.Module):
    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3)
        self.second = nn.Conv2d(4, 4, 3)
        self.pool = pool
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for each in self.parameters():
                each.copy_(torch.randn(each.shape, generator=generator))

    def forward(self, images: Tensor) -> Tensor:
        return self.pool(F.relu(self.second(F.relu(self.first(images)))))


@pytest.mark.parametrize(
    "pool", [nn.MaxPool2d(2), nn.MaxPool2d(3, 2, 1), nn.MaxPool2d((1, 3), (2, 1), dilation=(1, 2))]
)
@pytest.mark.parametrize("place", [(0, 0), (3, 2)])
def test_members_of_a_pooling_unit_have_its_maximum(
    pool: nn.MaxPool2d, place: tuple[int, int]
) -> None:
    net = vizkit.load(Pooling(pool).eval(), preprocessing=PLAIN, name="net")
    y, x = place
    members = pooled_members(net, f"pool:2@{y},{x}")
    assert {each.layer.name for each in members} == {"second"}
    image = torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    with torch.enable_grad(), capture(net, ["second", "pool"]) as acts:
        net(image)
        # Which inputs the unit has at all, by pooling each alone.
        below, above = acts["second"], acts["pool"]
    alone = {
        (i, j)
        for i in range(below.shape[2])
        for j in range(below.shape[3])
        if pool(_impulse(below.shape, i, j))[0, 2, y, x] > 0
    }
    assert {each.position for each in members} == alone
    found = carriers(net, members, images=image, values=(0.0, 90.0))
    # The identity of a rotation is a disc on gray.
    disc = transform("rotation").apply(image, 0.0)
    with torch.no_grad():
        assert found.pooled[0, 0] == net(disc)[0, 2, y, x]
    assert above.shape[1] == 4


def _impulse(shape: torch.Size, y: int, x: int) -> Tensor:
    image = torch.zeros(shape)
    image[0, 2, y, x] = 1
    return image


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda net: carriers(net, "detectors:0", images="noise"), "is one member"),
        (lambda net: carriers(net, "detectors:0-2", images="noise", how="mean"), "max, sum"),
        (
            lambda net: carriers(net, "detectors:0-2", ("rotation", "scale"), images="noise"),
            "one transform",
        ),
        (lambda net: pooled_members(net, "pool:0@0,0"), "not a neuron of a MaxPool2d"),
    ],
)
def test_mistakes_are_named(call, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        call(maxout())


def test_what_is_pooled_must_be_a_layer() -> None:
    class Shifted(Pooling):
        def forward(self, images: Tensor) -> Tensor:
            return self.pool(self.second(self.first(images)) + 1)

    net = vizkit.load(Shifted(nn.MaxPool2d(2)).eval(), preprocessing=PLAIN, name="net")
    with pytest.raises(UsageError, match="the output of no layer"):
        pooled_members(net, "pool:0@0,0")
    with pytest.raises(UsageError, match="without a position"):
        pooled_members(net, "pool:0")
