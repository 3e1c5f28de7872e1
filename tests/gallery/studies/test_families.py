"""Families of channels in a gallery: planted copies are found, linked and drawn in order."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.gallery.small import QUICK
from tests.rendering.planted import grating, wrap
from vizkit import Network, Preprocessing
from vizkit.gallery.planning import make_plan
from vizkit.gallery.registry import find
from vizkit.gallery.request import Request
from vizkit.gallery.run import run
from vizkit.gallery.site.build import build
from vizkit.gallery.store import Store
from vizkit.gallery.studies.families.search import left_out

NAME = "families"
GRAY = Preprocessing(mean=(0.5,), std=(0.25,), input_size=(48, 48))
TURNS = (0.0, 45.0, 90.0, 135.0)


def copies() -> Network:
    """Channels 0, 2, 4, 6 are a line turned by `TURNS`; 1, 3, 5 are noise; 7 is silent."""
    generator = torch.Generator().manual_seed(0)
    filters = torch.randn(8, 11, 11, generator=generator) / 11
    for place, turn in enumerate(TURNS):
        filters[2 * place] = grating(11, 2.0, turn)
    filters[7] = 0
    module = nn.Sequential(nn.Conv2d(1, 8, 11, bias=False), nn.ReLU())
    with torch.no_grad():
        module[0].weight.copy_(torch.cat([filters[:7], torch.zeros(1, 11, 11)])[:, None])
    return wrap(module, GRAY)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Gallery of all but channel 4, which belongs to the family all the same."""
    net, store = copies(), Store(tmp_path_factory.mktemp("families"))
    plan = make_plan(net, Request(layers=["0"], channels="0-3,5-7", recipe=QUICK))
    layers = [replace(each, studies=("renders", NAME)) for each in plan.layers]
    assert run(store, [(net, replace(plan, layers=tuple(layers)))]).failed == ()
    build(store.root)
    return store


def test_planted_copies_are_a_family(found: Store) -> None:
    plan = found.read_plan("planted@own")
    for channel in (0, 2, 6):
        record = found.records(plan, "0", NAME).read(channel)
        assert record is not None
        search = record.data["searches"][0]
        assert (search["transform"], search["kind"]) == ("rotation", "member")
        members = search["family"]["members"]
        assert sorted(each["channel"] for each in members) == [0, 2, 4, 6]
        assert search["family"]["p"] <= 0.05
        start = next(each["value"][0] for each in members if each["channel"] == 0)
        for each in members:
            turn = TURNS[each["channel"] // 2]
            assert abs((each["value"][0] - start - turn + 90) % 180 - 90) < 5
    for channel, kind in ((1, "alone"), (7, "dead")):
        record = found.records(plan, "0", NAME).read(channel)
        assert record is not None and record.data["searches"][0]["kind"] == kind


def test_the_layers_page_shows_members_in_order_and_links_them(found: Store) -> None:
    folder = next(found.root.glob("*/0/0.html")).parent
    page = (folder / "index.html").read_text()
    family = page.partition('id="family-rotation-0"')[2].partition("</ul>")[0]
    channels = [int(each) for each in re.findall(r"<b>(\d+)</b>", family)]
    record = found.records(found.read_plan("planted@own"), "0", NAME).read(0)
    assert record is not None
    members = record.data["searches"][0]["family"]["members"]
    assert channels == [each["channel"] for each in members]
    assert re.findall(r'href="(\d+)\.html"', family) == [str(c) for c in channels if c != 4]
    assert re.findall(r'src="renders/(\d+)', family) == [str(c) for c in channels if c != 4]
    assert "4 channels, p = 0.01" in page


def test_a_units_page_links_to_its_family(found: Store) -> None:
    folder = next(found.root.glob("*/0/0.html")).parent
    page = (folder / "2.html").read_text()
    assert '<a href="index.html#family-rotation-0">one of 4 rotated copies</a>' in page
    alone = (folder / "1.html").read_text()
    assert "no other channel is a rotated copy of it beyond chance" in alone
    assert "its answer is the same to all images" in (folder / "7.html").read_text()


def test_a_gray_network_is_not_searched_for_hues(found: Store) -> None:
    record = found.records(found.read_plan("planted@own"), "0", NAME).read(0)
    assert record is not None
    names = [each["transform"] for each in record.data["searches"]]
    assert names == ["rotation", "reflection", "scale"]


def test_layers_that_take_too_long_say_so(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv2d(1, 193, 3), nn.Conv2d(193, 4, 25))
    net = wrap(module, GRAY)
    assert "193 channels" in left_out(net, "0")
    assert "one unit sees 27 × 27 pixels" in left_out(net, "1")
    store = Store(tmp_path)
    plan = make_plan(net, Request(layers=["0"], channels="0-1", recipe=QUICK))
    layers = [replace(each, studies=(NAME,)) for each in plan.layers]
    assert run(store, [(net, replace(plan, layers=tuple(layers)))]).failed == ()
    build(tmp_path)
    page = next(tmp_path.glob("*/0/index.html")).read_text()
    assert "were not searched for: each of 193 channels would have to be compared" in page


def test_classes_have_no_families() -> None:
    net = wrap(nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 3)), GRAY)
    known = find(NAME)
    assert known is not None and not known.applies(net, net.layer("1"))
