"""A user's own network: ``path.py:factory``, a function without arguments in a Python file."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from torch import nn

from vizkit.errors import NetworkNotFoundError, UsageError, nearest
from vizkit.networks.network import Network
from vizkit.networks.random_state import isolated_rng


def call(name: str) -> nn.Module | Network:
    """What the function that `name` spells returns.

    The file runs with its own folder on the import path, like a script, and with torch's global
    generator at seed 0, so that a network without trained weights is the same on every run; the
    generator is put back afterwards.

    Raises
    ------
    NetworkNotFoundError : no such file, or no such function in it.
    UsageError : the file or the function fails, or returns something else than a network.
    """
    path_text, _, function = name.rpartition(":")
    path = Path(path_text).expanduser()
    if not path.is_file():
        raise NetworkNotFoundError(
            f"{name!r}: there is no file {path_text!r}.\n"
            "  Write path.py:factory, with a path from here or from the root."
        )
    with isolated_rng(), _own_folder(path):
        try:
            module = _run(path)
        except Exception as error:
            raise UsageError(_failure(repr(path_text), path, error)) from error
        factory = getattr(module, function, None)
        if not callable(factory):
            functions = [
                n for n, v in vars(module).items() if callable(v) and not n.startswith("_")
            ]
            hint = nearest(function, functions) or f"It has: {', '.join(functions) or 'none'}."
            raise NetworkNotFoundError(f"{path_text!r} has no function {function!r}. {hint}")
        try:
            made = factory()
        except Exception as error:
            raise UsageError(_failure(name, path, error)) from error
    if not isinstance(made, (nn.Module, Network)):
        raise UsageError(
            f"{name} returned {type(made).__name__}.\n"
            "  Return an nn.Module, or what vizkit.load(module, preprocessing=...) gives."
        )
    return made


def _failure(what: str, path: Path, error: Exception) -> str:
    """What failed, why, and the last line of the user's own files that it came from."""
    text = f"{what} fails: {type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return text  # says its line itself
    folder = path.resolve().parent
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame for frame in frames if Path(frame.filename).resolve().parent == folder]
    return f"{text}\n  See {lines[-1].filename}, line {lines[-1].lineno}." if lines else text


def _run(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"vizkit_factory_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickle look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def _own_folder(path: Path) -> Iterator[None]:
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
