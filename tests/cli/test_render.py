"""``vizkit render``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vizkit as library
from tests.cli.conftest import Terminal
from vizkit import Recipe
from vizkit.rendering import Renderer
from vizkit.rendering.job import Job

QUICK = ("--steps", 2, "--dtype", "float32")


def strict(text: str) -> Any:
    """JSON as its standard has it, without NaN and Infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_json_has_exactly_the_agreed_fields_in_the_order_asked(vizkit: Terminal) -> None:
    done = vizkit(
        "render", "lenet5@random/c3:5,1", "lenet5@random/c1:0", *QUICK, "--seed", 3, "--json"
    )
    assert done.code == 0
    rows = strict(done.out)
    assert [row["address"] for row in rows] == [
        "lenet5@random/c3:5",
        "lenet5@random/c3:1",
        "lenet5@random/c1:0",
    ]
    for row in rows:
        assert list(row) == [
            *("address", "objective", "initial", "final", "peak", "dead", "seed", "steps"),
            *("canvas", "canvas_size", "wall_s", "file", "scorecard"),
        ]
        assert (row["seed"], row["steps"], row["canvas_size"]) == (3, 2, [32, 32])
        assert row["file"] is None and row["scorecard"] is None
        assert isinstance(row["dead"], bool)
        assert row["wall_s"] > 0


def test_the_numbers_are_the_librarys(vizkit: Terminal) -> None:
    (row,) = strict(vizkit("render", "lenet5@random/c3:5", *QUICK, "--json").out)
    recipe = Recipe(steps=2, dtype="float32")
    (picture,) = library.render("lenet5@random/c3:5", recipe=recipe)
    assert (row["initial"], row["final"]) == (picture.initial, picture.final)


def test_pictures_are_written_where_asked_and_only_there(
    vizkit: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert vizkit("render", "lenet5@random/c1:0", *QUICK).code == 0
    assert list(tmp_path.iterdir()) == []
    done = vizkit("render", "lenet5@random/c1:0-1@", "--out", "x")
    assert done.code == 2 and list(tmp_path.iterdir()) == []
    done = vizkit(
        "render", "lenet5@random/c1:0-1", *QUICK, "--size", "24x36", "--out", "new", "--json"
    )
    rows = strict(done.out)
    assert [row["file"] for row in rows] == [
        "new/lenet5~arandom~sc1~c0.png",
        "new/lenet5~arandom~sc1~c1.png",
    ]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        Path(row["file"]).name for row in rows
    ]
    with Image.open(rows[0]["file"]) as file:
        assert file.size == (36, 24)


def test_the_file_is_the_picture(vizkit: Terminal, tmp_path: Path) -> None:
    assert vizkit("render", "lenet5@random/c1:2", *QUICK, "--out", tmp_path).code == 0
    (picture,) = library.render("lenet5@random/c1:2", recipe=Recipe(steps=2, dtype="float32"))
    (path,) = tmp_path.iterdir()
    expected = np.round(picture.image[0].numpy() * 255)
    with Image.open(path) as file:
        np.testing.assert_array_equal(np.asarray(file), expected)
        assert file.info["Title"] == "lenet5@random/c1:2"
        assert "RANDOM WEIGHTS" in file.info["Comment"]


def test_a_transparent_picture_is_a_file_with_alpha(vizkit: Terminal, tmp_path: Path) -> None:
    flags = ("--alpha", "--canvas", "corridor(2)", "--json", "--out", tmp_path)
    (row,) = strict(vizkit("render", "lenet5@random/c1:2", *QUICK, *flags).out)
    assert row["canvas"] == "corridor(2)"
    recipe = Recipe(steps=2, dtype="float32", canvas="corridor(2)", alpha=True)
    (picture,) = library.render("lenet5@random/c1:2", recipe=recipe)
    assert row["final"] == picture.final and picture.alpha is not None
    with Image.open(row["file"]) as file:
        assert file.mode == "RGBA"
        expected = np.round(picture.alpha.numpy() * 255)
        np.testing.assert_array_equal(np.asarray(file)[..., 3], expected)


def test_talk_goes_to_stderr_and_can_be_silenced(vizkit: Terminal) -> None:
    done = vizkit("render", "lenet5@random/c1:0", *QUICK)
    assert done.out.startswith("lenet5@random/c1:0  ") and "RANDOM WEIGHTS" in done.out
    assert "100 %   0:00 left  lenet5@random/c1:0" in done.err
    assert vizkit("render", "lenet5@random/c1:0", *QUICK, "--quiet").err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet/c1:0"], "Did you mean 'lenet5'"),
        (["lenet5@randon/c1:0"], "Did you mean 'random'"),
        (["lenet5@random/c4:0"], "'c4' is not a layer of lenet5"),
        (["lenet5@random/c1:6"], "channel 6 is not in c1 of lenet5"),
        (["lenet5@random/c1:0@40,0"], "position 40,0 is outside of the map"),
        (["lenet5@random/f6:0@0,0"], "Leave the position away"),
        (['lenet5/logits:"cat"'], "'cat' is not one of the 10 classes"),
        (["lenet5"], "is not an address: it has no '/'"),
        (["lenet5@random/c1"], "it has no ':' between layer and channels"),
        (["lenet5@random/c1:5-2"], "runs backwards"),
        (["lenet5@random/c1:0", "lenet5@random/c1:99"], "channel 99 is not in c1"),
        (["lenet5@random/c1:0", "--size", "0"], "'0' is not a whole number above zero"),
        (["lenet5@random/c1:0", "--size", "5000"], "out of range"),
        (["lenet5@random/c1:0", "--size", "2x3x4"], "write 112 or 96x128"),
        (
            ["lenet5@random/c3:0", "--size", "4"],
            "cannot be computed from a picture of 4 x 4 pixels",
        ),
        (["lenet5@random/c1:0", "--steps", "0"], "'0' is not a whole number above zero"),
        (["lenet5@random/c1:0", "--steps", "many"], "'many' is not a whole number above zero"),
        (["lenet5@random/c1:0", "--steps", "999999"], "steps=999999 is out of range"),
        (["lenet5@random/c1:0", "--block-size", "3"], "3 is not known"),
        (["lenet5@random/c1:0", "--dtype", "float31"], "Did you mean 'float32'"),
        (["lenet5@random/c1:0", "--objective", "neurn"], "Did you mean 'neuron'"),
        (["lenet5@random/c1:0", "--seed", "x"], "invalid int value: 'x'"),
        ([], "the following arguments are required: ADDRESS"),
    ],
)
def test_mistakes_exit_with_2_and_a_sentence(
    vizkit: Terminal, arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = vizkit("render", *arguments, "--out", tmp_path / "out")
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert not (tmp_path / "out").exists()


def test_the_negative_of_a_unit_is_named_by_its_text(vizkit: Terminal) -> None:
    done = vizkit("render", "lenet5@random", "--objective=-c3:1", *QUICK, "--json")
    (row,) = strict(done.out)
    assert (row["objective"], row["address"]) == ("-c3:1", "lenet5@random/-c3:1")
    assert row["final"] > row["initial"]


def test_missing_devices_and_weights_exit_with_3(vizkit: Terminal, tmp_path: Path) -> None:
    done = vizkit("render", "lenet5@random/c1:0", "--device", "cuda:99")
    assert done.code == 3 and "'cuda:99' is not a device of this machine" in done.err
    done = vizkit("render", "lenet5@random/c1:0", "--weights", tmp_path / "none.safetensors")
    assert done.code == 3


def test_out_must_be_a_folder(vizkit: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    done = vizkit("render", "lenet5@random/c1:0", *QUICK, "--out", path)
    assert done.code == 2 and "is a file.\n  Give a folder." in done.err
    assert path.read_text() == "mine"


def test_two_spellings_of_a_network_are_rendered_once(
    vizkit: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[str] = []
    render = Renderer.render

    def counting(self: Renderer, job: Job, *options: Any) -> Any:
        rendered.extend(map(str, job.units))
        return render(self, job, *options)

    monkeypatch.setattr(Renderer, "render", counting)
    done = vizkit("render", "lenet5@random/c1:0", "lenet5@random/c1:1", *QUICK, "--json")
    assert [row["address"] for row in strict(done.out)] == [
        "lenet5@random/c1:0",
        "lenet5@random/c1:1",
    ]
    assert rendered == ["lenet5@random/c1:0", "lenet5@random/c1:1"]


def test_a_unit_that_fails_is_listed_and_the_others_are_done(
    vizkit: Terminal, overflowing: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    address = f"{overflowing}/0:0-3"
    done = vizkit("render", address, *QUICK, "--out", out, "--json", "--quiet")
    assert done.code == 1
    assert f"failed: {overflowing}@own/0:1: the response is not finite" in done.err
    rows = strict(done.out)
    assert [row["file"] is None for row in rows] == [False, True, False, False]
    assert rows[1]["final"] is None and "not finite" in rows[1]["error"]
    assert all("error" not in row for row in (rows[0], rows[2], rows[3]))
    assert len(list(out.iterdir())) == 3


def test_a_block_that_fails_takes_nothing_from_the_others(vizkit: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        "import torch, vizkit\n"
        "class Hungry(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        if x.requires_grad:\n"
        "            raise torch.OutOfMemoryError('out of memory')\n"
        "        return x\n"
        "def make():\n"
        "    conv = torch.nn.Conv2d\n"
        "    net = torch.nn.Sequential(conv(1, 2, 3), Hungry(), conv(2, 2, 3)).eval()\n"
        "    p = vizkit.Preprocessing((0.5,), (0.25,), (16, 16))\n"
        "    return vizkit.load(net, preprocessing=p)\n"
    )
    out = tmp_path / "out"
    units = [f"{path}:make/{unit}" for unit in ("2:1", "0:0-1")]
    done = vizkit("render", *units, *QUICK, "--out", out, "--json", "--quiet")
    assert done.code == 1
    assert "/2:1: 1 canvases of 16 x 16 pixels do not fit the memory" in done.err
    rows = strict(done.out)
    assert [row["file"] is None for row in rows] == [True, False, False]
    assert rows[0]["final"] is None and not rows[0]["dead"]
    assert len(list(out.iterdir())) == 2


def test_dead_units_are_no_failure(vizkit: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        "import torch, vizkit\n"
        "def make():\n"
        "    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU())\n"
        "    torch.nn.init.constant_(net[0].bias, -1e6)\n"
        "    p = vizkit.Preprocessing((0.5,), (0.25,), (16, 16))\n"
        "    return vizkit.load(net.eval(), preprocessing=p)\n"
    )
    done = vizkit("render", f"{path}:make/0:0-1", *QUICK, "--json")
    assert done.code == 0
    assert [row["dead"] for row in strict(done.out)] == [True, True]


def test_several_networks_in_one_command_come_in_the_order_asked(
    vizkit: Terminal, overflowing: str
) -> None:
    addresses = (
        "lenet5@random/c3:0",
        f"{overflowing}/0:2",
        "lenet5@random/c1:1",
        "lenet5@random/c3:0",
    )
    done = vizkit("render", *addresses, *QUICK, "--json")
    assert [row["address"] for row in strict(done.out)] == [
        "lenet5@random/c3:0",
        f"{overflowing}@own/0:2",
        "lenet5@random/c1:1",
        "lenet5@random/c3:0",
    ]


def test_weights_from_a_file_go_with_one_network(vizkit: Terminal, tmp_path: Path) -> None:
    done = vizkit(
        "render", "lenet5@random/c1:0", "alexnet/features.0:1", "--weights", tmp_path / "w.pth"
    )
    assert done.code == 2 and "addresses of one network only" in done.err


def test_a_scorecard_has_the_agreed_fields(vizkit: Terminal) -> None:
    done = vizkit(
        "render", "lenet5@random/c3:5", *QUICK, "--scorecard", "--images", "digits", "--json"
    )
    card = strict(done.out)[0]["scorecard"]
    assert set(card) == {
        *("activation_ratio", "photographs", "robustness", "spectrum", "path", "batchnorm"),
        *("inside_field", "identification", "cost_s"),
    }
    assert set(card["robustness"]) == {
        *("jpeg50", "blur", "half", "shift", "crop", "hue", "contrast", "noise")
    }
    assert set(card["spectrum"]) == {"slope", "distance", "high", "orientation"}
    assert card["batchnorm"] is None and card["robustness"]["hue"] is None
    assert card["photographs"] == 40


def test_a_scorecard_in_words_stands_under_its_picture(vizkit: Terminal) -> None:
    done = vizkit("render", "lenet5/c3:5", *QUICK, "--scorecard", "--images", "digits")
    assert done.out.splitlines()[0].startswith("lenet5@digits/c3:5")
    assert "  robustness.blur" in done.out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("lenet5/c3:5", "--images", "digits"), "--images goes with --scorecard"),
        (("lenet5", "--objective", "c3:5", "--scorecard"), "Give addresses, without --negative"),
    ],
)
def test_flags_of_the_scorecard_that_do_not_go_together(
    vizkit: Terminal, flags: tuple[str, ...], said: str
) -> None:
    done = vizkit("render", *flags)
    assert done.code == 2 and said in done.err
