"""The receptive fields that a gallery stores and draws."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.gallery.small import QUICK, lenet
from tests.rendering.planted import wrap
from vizkit import Network, Preprocessing
from vizkit.gallery.planning import make_plan
from vizkit.gallery.registry import find
from vizkit.gallery.request import Request
from vizkit.gallery.run import run
from vizkit.gallery.site.build import build
from vizkit.gallery.store import Store
from vizkit.gallery.study import Shown

NAME = "receptive_field"


class Forks(nn.Module):
    """Two branches that see 3 x 1 and 1 x 9, side by side as channels 0 to 1 and 2 to 4."""

    def __init__(self) -> None:
        super().__init__()
        self.tall = nn.Conv2d(3, 2, (3, 1), padding=(1, 0))
        self.wide = nn.Conv2d(3, 3, (1, 9), padding=(0, 4))
        self.both = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.both(torch.cat([self.tall(x), self.wide(x)], 1))


def stored(net: Network, root: Path, *layers: str) -> Store:
    plan, store = make_plan(net, Request(layers=layers, recipe=QUICK)), Store(root)
    assert run(store, [(net, plan)]).failed == ()
    build(root)
    return store


@pytest.fixture(scope="module")
def forks() -> Network:
    preprocessing = Preprocessing((0.5,) * 3, (0.25,) * 3, (24, 40))
    return wrap(nets.seeded(nn.Sequential(Forks())), preprocessing)


@pytest.fixture(scope="module")
def pages(forks: Network, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return stored(forks, tmp_path_factory.mktemp("pages"), "0.both")


def test_a_record_holds_what_the_calculator_says(tmp_path: Path) -> None:
    net = lenet()
    store, fields = stored(net, tmp_path, "c1", "s4", "logits"), vizkit.receptive_field(net)
    plan = store.read_plan(net.source)
    for layer in plan.layers:
        row = fields[layer.module]
        for channel in layer.channels[:2]:
            record = store.records(plan, layer.name, NAME).read(channel)
            assert record is not None and record.files == {}
            unit, data = fields.unit(layer.module, channel), record.data
            assert tuple(data["unit"]["box"]) == unit.box
            assert tuple(data["unit"]["clipped"]) == unit.clipped
            assert data["unit"]["visible"] == unit.visible
            assert tuple(data["size"]) == row.size
            assert (tuple(data["stride"]), tuple(data["padding"])) == (row.stride, row.padding)
            assert data["status"] == row.status
            assert data["input"] == [32, 32]


def test_a_chain_without_padding(tmp_path: Path) -> None:
    """c3 of LeNet-5: 5 x 5, 2 x 2 with stride 2, 5 x 5 see 5 + 1 + 4 * 2; nothing is padded."""
    store = stored(lenet(), tmp_path, "c3")
    plan = store.read_plan("lenet5@random")
    record = store.records(plan, "c3", NAME).read(3)
    assert record is not None
    assert (record.data["size"], record.data["stride"]) == ([14, 14], [2, 2])
    assert record.data["interior"] == {"rows": [0, 9], "cols": [0, 9]}
    assert record.data["unit"] == {
        "position": [4, 4],
        "box": [8, 8, 21, 21],
        "clipped": [8, 8, 21, 21],
        "visible": 1.0,
    }
    known = find(NAME)
    assert known is not None
    panel = known.show(Shown(plan, plan.layers[0], 3, record.data))
    assert (panel.extent, panel.covers) == ((14, 14), False)
    # 14 * 14 of 32 * 32 pixels.
    words = "One unit sees 14 × 14 pixels (19.1 % of the image), one unit every 2 pixels."
    assert panel.details["words"] == (words,)
    assert "all 10 × 10 units" in {fact.text for fact in panel.facts}


def test_channels_have_their_own_size(pages: Store) -> None:
    plan = pages.read_plan("planted@own")
    (layer,) = plan.layers
    sizes = {}
    for channel in range(5):
        record = pages.records(plan, layer.name, NAME).read(channel)
        assert record is not None
        assert [(g["channels"], g["size"]) for g in record.data["groups"]] == [
            ("0-1", [3, 1]),
            ("2-4", [1, 9]),
        ]
        y0, x0, y1, x1 = record.data["unit"]["box"]
        sizes[channel] = y1 - y0 + 1, x1 - x0 + 1
    assert sizes == {0: (3, 1), 1: (3, 1), 2: (1, 9), 3: (1, 9), 4: (1, 9)}


def test_a_page_draws_its_own_unit(pages: Store) -> None:
    folder = next(pages.root.glob("*/*/0.html")).parent
    page = (folder / "3.html").read_text()
    # The middle of 24 x 40 lies between four units; (11, 19) is the lowest of them.
    assert '<rect class="seen" x="15" y="11" width="9" height="1"/>' in page
    assert '<rect class="image" width="40" height="24"/>' in page
    assert "One unit sees 1 × 9 pixels (0.94 % of the image), one unit at every pixel." in page
    assert "row 11, column 19" in page


def test_a_layer_draws_the_boxes_of_all_its_channels(pages: Store) -> None:
    page = (next(pages.root.glob("*/*/0.html")).parent / "index.html").read_text()
    assert page.count('class="seen"') == 2
    assert re.search(r"<dt>0–1</dt><dd>3 × 1 pixels", page)
    assert re.search(r"<dt>2–4</dt><dd>1 × 9 pixels", page)


def test_what_lies_outside_of_the_image_is_dashed(tmp_path: Path) -> None:
    module = nn.Sequential(*(nn.Conv2d(3, 3, 9, padding=4) for _ in range(3)))
    net = wrap(nets.seeded(module), Preprocessing((0.5,) * 3, (0.25,) * 3, (16, 60)))
    store = stored(net, tmp_path, "2")
    page = next(store.root.glob("*/*/0.html")).read_text()
    # 1 + 3 * 8 = 25 pixels around (7, 29); 16 * 25 of 16 * 60 pixels are in the image.
    assert '<rect class="beyond" x="17" y="-5" width="25" height="25"/>' in page
    assert "25 × 25 pixels (41.7 % of the image, and beyond it)" in page
    assert "dashed" in page


def test_a_layer_that_couples_all_positions_says_so(tmp_path: Path) -> None:
    module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 2, 1))
    store = stored(wrap(nets.seeded(module)), tmp_path, "1")
    page = next(store.root.glob("*/*/0.html")).read_text()
    assert "Every unit sees the whole image: an operation on the way couples all positions." in page
    assert "the whole 32 × 32 input" in page


def test_networks_whose_fields_are_not_known_go_without(tmp_path: Path) -> None:
    class Deciding(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if x.mean() > 0 else -x

    net = wrap(nn.Sequential(Deciding(), nn.Conv2d(3, 2, 3)))
    assert NAME not in make_plan(net, Request(layers=["1"], recipe=QUICK)).layers[0].studies


def test_a_strange_record_costs_its_panel_alone(forks: Network, tmp_path: Path) -> None:
    store = stored(forks, tmp_path, "0.both")
    plan = store.read_plan(forks.source)
    for channel in range(5):
        store.records(plan, "0.both", NAME).write(channel, {"unit": {"box": "?"}}, {})
    build(tmp_path)
    page = next(store.root.glob("*/*/0.html")).read_text()
    assert "The record cannot be shown" in page
