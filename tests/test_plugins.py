"""Registries: what is built in, registered by a call or installed, under one name each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vizkit.errors import NotFoundError, UsageError
from vizkit.plugins import Registry


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package ``zoo`` whose modules are animals, one of which cannot be imported."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "cat.py").write_text("SOUND = 'meow'")
    (folder / "yeti.py").write_text("import nowhere_to_be_found")
    (folder / "dog").mkdir()
    (folder / "dog" / "__init__.py").touch()
    (folder / "dog" / "voice.py").write_text("SOUND = 'woof'")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "zoo"]:
        del sys.modules[name]


def install(folder: Path, distribution: str, group: str, **points: str) -> None:
    """Metadata of an installed distribution with entry points, beside the package."""
    info = folder.parent / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    lines = [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))


def test_names_are_known_before_anything_is_loaded(package: Path) -> None:
    animals: Registry[str] = Registry("animal", "zoo.animals", "zoo.*:SOUND")
    assert list(animals) == ["cat", "dog", "yeti"]
    assert "yeti" in animals
    assert "zoo.cat" not in sys.modules
    assert animals["cat"] == "meow"


def test_a_thing_may_be_a_folder(package: Path) -> None:
    assert Registry("animal", "zoo.animals", "zoo.*.voice:SOUND")["dog"] == "woof"


def test_installed_packages_add_things(package: Path) -> None:
    install(package, "farm", "zoo.animals", hen="zoo.cat:SOUND")
    animals: Registry[str] = Registry("animal", "zoo.animals", "zoo.*:SOUND")
    assert list(animals) == ["cat", "dog", "yeti", "hen"]
    assert animals["hen"] == "meow"
    assert "hen" not in Registry("plant", "zoo.plants", {})


def test_two_of_one_name_are_refused(package: Path) -> None:
    animals: Registry[str] = Registry("animal", "zoo.animals", "zoo.*:SOUND")
    with pytest.raises(
        UsageError, match="'cat' is there twice: built in, and registered by a call"
    ):
        animals.register("cat", "purr")
    install(package, "farm", "zoo.animals", cat="zoo.dog.voice:SOUND")
    with pytest.raises(UsageError, match="is there twice: built in, and installed by farm"):
        list(later := Registry("animal", "zoo.animals", "zoo.*:SOUND"))
    with pytest.raises(UsageError, match="installed by farm"):
        "cat" in later  # noqa: B015  # it does not settle for half of them


def test_what_was_registered_can_be_forgotten() -> None:
    animals: Registry[str] = Registry("animal", "zoo.animals", {})
    animals.register("cow", "moo")
    with pytest.raises(UsageError, match="animal 'cow' is there twice"):
        animals.register("cow", "muh")
    animals.remove("cow")
    animals.register("cow", "muh")
    assert animals["cow"] == "muh"


def test_a_name_that_is_none_and_one_that_does_not_load(package: Path) -> None:
    animals: Registry[str] = Registry("animal", "zoo.animals", "zoo.*:SOUND")
    with pytest.raises(NotFoundError, match="there is no animal 'cot'"):
        animals["cot"]
    with pytest.raises(UsageError, match="'yeti', built in, does not load: No module named 'nowh"):
        animals["yeti"]
