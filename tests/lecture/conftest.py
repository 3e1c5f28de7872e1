"""Recipes of the lecture, run as a user runs them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

RECIPES = Path(__file__).parents[2] / "recipes" / "lecture"


@pytest.fixture
def recipe(monkeypatch) -> Callable[[str], ModuleType]:
    """Recipe by its name, as a module."""
    return importlib.import_module


@pytest.fixture
def printed(recipe, monkeypatch, capsys, tmp_path) -> Callable[[str], str]:
    """What a recipe prints; its figures are in `tmp_path`."""

    def run(name: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, "--out", str(tmp_path)])
        recipe(name).main()
        return capsys.readouterr().out

    return run
