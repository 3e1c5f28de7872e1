"""Guides name what exists, and what they show runs as it stands there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.extending.installed import METADATA

ROOT = Path(__file__).parents[1]
GUIDES = sorted((ROOT / "recipes" / "guides").glob("*.md"))
EXTENDING = (ROOT / "recipes" / "guides" / "extending.md").read_text()
_PATH = re.compile(r"`((?:vizkit|tests|recipes)/[\w/.]+)`")
_NAME = re.compile(r"`(vizkit(?:\.\w+)+)[`(]")
_GROUP = re.compile(r"\| `(vizkit\.\w+)` \|$", re.MULTILINE)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_every_path_of_a_guide_is_there(guide: Path) -> None:
    paths = _PATH.findall(guide.read_text())
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_map_names_every_package_and_none_that_is_not() -> None:
    text = (ROOT / "recipes" / "guides" / "where_things_are.md").read_text()
    named = set(re.findall(r"`vizkit/(\w+)`", text))
    packages = {path.parent.name for path in (ROOT / "vizkit").glob("*/__init__.py")}
    assert named == packages


def python(folder: Path, *arguments: str) -> str:
    """What a new interpreter prints that runs in `folder` and finds modules there."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("guide", [*GUIDES, ROOT / "README.md"], ids=lambda guide: guide.name)
def test_names_are_reached_after_a_bare_import(guide: Path, tmp_path: Path) -> None:
    text = guide.read_text()
    names = sorted(set(_NAME.findall(_GROUP.sub("", text))))
    python(tmp_path, "-c", "\n".join(["import vizkit", *names]))


def test_groups_of_entry_points_are_those_of_the_registries() -> None:
    groups = set(_GROUP.findall(EXTENDING))
    used = {
        group
        for path in (ROOT / "vizkit").rglob("*.py")
        for group in re.findall(r'Registry\(\s*"[^"]+",\s*"([\w.]+)"', path.read_text())
    }
    assert groups == used - {"vizkit.colors"}  # of an example


EVERY_COMMAND = """
import json, sys
from vizkit.cli import main
for arguments in json.loads(sys.argv[1]):
    assert main(arguments) == 0, arguments
"""


def test_the_guide_to_extending_runs(tmp_path: Path) -> None:
    """Blocks that start with a file's name are files of one installed package, others scripts."""
    scripts = []
    for block in re.findall(r"```python\n(.*?)```", EXTENDING, re.DOTALL):
        if name := re.match(r"# (\w+\.py)\n", block):
            (tmp_path / name[1]).write_text(block)
        else:
            scripts.append(block)
    shown = "".join(python(tmp_path, "-c", script) for script in scripts)
    assert "c3:1 - 2*paleness(0.25)" in shown

    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    (project,) = re.findall(r"```toml\n(.*?)```", EXTENDING, re.DOTALL)
    groups = tomllib.loads(project)["project"]["entry-points"]
    lines = [
        line
        for group, points in groups.items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
    commands = re.findall(r"^\$ vizkit (.*)", EXTENDING, re.MULTILINE)
    assert len(commands) >= 6
    arguments = json.dumps([shlex.split(command) for command in commands])
    assert "VERIFIED" in python(tmp_path, "-c", EVERY_COMMAND, arguments)
    (folder,) = (tmp_path / "norm_gallery").glob("lenet5*")
    assert "Size of its weights" in (folder / "c1" / "0.html").read_text()
    plan = json.loads((folder / "plan.json").read_text())
    assert plan["studies"]["norms"]["settings"] == {"power": 3.0}
