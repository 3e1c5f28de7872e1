"""Where results go is checked before they are calculated; figures are written there."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = (".png", ".pdf", ".svg")
"""Endings of the files that figures can be written to."""


def check_file(flag: str, path: Path | None) -> None:
    """Raise a `UsageError` where no file can be written to `path`; nothing is left behind."""
    if path is None:
        return
    if path.is_dir():
        raise UsageError(f"{flag} {str(path)!r} is a folder.\n  Name a file in it.")
    _check_place(flag, path, path.parent)


def check_figure(flag: str, path: Path | None) -> None:
    """The same for a figure, which needs an ending that tells its format."""
    if path is not None and path.suffix.lower() not in FIGURES:
        raise UsageError(
            f"{flag} {str(path)!r} is no figure.\n  Name a file that ends in {', '.join(FIGURES)}."
        )
    check_file(flag, path)


def write_figure(figure: Figure, path: Path, *, quiet: bool = False) -> None:
    """Write `figure` in the format of the file's ending, in one move, and say so."""
    content = io.BytesIO()
    figure.savefig(content, format=path.suffix[1:].lower())
    write_bytes(path, content.getvalue())
    if not quiet:
        print(f"Wrote {path}", file=sys.stderr)


def check_folder(flag: str, path: Path | None) -> None:
    """Raise a `UsageError` where `path` cannot be a folder of results."""
    if path is None:
        return
    if path.exists() and not path.is_dir():
        raise UsageError(f"{flag} {str(path)!r} is a file.\n  Give a folder.")
    _check_place(flag, path, path)


def _check_place(flag: str, path: Path, folder: Path) -> None:
    """Write a file without a name to `folder`, or to what exists of the way to it."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise UsageError(
            f"{flag} {str(path)!r}: {str(folder)!r} is a file, not a folder.\n  Name another place."
        )
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"{flag} {str(path)!r}: nothing can be written to {str(folder)!r}: {error.strerror}.\n"
            "  Name another place."
        ) from None
