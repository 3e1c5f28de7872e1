"""A stranger's file outside of the package, and the command line that it is used through."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.cli.conftest import Terminal
from vizkit.plugins import Registry


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


@pytest.fixture
def written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str], ModuleType]]:
    """Writes the text of one short file, and imports it under a name."""
    monkeypatch.syspath_prepend(tmp_path)
    names = []

    def write(name: str, text: str) -> ModuleType:
        assert len(text.splitlines()) < 60
        (tmp_path / f"{name}.py").write_text(text)
        names.append(name)
        return importlib.import_module(name)

    yield write
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def with_installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Registry[Any]]:
    """A registry like another one, but empty, for which one package brings an entry point."""

    def made(like: Registry[Any], group: str, name: str, value: str) -> Registry[Any]:
        points = {group: [EntryPoint(name, value, group)]}
        monkeypatch.setattr("vizkit.plugins.entry_points", lambda group: points.get(group, []))
        return Registry(like.kind, like.group, {})

    return made
