"""The command and its faces; the numbers come from closed forms and from running the networks."""

from __future__ import annotations

import csv
import io
import json

import pytest
from PIL import Image

from tests.cli.conftest import Terminal

KEYS = {
    *("name", "aliases", "op", "call", "shape", "size", "stride", "padding", "center", "status"),
    *("groups", "interior", "share", "parameters", "multiply_adds"),
}

NET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.wide = nn.Conv2d(4, 2, (5, 1), dilation=2)
        self.mix = Mix()

    def forward(self, x):
        return self.mix(self.wide(self.stem(x)))


class Mix(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(2, 3, 1)
        self.b = nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x):
        return torch.cat([self.a(x), self.b(x)], 1)


class Clamp(nn.Module):
    def forward(self, x):
        return torch.where(x > 0, x, 0.0)


def make():
    return Net()


def swallowing():
    return nn.Sequential(nn.Conv2d(1, 2, 3), Clamp(), nn.Conv2d(2, 2, 3))


def dilated():
    return nn.Sequential(nn.Conv2d(1, 1, 3, dilation=2), nn.Conv2d(1, 1, 2))


class Functional(nn.Module):
    def forward(self, x):
        return x.relu()


def functional():
    return Functional()


def deciding():
    class Decides(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    return Decides()
"""


@pytest.fixture
def net(tmp_path) -> str:
    path = tmp_path / "net.py"
    path.write_text(NET)
    return str(path)


def rows(out: str) -> dict[str, list[str]]:
    """Cells of a table's lines by the first of them."""
    table = out.split("\n\n")[1].splitlines()
    return {line.split()[0]: line.split() for line in table if not line.startswith(" ")}


def test_the_table_shows_blocks_and_folds_what_repeats(vizkit: Terminal) -> None:
    done = vizkit("rf", "googlenet")
    assert (done.code, done.err) == (0, "")
    shown = rows(done.out)
    modules = ("conv1", "maxpool1", "conv2", "conv3", "maxpool2", "inception3a", "inception3b")
    assert tuple(shown)[1:8] == modules
    assert len(shown) == 1 + 18
    # From Szegedy et al.: 7x7/2, 3x3/2, ... by the recurrence r += (k - 1) * stride.
    r = 1 + 6 + 2 * 2 + 2 * 4 + 2 * 4 + 2 * 8
    assert shown["inception3a"][1:] == [
        *("(3a)", "Inception", "256", "x", "28", "x", "28", str(r), "8", "15", "6", "3.7", "%"),
        *("155,872", "121,626,624"),
    ]
    lines = done.out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("inception3a"))
    assert lines[at + 1].split() == ["channels", "0-63", "27"]
    assert lines[at + 2].split() == ["channels", "64-255", "43"]
    assert shown["avgpool"][-1] == "whole"
    assert "6,624,904 parameters" in done.out
    assert "285 of 303 rows are folded" in done.out and "All: --all" in done.out


def test_all_shows_every_row(vizkit: Terminal) -> None:
    done = vizkit("rf", "resnet50", "--all")
    assert "layer1.0.relu, call 3  ReLU" in done.out
    assert "folded" not in done.out
    record = json.loads(vizkit("rf", "resnet50", "--json").out)
    assert len(done.out.split("\n\n")[1].splitlines()) == 1 + len(record["layers"])


def test_json_is_as_agreed(vizkit: Terminal) -> None:
    record = json.loads(vizkit("rf", "googlenet@distilled", "--layers", "4c,logits", "--json").out)
    assert record["network"] == "googlenet"
    tagged = json.loads(vizkit("rf", "lenet5@random", "--json").out)
    assert tagged["network"] == "lenet5"  # fields are of the architecture
    assert record["input"] == [224, 224]
    block, logits = record["layers"]
    assert set(block) == set(logits) == KEYS
    assert block["name"] == "inception4c" and block["aliases"] == ["4c"]
    assert block["shape"] == [512, 14, 14]
    assert (block["size"], block["stride"], block["padding"]) == ([171] * 2, [16] * 2, [71] * 2)
    assert block["groups"] == [
        {"channels": "0-127", "size": [139, 139]},
        {"channels": "128-511", "size": [171, 171]},
    ]
    assert block["interior"] == {"rows": [5, 7], "cols": [5, 7]}
    assert (logits["status"], logits["size"], logits["stride"]) == ("whole", [224, 224], None)
    assert logits["interior"] == {"rows": None, "cols": None}


def test_json_has_containers_and_functions_but_not_the_network(vizkit: Terminal, net: str) -> None:
    record = json.loads(vizkit("rf", f"{net}:make", "--input", "1x20x16", "--json").out)
    names = [row["name"] for row in record["layers"]]
    assert names == [
        *("stem.0", "stem.1", "stem.2", "stem", "wide", "mix.a", "mix.b", "mix.cat", "mix")
    ]
    wide = record["layers"][4]
    assert (wide["size"], wide["padding"], wide["center"]) == ([11, 3], [1, 1], [4.0, 0.0])
    assert record["input"] == [20, 16]


def test_csv_has_the_same_numbers(vizkit: Terminal) -> None:
    table = list(csv.DictReader(io.StringIO(vizkit("rf", "alexnet", "--csv").out)))
    record = json.loads(vizkit("rf", "alexnet", "--json").out)
    assert [row["name"] for row in table] == [row["name"] for row in record["layers"]]
    for flat, row in zip(table, record["layers"], strict=True):
        for key in ("size", "stride", "padding", "center"):
            pair = row[key] or [None, None]
            found = [flat[f"{key}_y"], flat[f"{key}_x"]]
            assert found == ["" if side is None else str(side) for side in pair]
        assert int(flat["multiply_adds"]) == row["multiply_adds"]


def test_a_unit_at_the_border(vizkit: Terminal) -> None:
    asked = ("rf", "alexnet", "--unit", "conv5:0@0,6")
    unit = json.loads(vizkit(*asked, "--layers", "conv5", "--json").out)["unit"]
    assert unit["box"] == [-66, 6 * 16 - 66, 96, 6 * 16 + 96]
    assert unit["clipped"] == [0, 30, 96, 192]
    assert unit["visible"] == pytest.approx(97 / 163)
    assert (unit["layer"], unit["channel"], unit["position"]) == ("features.10", 0, [0, 6])
    text = vizkit(*asked).out.splitlines()
    assert text[0] == "alexnet/features.10:0@0,6"
    assert text[1].split()[:4] == ["sees", "rows", "-66", "to"]
    assert text[2].endswith("59.5 % of that")


def test_a_field_with_holes_says_so(vizkit: Terminal, net: str) -> None:
    asked = ("rf", f"{net}:dilated", "--input", "1x9x9", "--unit")
    assert "It reads 36.0 % of what is inside" in vizkit(*asked, "0:0@2,2").out
    assert "It reads" not in vizkit(*asked, "1:0@2,2").out  # its taps fill the gaps


def test_between_two_layers(vizkit: Terminal) -> None:
    done = vizkit("rf", "alexnet", "--to", "pool2", "--json")
    record = json.loads(done.out)
    assert record["to"] == "features.5"
    conv5 = next(row for row in record["layers"] if "conv5" in row["aliases"])
    assert (conv5["size"], conv5["stride"], conv5["padding"]) == ([7, 7], [1, 1], [3, 3])
    shown = rows(vizkit("rf", "alexnet", "--to", "pool2").out)
    assert "features.3" not in shown and "features.6" in shown


def test_a_figure_of_several_networks(vizkit: Terminal, tmp_path) -> None:
    path = tmp_path / "growth.png"
    done = vizkit("rf", "lenet5", "alexnet", "--plot", path)
    assert (done.code, done.out) == (0, "")
    assert str(path) in done.err
    with Image.open(path) as image:
        assert image.width > 1000


def test_several_networks_one_after_the_other(vizkit: Terminal) -> None:
    one, other = (vizkit("rf", name) for name in ("lenet5", "alexnet"))
    assert vizkit("rf", "lenet5", "alexnet").out == f"{one.out}\n{other.out}"
    records = json.loads(vizkit("rf", "lenet5", "alexnet", "--json").out)
    assert [record["network"] for record in records] == ["lenet5", "alexnet"]
    assert records[1] == json.loads(vizkit("rf", "alexnet", "--json").out)


def test_a_page(vizkit: Terminal, tmp_path) -> None:
    path = tmp_path / "lenet5.html"
    assert vizkit("rf", "lenet5", "--html", path).code == 0
    assert path.read_text().startswith("<!doctype html>")


def test_the_certificate_covers_every_module(vizkit: Terminal, net: str) -> None:
    asked = ("rf", f"{net}:make", "--input", "1x14x10", "--verify")
    done = vizkit(*asked, "--json")
    assert done.code == 0
    assert "half-planes" in done.err
    found = json.loads(done.out)["certificate"]
    assert found["agree"] and found["agreeing"] == found["units"] and not found["not_compared"]
    units = {each["name"]: each["units"] for each in found["layers"]}
    assert units["wide"] == 2 * 6 * 10 and units[""] == 5 * 6 * 10
    text = vizkit(*asked, "--quiet")
    assert text.err == ""
    assert f"VERIFIED: {found['units']:,} of {found['units']:,} units in 9 outputs" in text.out


def test_what_swallows_nan_is_listed(vizkit: Terminal, net: str) -> None:
    done = vizkit("rf", f"{net}:swallowing", "--input", "1x12x12", "--verify", "--quiet")
    assert done.code == 0
    assert "aten.where in 1" in done.out
    assert [line.split()[-1] for line in done.out.splitlines()[1:4]] == ["NaN", *["gradient"] * 2]


def test_a_wrong_number_is_found(vizkit: Terminal, monkeypatch) -> None:
    from vizkit.receptive_fields import verification

    right = verification.boxes

    def shifted(row):
        found = right(row)
        if row.name != "c3":
            return found
        return type(found)(found.top + 1, found.left, found.bottom, found.right)

    monkeypatch.setattr(verification, "boxes", shifted)
    done = vizkit("rf", "lenet5", "--verify", "--quiet")
    assert done.code == 1
    assert "\nc3: unit (0, 0, 0): top 1 expected, but rows up to 0 reach it" in done.out
    assert "NOT VERIFIED: 8,104 of 9,704" in done.out


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("googelnet", "Did you mean 'googlenet'"),
        ("googlenet --layers inception4z", "Did you mean 'inception4e'"),
        ("googlenet --unit inception4c:1@30,3", "Give y,x from 0,0 to 13,13"),
        ("googlenet --unit inception4c:512@3,3", "it has 512, from 0 to 511"),
        ("googlenet --to fc", "Name a layer before it"),
        ("googlenet --input 8", "the image is too small"),
        ("googlenet --input 1x2x3x4", "write 224, 96x128 or 1x28x28"),
        ("googlenet --input 1x", "'1x' is not a size; write 224, 96x128 or 1x28x28"),
        ("alexnet --input 5x96x96", "alexnet takes 3 channels, not 5"),
        ("googlenet --laers conv1", "vizkit rf: --laers is not known. Did you mean '--layers'"),
        (
            "googlenet alexnet --csv",
            "  --csv is of one network. Give one, or leave it out.",
        ),
        ("googlenet alexnet --plot x.png --unit conv1:0", "--unit is of one network"),
        ("googlenet --plot x.txt", "ends in .png, .pdf, .svg"),
        ("googlenet --json --csv", "Leave one of them out"),
        ("googlenet --csv --verify", "Take --json"),
        ("NET:deciding --input 1x8x8", "decision that depends on the values of the image"),
    ],
)
def test_mistakes(vizkit: Terminal, net: str, command: str, message: str) -> None:
    done = vizkit("rf", *command.replace("NET", net).split())
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_the_title_names_the_weights_that_were_asked_for(vizkit: Terminal) -> None:
    assert vizkit("rf", "vgg16@hed").out.startswith("vgg16@hed at 224 x 224\n")
    asked = ("rf", "vgg16@hed", "--unit", "conv1_1:0@0,0")
    assert vizkit(*asked).out.startswith("vgg16@hed/")
    assert json.loads(vizkit(*asked, "--json").out)["network"] == "vgg16"


def test_a_network_of_functions_alone_shows_its_rows(vizkit: Terminal, net: str) -> None:
    done = vizkit("rf", f"{net}:functional", "--input", "1x6x6")
    assert list(rows(done.out))[1:] == ["relu"]
    assert "folded" not in done.out
