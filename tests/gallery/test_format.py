"""The guide to the folder names every file of a gallery, and none that is not there."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path

import pytest

from vizkit import Recipe
from vizkit.filenames import encode
from vizkit.gallery import make
from vizkit.gallery.registry import STUDIES

GUIDE = (Path(__file__).parents[2] / "recipes" / "guides" / "gallery_format.md").read_text()
WORDS = {
    "NETWORK": re.escape(encode("lenet5@digits")),
    "LAYER": "[^/]+",
    "CHANNEL": r"\d+",
    "TIME": r"\d{8}T\d{6}\.\d{6}",
    "HOST": "[^/]+",
    "PROCESS": r"\d+",
}


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("gallery")
    recipe = Recipe(steps=1, rescues=0)
    assert make("lenet5", root, channels="0-1", recipe=recipe, studies=[*STUDIES]).failed == ()
    return root


def patterns() -> dict[str, re.Pattern[str]]:
    """Paths of the guide's table, with their words in capitals as what these stand for."""
    paths = re.findall(r"^\| `(\S+)` \|", GUIDE, re.MULTILINE)
    assert len(paths) > 10
    return {
        path: re.compile(re.sub("[A-Z]+", lambda word: WORDS[word[0]], re.escape(path)))
        for path in paths
    }


def test_every_file_is_in_the_guide_and_every_path_of_the_guide_exists(gallery: Path) -> None:
    files = [path.relative_to(gallery).as_posix() for path in gallery.rglob("*") if path.is_file()]
    named = {path: [f for f in files if regex.fullmatch(f)] for path, regex in patterns().items()}
    assert [path for path, matches in named.items() if not matches] == []
    assert sorted(chain(*named.values())) == sorted(files)


def test_records_have_the_head_that_the_guide_shows(gallery: Path) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    shown = json.loads(example)
    for path in gallery.glob("*/*/*/*.json"):
        record = json.loads(path.read_text())
        assert record.keys() == shown.keys()
        assert (record["schema"], len(record["fingerprint"])) == (shown["schema"], 16)
        assert record["study"] == path.parent.name
        assert {file.name for file in path.parent.glob(f"{path.stem}.*")} == {
            path.name,
            *record["files"],
        }
