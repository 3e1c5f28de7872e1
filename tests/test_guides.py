"""Guides name files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDES = sorted((ROOT / "recipes" / "guides").glob("*.md"))
_PATH = re.compile(r"`((?:vizkit|tests|recipes)/[\w/.]+)`")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_every_path_of_a_guide_is_there(guide: Path) -> None:
    paths = _PATH.findall(guide.read_text())
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_map_names_every_package_and_none_that_is_not() -> None:
    text = (ROOT / "recipes" / "guides" / "where_things_are.md").read_text()
    named = set(re.findall(r"`vizkit/(\w+)`", text))
    packages = {path.parent.name for path in (ROOT / "vizkit").glob("*/__init__.py")}
    assert named == packages
