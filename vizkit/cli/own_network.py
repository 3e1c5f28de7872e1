"""Flags that say of a network of one's own what its file does not: its input, and its classes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from vizkit.cli.flags import image_size
from vizkit.errors import UsageError

HELP = """a network of your own is FILE:FUNC, a function without arguments in a Python file. It
returns vizkit.load(module, preprocessing=...), or a plain module; of that say what it was
trained with:
  --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --input 224x224
"""


def add_own_network(parser: argparse.ArgumentParser) -> None:
    """Add ``--input --mean --std --names``."""
    group = parser.add_argument_group("of a network of your own, FILE:FUNC")
    group.add_argument(
        "--input", type=image_size, metavar="SIZE", help="of its images: N, HxW or CxHxW"
    )
    group.add_argument(
        "--mean",
        type=numbers,
        metavar="A,B,C",
        help="taken off images in [0, 1]: one number, or one per channel (default 0)",
    )
    group.add_argument(
        "--std", type=numbers, metavar="A,B,C", help="they are then divided by this (default 1)"
    )
    group.add_argument(
        "--names", type=Path, metavar="FILE", help="its classes, one a line, in order of the logits"
    )


def own_network(args: argparse.Namespace) -> dict[str, Any]:
    """What the flags say, as arguments of `vizkit.load`; empty for nothing.

    Raises
    ------
    UsageError : a mean or a deviation without a size; names that cannot be read.
    """
    said: dict[str, Any] = {}
    numbers = {name: getattr(args, name) for name in ("mean", "std") if getattr(args, name)}
    if args.input is not None:
        from vizkit.networks.stated import StatedInput

        said["preprocessing"] = StatedInput(args.input, **numbers)
    elif numbers:
        raise UsageError(
            f"--{next(iter(numbers))} goes with --input.\n  Add the size, --input 224x224."
        )
    if args.names is not None:
        said["classes"] = _names(args.names)
    return said


def numbers(text: str) -> tuple[float, ...]:
    """Numbers that ``"0.485,0.456,0.406"`` spells, for argparse."""
    try:
        return tuple(float(each) for each in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of numbers; write 0.5 or 0.485,0.456,0.406"
        ) from None


def _names(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--names {str(path)!r} cannot be read: {error}\n  Give a text file, a name a line."
        ) from None
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise UsageError(f"--names {str(path)!r} is empty.\n  Write a name a line.")
    return names
