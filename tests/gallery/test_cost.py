from types import SimpleNamespace

import pytest
from torch import nn

import vizkit
from tests.gallery.fake import layer
from vizkit.gallery.cost import Costs


@pytest.fixture(scope="module")
def costs() -> Costs:
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(8, 64, 3, padding=1)),
    ).eval()
    preprocessing = vizkit.Preprocessing((0.5,) * 3, (0.5,) * 3, (32, 32))
    network = vizkit.load(module, preprocessing=preprocessing)
    return Costs(network, SimpleNamespace(recipe={"steps": 10}))


def cost(costs: Costs, module: str, canvas: int = 64, **changes) -> float:
    return costs.of(layer("any", canvas=canvas, module=module, **changes), "renders")


def test_deeper_layers_cost_more(costs):
    found = [cost(costs, module) for module in ("0", "1", "2.0", "2.1")]
    assert found == sorted(found)
    assert len(set(found)) == 4


def test_a_container_costs_what_its_last_module_does(costs):
    assert cost(costs, "2") == cost(costs, "2.1")


def test_cost_grows_with_canvas_and_units(costs):
    assert 3 < cost(costs, "2.1", canvas=128) / cost(costs, "2.1", canvas=64) < 4
    assert 1.5 < cost(costs, "2.1", block_size=16) / cost(costs, "2.1", block_size=8) < 2


def test_other_studies_are_cheap(costs):
    assert costs.of(layer("any", module="0"), "filters") < cost(costs, "0")
