"""How wide tables may be: as the terminal that they are printed to."""

from __future__ import annotations

import shutil
import sys


def terminal_width() -> int | None:
    """Characters of a line of the terminal; None where another program reads the output."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
