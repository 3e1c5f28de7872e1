import argparse
import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from vizkit.cli import activations
from vizkit.errors import LayerNotFoundError, UsageError
from vizkit.networks.load import load

FACTORY = """
import torch
from torch import nn
import vizkit

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        return self.fc(self.relu(self.conv(x)).mean((2, 3)))

def make():
    net = Net()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=generator))
    plain = vizkit.Preprocessing((0.5, 0.4, 0.3), (0.2, 0.2, 0.2), (12, 10))
    return vizkit.load(net, preprocessing=plain, classes=["cat", "dog", "fox"])
"""


@pytest.fixture
def source(tmp_path):
    (tmp_path / "net.py").write_text(FACTORY)
    return f"{tmp_path / 'net.py'}:make"


@pytest.fixture
def photo(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png", pixels


def run(arguments, capsys):
    parser = argparse.ArgumentParser()
    activations.add_flags(parser)
    assert activations.run(parser.parse_args(list(map(str, arguments)))) == 0
    return capsys.readouterr()


def expected_maps(source, pixels):
    """Responses by plain operations: normalize, convolve, rectify."""
    module = load(source).module
    image = torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]
    mean, std = torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1), 0.2
    maps = module.conv((image - mean) / std).relu()
    return maps[0].detach(), functional.softmax(module.fc(maps.mean((2, 3)))[0], 0).detach()


def test_json_has_the_strongest_channels_and_the_best_classes(source, photo, capsys):
    path, pixels = photo
    record = json.loads(run([path, source, "--json", "--top", 3], capsys).out)
    maps, probabilities = expected_maps(source, pixels)
    (layer,) = record["layers"]
    assert layer["name"] == "conv"
    order = maps.mean((1, 2)).argsort(descending=True)[:3].tolist()
    assert [found["channel"] for found in layer["channels"]] == order
    for found in layer["channels"]:
        own = maps[found["channel"]]
        assert found["mean"] == pytest.approx(own.mean().item(), rel=1e-4)
        assert found["max"] == pytest.approx(own.max().item(), rel=1e-4)
        assert found["positive"] == pytest.approx((own > 0).float().mean().item())
        assert found["branch"] is None
    best = probabilities.argsort(descending=True)
    names = ["cat", "dog", "fox"]
    assert [score["name"] for score in record["classes"]] == [names[i] for i in best]
    for score in record["classes"]:
        assert score["probability"] == pytest.approx(probabilities[score["channel"]].item(), 1e-4)


def test_table_prints_addresses_that_can_be_copied(source, photo, capsys):
    output = run([photo[0], source, "--layers", "conv,logits", "--top", 1], capsys)
    lines = output.out.splitlines()
    assert lines[0].split() == ["ADDRESS", "MEAN", "MAX", "POSITIVE", "BRANCH"]
    assert lines[1].split()[0].startswith(f"{source}@own/conv:")
    assert lines[2].split()[0].startswith(f"{source}@own/logits:")
    assert lines[4].split() == ["CLASS", "NAME", "PROBABILITY"]


def test_out_writes_the_record_and_one_picture_a_layer(source, photo, capsys, tmp_path):
    folder = tmp_path / "new" / "out"
    output = run([photo[0], source, "--json", "--top", 2, "--out", folder], capsys)
    assert sorted(path.name for path in folder.iterdir()) == ["activations.json", "conv.png"]
    assert json.loads((folder / "activations.json").read_text()) == json.loads(output.out)
    strip = np.asarray(Image.open(folder / "conv.png"))
    maps, _ = expected_maps(source, photo[1])
    first, second = maps[maps.mean((1, 2)).argsort(descending=True)[:2]]
    peak = max(first.max(), second.max())
    # 12 x 10 pixels would be too small to see: 13 times as large, 10 are more than 128.
    assert strip.shape == (13 * 12, 13 * 3 * 10 + 2 * 4, 3)
    tiles = [strip[:, start : start + 130] for start in (0, 134, 268)]
    for tile in tiles:
        np.testing.assert_array_equal(tile, np.kron(tile[::13, ::13], np.ones((13, 13, 1))))
    np.testing.assert_array_equal(tiles[0][::13, ::13], photo[1])
    np.testing.assert_allclose(tiles[1][::13, ::13, 0], (first / peak * 255).round(), atol=1)
    np.testing.assert_allclose(tiles[2][::13, ::13, 0], (second / peak * 255).round(), atol=1)


def test_plot_draws_the_volumes(source, photo, capsys, tmp_path):
    path = tmp_path / "new" / "volumes.png"
    output = run([photo[0], source, "--top", 2, "--plot", path], capsys)
    assert output.err == f"Wrote {path}\n"
    with Image.open(path) as figure:
        assert figure.width > figure.height > 300
    assert not run([photo[0], source, "--quiet", "--plot", path], capsys).err
    with pytest.raises(UsageError, match=r"'volumes\.txt' is no figure"):
        run([photo[0], source, "--plot", "volumes.txt"], capsys)


def test_random_weights_are_said_to_be_random(photo, capsys):
    said = "lenet5@random: RANDOM WEIGHTS, never trained\n"
    asked = [photo[0], "lenet5@random", "--layers", "C1", "--top", 1]
    output = run(asked, capsys)
    assert output.out.endswith(said) and not output.err
    assert "lenet5@random/c1:" in output.out
    output = run([*asked, "--json"], capsys)
    assert json.loads(output.out)["random"] and output.err == said


def test_mistakes(source, photo, capsys, tmp_path):
    with pytest.raises(LayerNotFoundError, match="'konv' is not a layer"):
        run([photo[0], source, "--layers", "konv"], capsys)
    with pytest.raises(UsageError, match="does not exist"):
        run([tmp_path / "none.png", source], capsys)
