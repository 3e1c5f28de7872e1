"""All scores of a network from one sweep."""

import json

import pytest
import torch

import vizkit
from tests.nets import count_hooks, images
from vizkit.errors import LayerNotFoundError, UsageError
from vizkit.probing.readers import PIXELS, ResponseReader
from vizkit.probing.readout import Readouts
from vizkit.transforms import transform


@pytest.fixture(scope="module")
def network():
    return vizkit.load("lenet5@random")


def photos(count: int) -> torch.Tensor:
    return images(count, 1, 32)


def test_one_sweep_serves_every_layer(network):
    found = vizkit.invariance(
        network, ["c1", "s2", "c3"], "shift_x", images=photos(5), values=(-1, 0, 2)
    )
    one = vizkit.invariance(network, "s2", "shift_x", images=photos(5), values=(-1, 0, 2))
    assert found.passes == one.passes == 5 * 3
    assert torch.equal(found["s2"].goodfellow.score, one["s2"].goodfellow.score)
    assert torch.equal(found["s2"].distance.distance, one["s2"].distance.distance)
    assert count_hooks(network.module) == 0


def test_the_identity_is_measured_once_more_where_it_is_not_asked_for(network):
    found = vizkit.invariance(network, "c1", "shift_x", images=photos(6), values=(1, 2))
    assert found.passes == 6 * 3 and found.values == (1, 2)
    assert (
        found["c1"].distance.distance.shape == (2,) and (found.pixels.distance.distance > 0).all()
    )


def test_distances_are_those_of_whole_maps(network):
    batch = photos(4)
    found = vizkit.invariance(
        network, "c1", "shift_x", images=batch, values=(0, 3), after_activation=False
    )["c1"].distance
    moved = transform("shift_x").apply(batch, 3)
    with torch.no_grad(), vizkit.capture(network, "c1") as acts:
        network(batch)
        before = acts["c1"].flatten(1).double()
        network(moved)
        after = acts["c1"].flatten(1).double()
    between = (before - before.roll(-1, 0)).norm(dim=1).mean()
    expected = (before - after).norm(dim=1).mean() / between
    assert found.distance[0] == 0
    assert found.distance[1].item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_same_scores_however_the_images_come(network):
    batch = photos(9)
    whole = vizkit.invariance(network, "c1", "brightness", images=batch, values=(0, 0.2))
    parts = vizkit.invariance(
        network, "c1", "brightness", images=iter(torch.split(batch, 3)), values=(0, 0.2)
    )
    assert whole.images == parts.images == 9
    assert torch.equal(whole["c1"].variance.ratio, parts["c1"].variance.ratio)


def test_plain_data(network):
    found = vizkit.invariance(network, ["c1"], "brightness", images=photos(3), values=(0, 0.2))
    read = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert read["network"] == "lenet5@random" and read["parameter"] == [0, 0.2]
    assert len(read["layers"][0]["scores"]) == 6 and read["layers"][0]["distance"][0] == 0


def test_it_says_what_it_is_in_a_line_a_table_and_a_figure(network):
    told = []
    shown = {"images": photos(3), "values": (0, 0.2)}
    found = vizkit.invariance("lenet5@random", "c1", "brightness", progress=told.append, **shown)
    assert repr(found) == (
        "<Invariance of lenet5@random to brightness at 2 values, 1 layer, 3 images, RANDOM WEIGHTS>"
    )
    head, columns, *rows = str(found).splitlines()
    assert "RANDOM WEIGHTS" in head and columns.split()[:2] == ["LAYER", "DISTANCE"]
    assert [row.split()[0] for row in rows[:2]] == ["pixels", "c1"]
    assert rows[2].startswith("distance: ") and found.coarse and "score is coarse" in rows[-1]
    assert rows[1].split()[1].startswith(f"{found.distance('c1').value:.2f}")
    assert len(found.figure().axes) == 3
    assert [(now.done, now.total) for now in told] == [(3, 3)]


def test_mistakes(network):
    with pytest.raises(UsageError, match="one image cannot be told"):
        vizkit.invariance(network, "c1", "rotation", images=photos(1), values=(0,))
    with pytest.raises(LayerNotFoundError, match="c9"):
        vizkit.invariance(network, "c9", "rotation", images=photos(2), values=(0,))


def test_no_image_is_kept_alive(network):
    reader = ResponseReader(Readouts(network, {"c1": None}, "center", (32, 32)))
    batch = photos(4)
    with torch.no_grad(), vizkit.capture(network, "c1") as acts:
        network(batch)
        reader.add((0.0,), {PIXELS: batch, "c1": acts["c1"]})
    kept = [each for parts in reader._parts.values() for each in parts]
    assert sum(each.untyped_storage().nbytes() for each in kept) == 4 * 4 * (1 + 6)
