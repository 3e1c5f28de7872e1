"""``vizkit examples``: JSON as promised, crops where asked, words for what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Terminal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for number in range(5):
        pixels = rng.integers(0, 256, (40, 40 + 10 * number, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")
    (tmp_path / "photos" / "notes\x1b[31m.txt").write_text("no picture")
    return tmp_path / "photos"


def test_json_has_exactly_the_agreed_fields_in_the_order_asked(
    vizkit: Terminal, folder: Path
) -> None:
    done = vizkit(
        *("examples", "lenet5@random/c3:2,0", "lenet5@random/logits:1", "--json", "--quiet"),
        *("--images", folder, "--top", "2"),
    )
    assert done.code == 0
    records = json.loads(done.out)
    names = ["lenet5@random/c3:2", "lenet5@random/c3:0", "lenet5@random/logits:1"]
    assert [each["address"] for each in records] == names
    for each in records:
        assert list(each) == ["address", "images", "examples"] and each["images"] == 5
        kinds = [example["kind"] for example in each["examples"]]
        assert kinds == ["top"] * 2 + ["quantile"] * (len(kinds) - 4) + ["bottom"] * 2
        for example in each["examples"]:
            keys = ["file", "box", "position", "value", "quantile", "kind"]
            assert list(example) == keys
            number = int(example["file"].removesuffix(".png"))
            y0, x0, y1, x1 = example["box"]
            assert 0 <= y0 <= y1 < 40 and 0 <= x0 <= x1 < 40 + 10 * number
    assert "lenet5@random: RANDOM WEIGHTS, never trained" in done.err
    assert "1 file skipped:" in done.err and "\x1b" not in done.err


def test_crops_and_a_sheet_are_written_where_asked(
    vizkit: Terminal, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "crops"
    done = vizkit("examples", "lenet5/c1:0", "--images", folder, "--top", "2", "--out", out)
    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()[2:]]
    crops = sorted(path.name for path in out.iterdir() if path.name != "sheet.png")
    assert len(crops) == len(rows) and sum("top" in name for name in crops) == 2
    with Image.open(out / "sheet.png") as sheet:
        assert min(sheet.size) > 300


def test_a_pass_is_kept_and_gone_on_with(vizkit: Terminal, folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "responses"
    asked = ("examples", "lenet5/c1:0", "--images", folder, "--resume", kept, "--json")
    first = vizkit(*asked)
    before = kept.read_bytes()
    again = vizkit(*asked)
    assert (again.code, again.out) == (0, first.out) and kept.read_bytes() == before
    other = vizkit("examples", "lenet5/c1:1", "--images", folder, "--resume", kept)
    assert other.code == 2 and "no responses of these units" in other.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lenet5/c1:0", "--images", "photgraphs"), "Did you mean 'photographs'"),
        (("lenet5/c1:0", "lenet5@random/c1:0"), "units of 2 networks"),
        (("lenet5/c1:0", "--top", "0"), "not a whole number above zero"),
        (("lenet5/c1:9",), "0 to 5"),
    ],
)
def test_mistakes_exit_with_2_and_a_sentence(
    vizkit: Terminal, arguments: tuple[str, ...], message: str
) -> None:
    done = vizkit("examples", *arguments)
    assert done.code == 2 and message in done.err and done.out == ""
