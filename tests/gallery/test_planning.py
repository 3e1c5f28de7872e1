from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests import nets
from tests.gallery.small import QUICK, bytes_of, lenet, small_plan
from tests.rendering.planted import wrap
from vizkit import Network, Recipe
from vizkit.errors import LayerNotFoundError, StoreError, UnitNotFoundError, UsageError
from vizkit.gallery.plan import Plan, plan_from_json, to_json
from vizkit.gallery.planning import extend, make_plan
from vizkit.gallery.request import Request
from vizkit.gallery.store import Store


@pytest.fixture(scope="module")
def net() -> Network:
    return lenet()


def order(net: Network) -> list[str]:
    return [layer.name for layer in net.layers]


def test_by_default_all_published_layers_and_channels(net: Network) -> None:
    plan = make_plan(net, Request(recipe=QUICK))
    assert [(layer.name, len(layer.channels)) for layer in plan.layers] == [
        ("c1", 6),
        ("c3", 16),
        ("c5", 120),
    ]
    assert plan.network.random
    assert plan.network.input == (1, 32, 32)
    assert [layer.extent for layer in plan.layers] == [(5, 5), (14, 14), (32, 32)]
    assert [layer.covers for layer in plan.layers] == [False, False, True]


def test_layers_come_in_forward_order_and_once(net: Network) -> None:
    plan = make_plan(net, Request(layers=["c5", "C1", "c1", "c3"], channels="0", recipe=QUICK))
    assert [layer.name for layer in plan.layers] == ["c1", "c3", "c5"]


def test_channels_that_a_layer_lacks_are_left_out(net: Network) -> None:
    plan = make_plan(net, Request(layers=["c1", "c3"], channels="2,4-15", recipe=QUICK))
    assert [layer.channels for layer in plan.layers] == [(2, 4, 5), (2, *range(4, 16))]
    plan = make_plan(net, Request(layers=["c1", "c3"], channels="10", recipe=QUICK))
    assert [layer.name for layer in plan.layers] == ["c3"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"layers": ["c9"]}, LayerNotFoundError, "'c9' is not a layer of lenet5"),
        ({"layers": []}, UsageError, "no layers of lenet5"),
        ({"layers": ["c1"], "channels": "6"}, UnitNotFoundError, "channel 6 is in none"),
        ({"layers": ["c1"], "channels": "x"}, UsageError, "'x' in 'x' is not a channel"),
        ({"size": 0}, UsageError, "size=0 is out of range"),
    ],
)
def test_mistakes_are_found_before_any_work(
    net: Network, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make_plan(net, Request(**options))


def test_logits_carry_class_names() -> None:
    names = tuple(f"digit {each}" for each in range(10))
    net = replace(lenet(), classes=names)
    plan = make_plan(net, Request(layers=["logits", "c5"], channels="3,7", recipe=QUICK))
    by_name = {layer.name: layer for layer in plan.layers}
    assert by_name["logits"].labels == {3: "digit 3", 7: "digit 7"}
    assert by_name["c5"].labels == {}


def test_branches_and_studies_are_planned() -> None:
    net = wrap(nets.seeded(nets.TinyInception()))
    plan = make_plan(net, Request(layers=["stem", "mixed1"], channels="0-3", recipe=QUICK))
    stem, mixed = plan.layers
    both = ("renders", "receptive_field", "tuning", "families")
    assert (stem.studies, mixed.studies) == ((*both, "filters"), both)
    assert mixed.info().branch_of(3) == "mixed1.branch2.1:1"
    # 3x3; then 2x2 pooling, and a 3x3 of stride 2.
    assert (stem.extent, mixed.extent) == ((3, 3), (8, 8))


def test_the_number_format_is_stated_not_left_open(net: Network) -> None:
    assert make_plan(net, Request(channels="0")).recipe["dtype"] in ("float32", "bfloat16")


def test_a_gallery_keeps_its_number_format_unless_another_is_asked_for(net: Network) -> None:
    """LeNet-5 by itself is float32: too narrow to gain from bfloat16."""
    known = make_plan(net, Request(channels="0", recipe=Recipe(dtype="bfloat16")))
    for asked, expected in (("auto", "bfloat16"), ("float32", "float32")):
        plan = make_plan(net, Request(channels="0", recipe=Recipe(dtype=asked)), known)
        assert plan.recipe["dtype"] == expected


def test_a_plan_is_the_same_every_time_and_through_json(net: Network) -> None:
    one, other = small_plan(net), small_plan(lenet())
    assert one == other
    assert plan_from_json(json.loads(to_json(asdict(one)))) == one


# Growing a gallery


def stored(net: Network, root: Path, plan: Plan) -> Store:
    store = Store(root)
    store.write_plan(extend(store, plan, order(net)))
    return store


def test_a_gallery_grows_by_layers_and_channels(net: Network, tmp_path: Path) -> None:
    store = stored(net, tmp_path, small_plan(net, "c3", "4-7"))
    store = stored(net, tmp_path, small_plan(net, "c1,c3", "0,5"))
    layers = store.read_plan("lenet5@random").layers
    assert [(layer.name, layer.channels) for layer in layers] == [
        ("c1", (0, 5)),
        ("c3", (0, 4, 5, 6, 7)),
    ]
    before = bytes_of(tmp_path)
    stored(net, tmp_path, small_plan(net, "c3", "4"))
    assert bytes_of(tmp_path) == before, "asking for less takes nothing away"


def test_what_is_there_keeps_its_fingerprint(net: Network, tmp_path: Path) -> None:
    """Else a grown gallery would be rendered anew: block sizes follow the number of channels."""
    store = stored(net, tmp_path, small_plan(net, "c3", "0"))
    (before,) = store.read_plan("lenet5@random").layers
    plan = store.read_plan("lenet5@random")
    grown = extend(store, small_plan(net, "c1,c3", "0-15"), order(net))
    assert grown.fingerprint(grown.layer("c3"), "renders") == plan.fingerprint(before, "renders")


def test_a_gallery_grows_by_studies(net: Network, tmp_path: Path) -> None:
    """A new study is done for the layers that are there already."""
    full = small_plan(net, "c1", "0-3")
    old = replace(full, layers=(replace(full.layers[0], studies=("renders",)),))
    store = stored(net, tmp_path, old)
    assert extend(store, full, order(net)).layers[0].studies == (
        "renders",
        "receptive_field",
        "tuning",
        "families",
        "filters",
    )


def test_block_sizes_of_a_gallery_are_kept(net: Network) -> None:
    """A layer that grows would else be planned in other blocks than it has."""
    known = small_plan(net, "c1,c3", "0")
    options = {"layers": ["c3"], "channels": "0-15", "recipe": QUICK}
    assert make_plan(net, Request(**options), known).layers[0].block_size == 1
    assert make_plan(net, Request(**options, block_size=1), known).layers[0].block_size == 1
    with pytest.raises(StoreError, match="lenet5@random/c3 in blocks of 1, asked are blocks of 16"):
        make_plan(net, Request(**options, block_size=16), known)
    twin = replace(net, name="lenet6")
    assert make_plan(twin, Request(**options, block_size=16), known).layers[0].block_size == 16


def test_a_study_counts_as_considered_once_every_layer_was(net: Network, tmp_path: Path) -> None:
    full = small_plan(net)
    store = stored(net, tmp_path, replace(full, considered=("renders",)))
    assert extend(store, small_plan(net, "c1"), order(net)).considered == ("renders",)
    assert extend(store, full, order(net)).considered == full.considered


def test_another_network_shares_the_folder(net: Network, tmp_path: Path) -> None:
    store = stored(net, tmp_path, small_plan(net))
    twin = small_plan(replace(net, name="lenet6"))
    assert extend(store, twin, order(net)) == twin


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recipe": Recipe(steps=3, rescues=0, dtype="float32")}, r"steps 2 \(asked: 3\)"),
        ({"recipe": Recipe(steps=2, rescues=0, dtype="bfloat16")}, r"dtype 'float32' \(asked: 'bf"),
        ({"seed": 1}, r"seed 0 \(now: 1\)"),
        ({"size": 24}, "shows lenet5@random/c1 at 32x32 pixels, asked is 24x24"),
    ],
)
def test_other_settings_are_refused_and_change_nothing(
    net: Network, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    store = stored(net, tmp_path, small_plan(net))
    before = bytes_of(tmp_path)
    other = make_plan(net, Request(**{"layers": ["c1"], "channels": "0", "recipe": QUICK} | change))
    with pytest.raises(StoreError, match=message):
        extend(store, other, order(net))
    assert bytes_of(tmp_path) == before


def test_other_weights_and_versions_are_refused(net: Network, tmp_path: Path) -> None:
    store, plan = stored(net, tmp_path, small_plan(net)), small_plan(net)
    for other in (
        replace(plan, network=replace(plan.network, sha256="0" * 64)),
        replace(plan, vizkit="0.0.1"),
        replace(plan, torch="1.0"),
    ):
        with pytest.raises(StoreError, match="already shows lenet5@random"):
            extend(store, other, order(net))
