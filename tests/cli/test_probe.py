"""``vizkit probe``: JSON as promised, words for what goes wrong."""

import json

import numpy as np
import pytest
from PIL import Image

KEYS = ["address", "family", "parameter", "response", "low", "high", "peak", "width", "floor"]


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for number, mode in enumerate(("RGB", "L", "RGB")):
        shape = (40, 32, 3) if mode == "RGB" else (32, 50)
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"


def test_json_has_a_record_for_each_unit_and_family(vizkit, folder):
    done = vizkit(
        *("probe", "lenet5@random/c3:2,0", "lenet5@random/logits:1", "--json", "--quiet"),
        *("--sweep", "rotation,brightness", "--images", folder),
    )
    assert done.code == 0
    records = json.loads(done.out)
    names = ["lenet5@random/c3:2", "lenet5@random/c3:0", "lenet5@random/logits:1"]
    assert [each["address"] for each in records] == [name for name in names for _ in range(2)]
    assert [each["family"] for each in records] == ["rotation", "brightness"] * 3
    for each in records:
        assert list(each) == [*KEYS, "images", "status", "unit", "sigma", "scores"]
        count = len(each["parameter"])
        assert {len(each[key]) for key in ("response", "low", "high", "sigma")} == {count}
        assert each["scores"]["peak"]["value"] == each["peak"]
        assert set(each["scores"]["selectivity"]) == {"value", "low", "high", "floor"}
        assert each["images"] == 3
    assert done.err == "lenet5@random: RANDOM WEIGHTS, never trained\n"


def test_values_include_both_ends_but_not_twice_the_same_angle(vizkit, folder):
    asked = ("probe", "lenet5@random/c1:0", "--json", "--quiet", "--images", folder)
    turned = json.loads(vizkit(*asked, "--values", "0:360:4").out)
    assert turned[0]["parameter"] == [0, 90, 180, 270]
    moved = json.loads(vizkit(*asked, "--sweep", "shift_x", "--values=-4:4:5").out)
    assert moved[0]["parameter"] == [-4, -2, 0, 2, 4]


def test_table_and_figure(vizkit, folder, tmp_path):
    figure = tmp_path / "new" / "curves.png"
    done = vizkit(
        "probe", "lenet5@random/c1:0-1", "--images", folder, "--values", "0:360:8", "--plot", figure
    )
    lines = done.out.splitlines()
    assert lines[0].split()[:3] == ["ADDRESS", "SWEEP", "PEAK"] and len(lines) == 4
    assert lines[3] == "lenet5@random: RANDOM WEIGHTS, never trained"
    assert "lenet5@random: 24 forward passes of 3 images served 2 units." in done.err
    with Image.open(figure) as image:
        assert min(image.size) > 300


def test_broken_files_are_counted_and_named(vizkit, folder):
    (folder / "broken.jpg").write_bytes(b"no picture")
    done = vizkit("probe", "lenet5@random/c1:0", "--images", folder, "--values", "0:90:2", "--json")
    assert done.code == 0 and json.loads(done.out)[0]["images"] == 3
    assert "1 file skipped:\n  broken.jpg: " in done.err


def test_names_of_files_cannot_write_to_the_terminal(vizkit, folder):
    (folder / "a\n\x1b[2J.png").write_bytes(b"no picture")
    asked = ("probe", "lenet5@random/c1:0", "--images", folder, "--values", "0:90:2")
    said = vizkit(*asked, "--json").err
    assert "\x1b" not in said and r"'a\n\x1b[2J.png': " in said
    assert said.count("its format is not known.") == 1


@pytest.mark.parametrize(
    ("holds", "message"),
    [((), "holds no files"), (("notes.txt", "more.txt"), "none of the 2 files")],
)
def test_folders_without_pictures(vizkit, tmp_path, holds, message):
    for name in holds:
        (tmp_path / name).write_text("no picture")
    done = vizkit("probe", "lenet5@random/c1:0", "--images", tmp_path, "--values", "0:90:2")
    assert done.code == 2 and message in done.err and not done.out


def test_one_image_has_no_interval(vizkit, folder):
    for name in ("1.png", "2.png"):
        (folder / name).unlink()
    asked = ("probe", "lenet5@random/c1:0", "--images", folder, "--sweep", "brightness", "--json")
    (record,) = json.loads(vizkit(*asked).out)
    assert record["images"] == 1 and record["floor"] is None
    assert set(record["low"]) == set(record["high"]) == set(record["sigma"]) == {None}


def test_responses_that_are_not_finite_end_with_1(vizkit, overflowing, folder):
    done = vizkit("probe", f"{overflowing}/0:0-1", "--images", folder, "--json", "--quiet")
    assert done.code == 1
    assert [each["status"] for each in json.loads(done.out)][1] == "not finite"
    assert json.loads(done.out)[1]["peak"] is None
    assert f"failed: {overflowing}@own/0:1: rotation: not finite" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet5@random/c1:0", "--sweep", "rotatoin"], "Did you mean 'rotation'"),
        (["lenet5@random/c1:0", "--images", "nowhere"], "'nowhere' is not a folder"),
        (["lenet5@random/c1:0", "--values", "3:1:4"], "is not A:B:N"),
        (
            ["lenet5@random/c1:0", "--sweep", "rotation,scale", "--values", "1:2:3"],
            "varies several",
        ),
        (["lenet5@random/c1:0", "--sweep", "rotation*hue", "--values", "1:2:3"], "varies several"),
        (["lenet5@random/c1:0", "--sweep", "grating.fase"], "Did you mean 'grating.phase'"),
        (["lenet5@random/c1:0", "--sweep", "bar"], "There are: bar.orientation, bar.width"),
        (
            ["lenet5@random/c1:0", "--sweep", "scale", "--values", "0:2:3"],
            "scale=0.0 is not allowed",
        ),
        (["lenet5@random/c1:0", "--sweep", "color_disc.hue"], "needs color"),
        (
            ["lenet5@random/c1:0", "--sweep", "hue,shift_x*hue", "--plot", "curves.png"],
            "not both in one figure",
        ),
        (
            ["lenet5@random/f6:0-40", "--sweep", "shift_x,shift_y", "--plot", "curves.png"],
            "82 panels",
        ),
        (
            ["lenet5@random/c1:0", "--sweep", "shift_x", "--values", "0:60:7"],
            "shifts everything out",
        ),
        (["lenet5@random/c1:0", "--plot", "curves.doc"], "is no figure"),
        (["lenet5@random/c9:0"], "'c9' is not a layer"),
    ],
)
def test_mistakes(vizkit, arguments, message):
    done = vizkit("probe", *arguments)
    assert done.code == 2 and message in done.err and not done.out


def test_help_lists_all_that_can_be_varied(vizkit):
    from vizkit.probing.tuning import sweep_names
    from vizkit.stimuli import STIMULI

    listed = vizkit("probe", "--help").out
    words = set(listed.split())
    for name in sweep_names():
        kind, dot, _ = name.partition(".")
        said = f"{kind}.{{{','.join(STIMULI[kind].parameters)}}}" if dot else name
        assert said in words


def test_stimuli_and_two_parameters_at_once(vizkit, folder, tmp_path):
    asked = ("probe", "lenet5@random/c1:0-1", "lenet5@random/c3:0", "--images", folder)
    done = vizkit(*asked, "--sweep", "edge.orientation,corner.angle*corner.contrast", "--json")
    assert done.code == 0
    records = json.loads(done.out)
    families = ["edge.orientation", "corner.angle*corner.contrast"]
    assert [each["family"] for each in records] == families * 3
    curve, surface = records[:2]
    assert curve["images"] == 5 and len(curve["sigma"]) == 24
    assert None not in (*curve["low"], *curve["high"], curve["floor"])
    angles, contrasts = surface["parameter"]
    assert [len(row) for row in surface["response"]] == [len(contrasts)] * len(angles)
    assert len(surface["peak"]) == len(surface["width"]) == 2
    figure = tmp_path / "maps.png"
    drawn = vizkit(*asked, "--sweep", "corner.angle*corner.contrast", "--plot", figure)
    assert drawn.code == 0 and " x " in drawn.out.splitlines()[1] and figure.exists()


def test_a_figure_that_fails_loses_no_number(vizkit, folder, tmp_path, monkeypatch):
    from vizkit import plots
    from vizkit.errors import UsageError

    def fail(curves):
        raise UsageError("cannot be drawn")

    monkeypatch.setattr(plots, "tuning_figure", fail)
    asked = ("probe", "lenet5@random/c1:0", "--images", folder, "--values", "0:90:2")
    done = vizkit(*asked, "--json", "--plot", tmp_path / "curves.png")
    assert done.code == 1 and "curves.png was not drawn: cannot be drawn" in done.err
    assert len(json.loads(done.out)) == 1
