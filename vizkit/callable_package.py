"""Packages that are called like the function they are named after.

``vizkit.render`` is a package and the function at once: Python binds a package to its name in the
parent as soon as anything imports it, which would otherwise hide the function.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    _function: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


def make_callable(package: str, function: Callable[..., Any]) -> None:
    """Let calling the imported `package` call `function`, whose help it also shows."""
    module = sys.modules[package]
    module.__class__ = _CallablePackage
    module.__doc__ = function.__doc__
    module.__dict__["_function"] = function
    module.__dict__["__signature__"] = inspect.signature(function)
