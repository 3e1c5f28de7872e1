"""Recipes as a user would run them, in this process."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

RECIPES = Path(__file__).parents[1] / "recipes"


def recipe(name: str) -> ModuleType:
    """Recipe, maker or benchmark by its name; pytest's `pythonpath` has their folders."""
    return importlib.import_module(name)


def run(module: ModuleType, *arguments: object, **more: object):
    """What a recipe returns when it is called with these arguments."""
    return module.main([str(each) for each in arguments], **more)
