from __future__ import annotations

from typing import Any

import pytest
from torch import nn

import vizkit
from tests.gallery.fake import layer, network, plan
from vizkit import Network
from vizkit.gallery.cost import forward_seconds
from vizkit.gallery.pieces import pieces
from vizkit.gallery.planning import make_plan
from vizkit.gallery.registry import STUDIES, find
from vizkit.gallery.request import Request
from vizkit.gallery.shards import cost as cost_of


@pytest.fixture(scope="module")
def net() -> Network:
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(8, 64, 3, padding=1)),
    ).eval()
    preprocessing = vizkit.Preprocessing((0.5,) * 3, (0.5,) * 3, (32, 32))
    return vizkit.load(module, preprocessing=preprocessing)


def cost(net: Network, module: str, canvas: int = 64, **changes: Any) -> float:
    (piece,) = pieces(plan(network(), layer("any", canvas=canvas, module=module, **changes)))
    return cost_of(net, piece)


def test_deeper_layers_cost_more(net: Network) -> None:
    found = [cost(net, module) for module in ("0", "1", "2.0", "2.1")]
    assert found == sorted(found)
    assert len(set(found)) == 4


def test_a_container_costs_what_its_last_module_does(net: Network) -> None:
    assert cost(net, "2") == cost(net, "2.1")


def test_cost_grows_with_canvas_and_units(net: Network) -> None:
    assert 3 < cost(net, "2.1", canvas=128) / cost(net, "2.1", canvas=64) < 4
    blocks = cost(net, "2.1", channels=16, block_size=16), cost(net, "2.1", block_size=8)
    assert 1.5 < blocks[0] / blocks[1] < 2


def test_every_study_estimates_its_pieces(net: Network) -> None:
    made = make_plan(
        net,
        Request(
            layers=["0", "2.1"],
            channels="0-3",
            studies=[*STUDIES],
            recipe=vizkit.Recipe(steps=96),
        ),
    )
    found: dict[str, float] = {}
    for piece in pieces(made):
        found[piece.study] = found.get(piece.study, 0.0) + cost_of(net, piece)
    assert sorted(found) == sorted(STUDIES)
    assert all(seconds > 0 for seconds in found.values())
    assert found["filters"] < found["renders"], "looking weights up is cheaper than rendering"


def test_a_pass_for_all_layers_is_as_dear_as_its_images(net: Network) -> None:
    """Tuning shows 8 photographs at 12 + 5 + 5 + 5 + 6 values, whatever the number of layers."""
    tuning = find("tuning")
    assert tuning is not None
    for layers in (["0"], ["0", "2.1"]):
        made = make_plan(net, Request(layers=layers, studies=["tuning"], channels="0"))
        (piece,) = pieces(made)
        rest = tuning.cost(net, piece) - 1.8 * forward_seconds(net, 8 * 33)
        assert 0 <= rest < 2 * len(layers)
