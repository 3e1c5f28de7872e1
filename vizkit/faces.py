"""Faces of packages: what a package hands out, loaded on first use.

A face is written once, as imports in the package's ``__init__.pyi``: type checkers and editors read
it there, and `lazy_face` reads the same file. Nothing is loaded before it is used, so names that
need no PyTorch can live beside those that do (PEP 562).
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def lazy_face(
    package: str, file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__, __dir__, __all__`` of a package, from the imports in its ``__init__.pyi``.

    Parameters
    ----------
    package, file : ``__name__`` and ``__file__`` of the package.

    Examples
    --------
    >>> import vizkit.rendering
    >>> "render" in dir(vizkit.rendering)
    True
    """
    stub = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
    home = {
        alias.name: each.module or package
        for each in stub.body
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    }
    names = sorted(home)

    def get(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if home[name] == package:
            return importlib.import_module(f"{package}.{name}")
        value = getattr(importlib.import_module(home[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: list(names), names
