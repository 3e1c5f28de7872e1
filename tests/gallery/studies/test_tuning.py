"""The tuning that a gallery measures, stores and draws; planted units whose tuning is known."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import vizkit
from tests import nets
from tests.gallery.small import QUICK, bytes_of, lenet
from tests.rendering.planted import GRAY, grating, wrap
from vizkit import Network, Preprocessing
from vizkit.gallery.plan import Plan
from vizkit.gallery.planning import make_plan
from vizkit.gallery.registry import find
from vizkit.gallery.request import Request
from vizkit.gallery.run import run
from vizkit.gallery.site.build import build
from vizkit.gallery.store import Store
from vizkit.gallery.studies.tuning.probes import PROBES, probes, values_for
from vizkit.gallery.study import Shown
from vizkit.probing.orientation import ORIENTATIONS, orientation_tuning

NAME = "tuning"
ANGLES = (0.0, 30.0, 75.0, 120.0)
"""Orientations of the planted lines."""
SILENT, CONSTANT, NEGATIVE = 4, 5, 6


def cells() -> Network:
    """Gabor cells of `ANGLES`, then a silent, a constant and an inhibited channel.

    Stripes of `grating(degrees)` run across `degrees`: lines stand at right angles to it.
    """
    filters = [grating(11, 2.0, angle + 90) for angle in ANGLES]
    filters += [torch.zeros(11, 11)] * 3
    module = nn.Sequential(nn.Conv2d(1, len(filters), 11), nn.ReLU(), nn.Conv2d(7, 7, 1))
    with torch.no_grad():
        module[0].weight.copy_(torch.stack(filters)[:, None])
        module[0].bias.zero_()
        module[0].bias[CONSTANT] = 2.0
        module[2].weight.copy_(torch.eye(7)[:, :, None, None])
        module[2].weight[NEGATIVE, 0] = -1.0
        module[2].bias.zero_()
        module[2].bias[NEGATIVE] = -0.01
    return wrap(module, GRAY)


def stored(net: Network, root: Path, *layers: str, channels: str | None = None) -> Store:
    store = Store(root)
    plan = make_plan(net, Request(layers=layers, channels=channels, recipe=QUICK, block_size=4))
    assert run(store, [(net, without_renders(plan))]).failed == ()
    build(root)
    return store


def without_renders(plan: Plan) -> Plan:
    keep = ("receptive_field", NAME)
    layers = [
        replace(each, studies=tuple(s for s in each.studies if s in keep)) for each in plan.layers
    ]
    return replace(plan, layers=tuple(layers))


def data_of(store: Store, layer: str, channel: int) -> dict:
    (source,) = store.sources()
    record = store.records(store.read_plan(source), layer, NAME).read(channel)
    assert record is not None and record.files == {}
    return record.data


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return stored(cells(), tmp_path_factory.mktemp("cells"), "0", "2")


def test_page_and_report_say_the_same_of_orientation(planted: Store) -> None:
    report = orientation_tuning(cells(), "0")
    for channel in range(len(ANGLES)):
        curve = data_of(planted, "0", channel)["grating"]
        expected = [float(report.variances[channel]), report.floor, float(report.waves[channel])]
        said = [curve["circular_variance"][0], curve["random_filters"], curve["wave"]]
        assert said == pytest.approx(expected, rel=1e-4), channel


def test_a_cell_prefers_its_own_orientation(planted: Store) -> None:
    for channel, angle in enumerate(ANGLES):
        curve = data_of(planted, "0", channel)["grating"]
        assert curve["status"] == "ok"
        place, low, high = curve["peak"]
        assert abs((place - angle + 90) % 180 - 90) < 2, (channel, place)
        assert low - 1e-3 <= place <= high + 1e-3
        best = curve["values"][curve["response"].index(max(curve["response"]))]
        assert best == angle  # all are multiples of the step
        spread = curve["circular_variance"][0]
        assert spread < curve["random_filters"], "more selective than random filters"


def test_the_drawn_peak_points_where_the_record_says(planted: Store) -> None:
    """The line of the peak, from the middle of the rose to its rim, in the page's own SVG."""
    folder = next(planted.root.glob("*/0/0.html")).parent
    for channel, angle in enumerate(ANGLES):
        page = (folder / f"{channel}.html").read_text()
        figure = page.partition("Orientation of gratings</b>")[2].partition("</svg>")[0]
        found = re.findall(r'class="peak" d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"', figure)
        assert len(found) == 2  # half a turn further it is the same grating
        for turn, ends in enumerate(found):
            x0, y0, x1, y1 = map(float, ends)
            drawn = math.degrees(math.atan2(y0 - y1, x1 - x0))  # y points down on a screen
            assert abs((drawn - angle - 180 * turn + 180) % 360 - 180) < 3
        assert f'aria-label="Orientation of gratings. Peak at {angle:.0f}°' in page.replace(
            "Peak at 180°", "Peak at 0°"
        )


def test_roses_in_tiles_are_longest_along_the_preferred_line(planted: Store) -> None:
    page = next(planted.root.glob("*/0/index.html")).read_text()
    roses = re.findall(r'<svg class="glyph"[^>]*><path d="M([^Z"]+)Z"', page)
    for angle, corners in zip(ANGLES, roses, strict=False):
        points = [tuple(map(float, each.split())) for each in corners.split("L")]
        x, y = max(points, key=lambda p: math.hypot(p[0] - 12, p[1] - 12))
        drawn = math.degrees(math.atan2(12 - y, x - 12)) % 180
        assert abs((drawn - angle + 90) % 180 - 90) < 8


def test_a_blob_is_less_selective_than_random_filters(tmp_path: Path) -> None:
    line = torch.linspace(-1, 1, 11)
    blob = torch.exp(-4 * (line[:, None] ** 2 + line**2))
    module = nn.Sequential(nn.Conv2d(1, 1, 11), nn.ReLU())
    with torch.no_grad():
        module[0].weight.copy_((blob - blob.mean())[None, None])
        module[0].bias.zero_()
    store = stored(wrap(module, GRAY), tmp_path, "0")
    curve = data_of(store, "0", 0)["grating"]
    assert curve["circular_variance"][0] > 0.97 > curve["random_filters"]
    assert "0 of 1 channels are more selective" in next(tmp_path.glob("*/0/index.html")).read_text()


def test_statuses_are_said_in_words(planted: Store) -> None:
    folder = next(planted.root.glob("*/0/0.html")).parent
    silent = data_of(planted, "0", SILENT)
    assert {each["status"] for each in silent["curves"]} == {"silent"}
    assert silent["sparseness"] is None and silent["answers"] == 0
    assert all(share[0] is None for share in silent["ratios"].values()), "not perfectly invariant"
    assert "Silent: every response is zero." in (folder / f"{SILENT}.html").read_text()
    constant = data_of(planted, "0", CONSTANT)
    assert {each["status"] for each in constant["curves"]} == {"constant"}
    assert "Constant: the value changes no image" in (folder / f"{CONSTANT}.html").read_text()
    negative = data_of(planted, "2", NEGATIVE)
    assert {each["status"] for each in negative["curves"]} == {"negative"}
    page = next(planted.root.glob(f"*/2/{NEGATIVE}.html")).read_text()
    assert "Negative: no response is above zero." in page


def test_a_silent_channel_has_no_number_to_sort_by(planted: Store) -> None:
    known, plan = find(NAME), planted.read_plan(planted.sources()[0])
    assert known is not None
    labels = {}
    for channel in (0, SILENT):
        panel = known.show(Shown(plan, plan.layers[0], channel, data_of(planted, "0", channel)))
        labels[channel] = {fact.label for fact in panel.facts if fact.sort is not None}
        assert all(fact.note for fact in panel.facts)
    assert labels[0] == {
        *("orientation selectivity", "orientation width", "rotation score", "sparseness"),
        *(f"varies with {name}" for name in ("rotation", "scale", "shift", "contrast")),
    }
    assert labels[SILENT] == set()


def test_a_curve_is_that_of_the_lab(tmp_path: Path) -> None:
    net = lenet()
    store = stored(net, tmp_path, "c3", channels="2-3")
    for probe in probes(1):
        values = values_for(probe, 32)
        found = vizkit.tuning(net, "c3:2-3", probe, values=values)
        for channel, curve in zip((2, 3), found, strict=True):
            data = data_of(store, "c3", channel)
            (own,) = [each for each in data["curves"] if each["family"] == probe]
            assert own["values"] == [pytest.approx(each, rel=1e-4) for each in values]
            assert own["response"] == pytest.approx(curve.response.tolist(), rel=1e-4, abs=1e-6)
            assert own["low"] == pytest.approx(curve.low.tolist(), rel=1e-4, abs=1e-6)
            assert own["floor"] == pytest.approx(curve.height.floor, rel=1e-4)


def test_scores_are_those_of_the_lab(tmp_path: Path) -> None:
    net = lenet()
    data = data_of(stored(net, tmp_path, "c3", channels="2"), "c3", 2)
    for probe in probes(1):
        found = vizkit.invariance(net, ["c3"], probe, values=values_for(probe, 32), rate=0.1)["c3"]
        assert data["ratios"][probe][0] == pytest.approx(float(found.variance.ratio[2]), rel=1e-4)
    turned = vizkit.invariance(net, ["c3"], "rotation", values=PROBES["rotation"], rate=0.1)["c3"]
    assert data["goodfellow"]["score"][0] == pytest.approx(float(turned.goodfellow.score[2]))


def test_a_layer_that_shifts_with_the_image_moves_as_the_image_does(tmp_path: Path) -> None:
    """The layer's whole output, of a layer that only copies the image."""
    module = nn.Sequential(nn.Conv2d(3, 3, 1, bias=False))
    with torch.no_grad():
        module[0].weight.copy_(torch.eye(3)[:, :, None, None])
    store = stored(wrap(module), tmp_path, "0")
    for own in data_of(store, "0", 0)["layer"].values():
        assert own["moved"][0] == pytest.approx(own["pixels"], rel=1e-3)


def test_bytes_do_not_depend_on_what_else_is_planned(tmp_path: Path) -> None:
    net = lenet()
    whole = stored(net, tmp_path / "whole", "c1", "c3", "logits")
    for layer, channels in (("c3", "5"), ("logits", "1,7"), ("c1", "0-2")):
        part = stored(net, tmp_path / layer, layer, channels=channels)
        folder = f"lenet5~arandom/{layer}/{NAME}"
        own = bytes_of(part.root / folder)
        assert own, layer
        for name, content in own.items():
            assert (whole.root / folder / name).read_bytes() == content, (layer, name)


def test_classes_have_no_gratings_and_say_so(tmp_path: Path) -> None:
    store = stored(lenet(), tmp_path, "logits", channels="3")
    data = data_of(store, "logits", 3)
    assert data["grating"] is None
    page = next(tmp_path.glob("*/logits/3.html")).read_text()
    assert "Gratings were left out: the layer has no rows and columns." in page
    assert "Random weights" in page


def test_large_fields_get_no_gratings(tmp_path: Path) -> None:
    module = nn.Sequential(*(nn.Conv2d(3, 3, 9, padding=4) for _ in range(3)))
    net = wrap(nets.seeded(module), Preprocessing((0.5,) * 3, (0.25,) * 3, (32, 48)))
    store = stored(net, tmp_path, "0", "2")
    assert data_of(store, "0", 0)["grating"]["size"][0] >= 9
    why = "one unit sees 25 × 25 pixels, which is more than half of the image"
    assert data_of(store, "2", 0)["left_out"] == why
    assert why in next(tmp_path.glob("*/2/index.html")).read_text()


def test_gray_networks_have_no_hue(planted: Store) -> None:
    families = [each["family"] for each in data_of(planted, "0", 0)["curves"]]
    assert families == ["rotation", "scale", "shift_x", "contrast"]
    assert [*probes(3)][-1] == "hue"


def test_the_index_shows_layers_over_depth(planted: Store) -> None:
    page = (planted.root / "index.html").read_text()
    assert "What its layers ignore" in page
    heads = re.findall(r'<th scope="col">([^<]+)</th>', page)
    assert heads == [
        *("layer", "Rotation", "Scale", "Shift sideways", "Contrast", "Selective for orientation")
    ]


def test_records_hold_no_nan(planted: Store) -> None:
    for path in planted.root.glob(f"*/*/{NAME}/*.json"):
        json.loads(path.read_text(), parse_constant=pytest.fail)


def test_networks_of_other_inputs_go_without() -> None:
    deep = wrap(nn.Sequential(nn.Conv2d(4, 4, 1)), Preprocessing((0.5,) * 4, (1.0,) * 4, (8, 8)))
    known = find(NAME)
    assert known is not None and not known.applies(deep, deep.layer("0"))


def test_a_strange_record_costs_its_panel_alone(tmp_path: Path) -> None:
    store = stored(lenet(), tmp_path, "c1", channels="0-1")
    plan = store.read_plan("lenet5@random")
    for channel in (0, 1):
        store.records(plan, "c1", NAME).write(channel, {"curves": 3}, {})
    build(tmp_path)
    assert "The record cannot be shown" in next(tmp_path.glob("*/c1/0.html")).read_text()


def test_steps_of_orientation_go_round() -> None:
    assert len(ORIENTATIONS) == 12 and ORIENTATIONS[-1] + 15 == 180
