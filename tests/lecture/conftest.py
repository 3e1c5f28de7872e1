"""Recipes of the lecture, run as a user runs them."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.recipes import recipe as load
from tests.recipes import run


@pytest.fixture
def recipe() -> Callable[[str], ModuleType]:
    """Recipe by its name, as a module."""
    return load


@pytest.fixture
def printed(capsys, tmp_path) -> Callable[[str], str]:
    """What a recipe prints; its figures are in `tmp_path`."""

    def call(name: str) -> str:
        run(load(name), "--out", tmp_path)
        return capsys.readouterr().out

    return call
