"""Examples of planted networks in planted pictures."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import vizkit
from tests import nets
from vizkit.dataset_examples import collect
from vizkit.errors import UsageError
from vizkit.images import DatasetImages

SIDE, CELL = 20, 5


@pytest.fixture
def patches() -> vizkit.Network:
    """Units that see 5 x 5 pixels each and none twice: how bright, and how dark they are."""
    convolution = nn.Conv2d(3, 2, CELL, stride=CELL, bias=False)
    with torch.no_grad():
        convolution.weight[0] = 1 / (3 * CELL * CELL)
        convolution.weight[1] = -1
    preprocessing = vizkit.Preprocessing((0.0,) * 3, (1.0,) * 3, (SIDE, SIDE), resize=SIDE)
    return vizkit.load(nn.Sequential(convolution, nn.ReLU()), preprocessing=preprocessing)


def planted(
    file: Path, size: tuple[int, int], corner: tuple[int, int], side: int, shade: int
) -> np.ndarray:
    """A black picture with a square of noise around `shade`, which is returned."""
    pixels = np.zeros((*size, 3), np.uint8)
    square = np.random.default_rng(shade).integers(shade - 9, shade + 9, (side, side, 3))
    y, x = corner
    pixels[y : y + side, x : x + side] = square
    Image.fromarray(pixels).save(file)
    return square.astype(np.uint8)


def test_the_crop_is_the_patch_that_one_position_sees(
    patches: vizkit.Network, tmp_path: Path
) -> None:
    # Twice the network's size; wide, with 20 columns cut off at the left; high and three times.
    squares = {
        "a square.png": planted(tmp_path / "a square.png", (40, 40), (20, 10), 10, 60),
        "b wide.png": planted(tmp_path / "b wide.png", (40, 80), (0, 50), 10, 120),
        "c high.png": planted(tmp_path / "c high.png", (120, 60), (75, 45), 15, 180),
    }
    (tmp_path / "d broken.png").write_text("no picture")
    (tmp_path / "e dark.png").write_bytes((tmp_path / "a square.png").read_bytes())
    planted(tmp_path / "e dark.png", (20, 20), (0, 0), 5, 9)
    found = vizkit.examples(patches, "0:0", images=tmp_path, top=3)
    assert found.images == 4 and [name for name, _ in found.skipped] == ["d broken.png"]
    bright = found[0].of_kind("top")
    assert [each.file for each in bright] == ["c high.png", "b wide.png"], "at most half of them"
    assert [each.position for each in bright] == [(3, 3), (0, 3)]
    assert [each.box for each in bright] == [(75, 45, 89, 59), (0, 50, 9, 59)]
    for each in bright:
        shown = found[0].crop(each)
        assert shown.padding == (0, 0, 0, 0)
        assert np.array_equal(shown.pixels, squares[each.file])
        cell = patches.prepare(tmp_path / each.file).unfold(2, CELL, CELL).unfold(3, CELL, CELL)
        seen = cell[0, :, each.position[0], each.position[1]]
        assert each.value == pytest.approx(float(seen.mean()), rel=1e-4)


def test_a_channel_that_never_responds_takes_the_first_images(
    patches: vizkit.Network, tmp_path: Path
) -> None:
    for number in range(5):
        planted(tmp_path / f"{number}.png", (20, 20), (0, 0), 5, 100 + number)
    silent = vizkit.examples(patches, "0:1", images=tmp_path, top=2)[0]
    assert [each.file for each in silent.of_kind("top")] == ["0.png", "1.png"]
    assert [each.file for each in silent.of_kind("bottom")] == ["2.png", "3.png"]
    assert {(each.value, each.quantile) for each in silent.examples} == {(0.0, 1.0)}
    assert silent.counts.sum() == 5


def corner_network() -> vizkit.Network:
    """A channel that is the image, seen through a field of 5 x 5."""
    convolution = nn.Conv2d(1, 1, 5, padding=2, bias=False)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.weight[0, 0, 2, 2] = 1
    return nets.plain(nn.Sequential(convolution), 12)


@pytest.mark.parametrize(
    ("at", "box", "padding"),
    [
        ((0, 0), (0, 0, 2, 2), (2, 2, 0, 0)),
        ((11, 6), (9, 4, 11, 8), (0, 0, 2, 0)),
        ((5, 10), (3, 8, 7, 11), (0, 0, 0, 1)),
    ],
)
def test_padding_at_borders_is_shown_as_padding(
    at: tuple[int, int], box: tuple[int, ...], padding: tuple[int, ...]
) -> None:
    images = torch.zeros(2, 1, 12, 12)
    images[1, 0, at[0], at[1]] = 1
    found = vizkit.examples(corner_network(), "0:0", images=images, top=1)[0]
    (best,) = found.of_kind("top")
    assert (best.number, best.position, best.box, best.value) == (1, at, box, 1.0)
    shown = found.crop(best)
    assert shown.padding == padding and shown.pixels.shape == (5, 5, 3)
    white = (shown.pixels == 255).all(2)
    assert np.argwhere(white).tolist() == [[2, 2]], "what it responds to is in the middle"
    inside = np.zeros((5, 5), bool)
    inside[padding[0] : 5 - padding[2], padding[1] : 5 - padding[3]] = True
    assert (shown.pixels[~inside] > 100).all() and (shown.pixels[~inside] < 200).all()
    assert (shown.pixels[inside & ~white] == 0).all()
    assert best.heat is not None and best.heat.max() > 0.75
    hottest = np.unravel_index(best.heat.argmax(), best.heat.shape)
    assert all(abs(place / 24 - 0.5) <= 0.1 for place in hottest)


def test_a_neuron_and_a_logit_have_their_own_values() -> None:
    network = vizkit.load("lenet5")
    images = nets.images(20, channels=1, size=32)
    found = vizkit.examples(network, ["c1:2@3,4", "logits:1", "c1:2"], images=images, top=4)
    with vizkit.capture(network, ["c1", "logits"], after_activation=True) as activations:
        network(images)
        neuron = activations["c1"][:, 2, 3, 4]
        logit = activations["logits"][:, 1]
        channel = activations["c1"][:, 2].flatten(1)
    for each, values in zip(found, (neuron, logit, channel.amax(1)), strict=True):
        wanted = values.sort(descending=True).values[:4].tolist()
        assert [e.value for e in each.of_kind("top")] == pytest.approx(wanted, rel=1e-5)
    assert {each.position for each in found[0].examples} == {(3, 4)}
    assert {each.position for each in found[1].examples} == {None}
    for each in found[2].examples:
        assert each.position == divmod(int(channel[each.number].argmax()), 28)
    assert {each.box for each in found[1].examples} == {(0, 0, 31, 31)}


def test_interrupted_and_sharded_passes_fill_the_same_file(tmp_path: Path) -> None:
    images = nets.images(70, channels=1, size=32)
    images[50] = images[3]
    network = vizkit.load("lenet5@random")
    units = ["c1:0-2", "c3:4"]
    whole = collect(network, units, images=images, file=tmp_path / "whole")
    shards = [
        collect(network, units, images=images, file=tmp_path / f"{k}", shard=(k, 3))
        for k in (3, 1, 2)
    ]
    assert sorted(len(shard.numbers()) for shard in shards) == [16, 22, 32]
    shards[0].merge(shards[1])
    shards[0].merge(shards[2])
    assert shards[0].path.read_bytes() == whole.path.read_bytes()

    class Killed(Exception):
        pass

    def kill(now: vizkit.Progress) -> None:
        if now.done >= 32:
            raise Killed

    killed = tmp_path / "killed"
    with pytest.raises(Killed):
        vizkit.examples(network, units, images=images, resume=killed, progress=kill)
    shown: list[float] = []
    again = vizkit.examples(
        *(network, units), images=images, resume=killed, progress=lambda p: shown.append(p.total)
    )
    assert shown[0] == 48, "the first two batches are not shown again"
    assert killed.read_bytes() == whole.path.read_bytes()
    assert again.as_dict() == vizkit.examples(network, units, images=images).as_dict()


def test_what_a_result_says(tmp_path: Path) -> None:
    found = vizkit.examples("lenet5@random", "c1:0-1", images="digits", top=2)
    assert "RANDOM WEIGHTS" in repr(found) and "RANDOM WEIGHTS" in str(found)
    assert "RANDOM WEIGHTS" in repr(found[0]) and found.as_dict()["random"] is True
    record = json.loads(json.dumps(found[1].as_dict()))
    assert list(record) == ["address", "images", "examples"]
    assert record["address"] == "lenet5@random/c1:1" and record["images"] == 40
    keys = {"file", "box", "position", "value", "quantile", "kind"}
    assert all(set(each) == keys for each in record["examples"])
    files = found[0].save(tmp_path)
    assert len(files) == len(found[0].examples) and len(set(files)) == len(files)
    with Image.open(files[0]) as image:
        assert np.array_equal(np.asarray(image), found[0].crop(found[0].examples[0]).pixels)
    assert "<img" in found[0]._repr_html_()


def test_mistakes_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="top=0"):
        vizkit.examples("lenet5", "c1:0", images="digits", top=0)
    (tmp_path / "a.txt").write_text("no picture")
    with pytest.raises(UsageError, match="none of the 1 images"):
        vizkit.examples("lenet5", "c1:0", images=tmp_path)
    with pytest.raises(UsageError, match="shard"):
        collect("lenet5/c1:0", images="digits", file=tmp_path / "x", shard=(3, 2))
    with pytest.raises(UsageError, match="by number"):
        vizkit.examples("lenet5", "c1:0", images=iter([torch.zeros(1, 1, 32, 32)]))


@pytest.mark.slow
def test_ten_thousand_images_in_flat_memory_are_ranked_as_a_sort_ranks_them(
    tmp_path: Path,
) -> None:
    import resource

    class Made:
        """Gray squares whose brightness is drawn by number; of 10,000 many are equal."""

        def __init__(self, count: int) -> None:
            self.count = count

        def __len__(self) -> int:
            return self.count

        def __getitem__(self, number: int) -> np.ndarray:
            return np.full((12, 12), random.Random(number).randrange(256) / 255)

    network = corner_network()

    def peak(count: int) -> int:
        images = DatasetImages(Made(count), network.preprocessing)
        collect(network, "0:0", images=images, file=tmp_path / f"{count}")
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = peak(1000)
    images = DatasetImages(Made(10_000), network.preprocessing)
    found = vizkit.examples(network, "0:0", images=images, top=9)[0]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024, "KiB"
    shades = [random.Random(number).randrange(256) for number in range(10_000)]
    best = sorted(range(10_000), key=lambda number: (-shades[number], number))[:9]
    worst = sorted(range(10_000), key=lambda number: (shades[number], number))[:9]
    assert [each.number for each in found.of_kind("top")] == best
    assert [each.number for each in found.of_kind("bottom")] == worst
