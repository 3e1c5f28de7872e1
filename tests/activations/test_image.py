"""What an image leaves in a network: sizes, words, which channels are shown, and the face."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

import vizkit
from tests.nets import seeded
from vizkit.activations import image_activations
from vizkit.activations.kinds import kind_of
from vizkit.errors import LayerNotFoundError
from vizkit.images.picture import as_picture


@pytest.fixture(scope="module")
def network() -> vizkit.Network:
    module = nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(5, 4, 3),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )
    own = vizkit.Preprocessing(mean=(0.0,) * 3, std=(1.0,) * 3, input_size=(12, 12))
    return vizkit.load(seeded(module), name="tiny", preprocessing=own)


def test_sizes_maps_and_channels(network):
    image = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    names = [str(number) for number in (0, 1, 2, 3, 4, 6)]
    columns = image_activations(network, names, image=image, channels=2).layers
    assert [each.shape for each in columns] == [
        *((5, 12, 12), (5, 12, 12), (5, 6, 6), (4, 4, 4), (4, 1, 1), (3,)),
    ]
    assert [each.activations for each in columns] == [720, 720, 180, 64, 4, 3]
    assert [each.kept for each in columns] == [False, True, True, False, True, False]
    assert [each.kind for each in columns] == ["conv", "relu", "pool", "conv", "pool", "fc"]
    outputs, at = [], image
    for module in network.module:
        at = module(at)
        outputs.append(at[0].detach())
    # The last layer with positions decides for its group.
    for deciding, group in ((2, columns[:3]), (3, columns[3:5])):
        spread = [float(each.double().std()) for each in outputs[deciding]]
        best = sorted(range(len(spread)), key=lambda c: -spread[c])[:2]
        for each in group:
            assert each.channels == tuple(best)
            expected = outputs[int(each.layer)][best]
            torch.testing.assert_close(each.maps, expected)
    logits = outputs[-1]
    assert columns[-1].channels == tuple(logits.argsort(descending=True)[:2].tolist())
    assert columns[-1].maps.flatten().tolist() == sorted(logits.tolist(), reverse=True)[:2]


def test_a_line_a_table_and_plain_numbers(network, tmp_path):
    image = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    seen = image_activations(network, ["0", "3"], image=image, channels=2)
    assert repr(seen) == "<ImageActivations of an image in 2 layers of tiny@own>"
    record = json.loads(json.dumps(seen.as_dict()))
    maps = network.module[:2](image)[0]
    best = maps.mean((1, 2)).argsort(descending=True)[:2].tolist()
    assert [each["channel"] for each in record["layers"][0]["channels"]] == best
    assert (record["image"], record["random"]) == (None, False)
    assert seen["3"] is seen.layers[1]
    with pytest.raises(LayerNotFoundError, match="'4' is not one of these"):
        seen["4"]
    assert str(seen).splitlines()[1].startswith(f"tiny@own/0:{best[0]} ")
    seen.save(tmp_path)
    assert json.loads((tmp_path / "activations.json").read_text()) == record


def test_a_photograph_a_name_and_random_weights(tmp_path):
    path = tmp_path / "bright.png"
    as_picture(torch.full((1, 40, 40), 0.5)).save(path)
    seen = image_activations("lenet5@random", image=path)
    assert repr(seen).endswith("lenet5@random, RANDOM WEIGHTS>")
    assert "bright.png in " in repr(seen)
    assert seen.image.shape == (1, 32, 32)
    assert [layer.layer for layer in seen.layers] == list(vizkit.load("lenet5").default_layers())


def test_words_for_modules():
    block = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU(), nn.Conv2d(1, 1, 3))
    unit = nn.Sequential(nn.Conv2d(1, 1, 3), nn.BatchNorm2d(1), nn.SiLU())
    own = type("Strange", (nn.Module,), {})()
    words = {
        block: "block",
        unit: "conv, norm, silu",
        nn.Linear(1, 1): "fc",
        nn.Dropout(): "dropout",
        own: "strange",
    }
    assert {kind_of(module) for module in words} == set(words.values())
    assert all(kind_of(module) == word for module, word in words.items())
