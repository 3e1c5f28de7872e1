"""Faces of packages: what a package hands out, loaded on first use.

A face is written once, as imports in the package's ``__init__.pyi``: type checkers and editors read
it there, and `lazy_face` reads the same file. Nothing is loaded before it is used, so names that
need no PyTorch can live beside those that do (PEP 562). The file is read on first use as well:
``import vizkit`` pays neither for a parser nor for paths.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import cache
from typing import Any


def lazy_face(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__, __dir__`` of a package, from the imports in its ``__init__.pyi``.

    Parameters
    ----------
    package, file : ``__name__`` and ``__file__`` of the package.

    Examples
    --------
    >>> import vizkit.rendering
    >>> "render" in dir(vizkit.rendering), "render" in vizkit.rendering.__all__
    (True, True)
    """

    @cache
    def home() -> dict[str, str]:
        import ast
        from pathlib import Path

        stub = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
        return {
            alias.name: statement.module or package
            for statement in stub.body
            if isinstance(statement, ast.ImportFrom)
            for alias in statement.names
        }

    def names() -> list[str]:
        return sorted(home())

    def get(name: str) -> Any:
        if name == "__all__":
            return names()
        if name not in home():
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if home()[name] == package:
            return importlib.import_module(f"{package}.{name}")
        value = getattr(importlib.import_module(home()[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, names
