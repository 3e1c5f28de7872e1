"""Flags that mean the same in every command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from vizkit.rendering.block_size import BLOCK_SIZES
from vizkit.rendering.registries import CANVASES, VIEWS


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON to stdout")


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Add ``--quiet``."""
    parser.add_argument("--quiet", action="store_true", help="no progress and no talk on stderr")


def add_json_and_quiet(parser: argparse.ArgumentParser) -> None:
    """Add ``--json --quiet``, the last flags of most commands."""
    add_json(parser)
    add_quiet(parser)


def add_network(parser: argparse.ArgumentParser) -> None:
    """Add ``NET``."""
    parser.add_argument("network", metavar="NET", help="googlenet, vgg16@hed, timm:NAME, FILE:FUNC")


def add_plot(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--plot FILE``, which draws `what`."""
    help_text = f"draw {what}: PNG, PDF or SVG"
    parser.add_argument("--plot", type=Path, metavar="FILE", help=help_text)


def add_weights_file(parser: argparse.ArgumentParser) -> None:
    """Add ``--weights FILE``."""
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="take the weights from a safetensors file or a saved state dict",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add ``--device``."""
    parser.add_argument(
        "--device", default="auto", help="cpu, cuda, cuda:1, mps (default: cuda if there is one)"
    )


def add_rendering(parser: argparse.ArgumentParser) -> None:
    """Add ``--device --dtype --seed --steps --size``."""
    add_device(parser)
    parser.add_argument(
        "--dtype",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="number format inside the network (default: bfloat16 where it is fast)",
    )
    parser.add_argument(
        "--canvas",
        metavar="NAME",
        help=f"{', '.join(CANVASES)}; fourier(1.5) paints smoother pictures, corridor(1) keeps "
        "magnitudes within a factor e of natural ones (default: by the kind of unit)",
    )
    parser.add_argument(
        "--alpha", action="store_true", help="transparent pictures, which show only what matters"
    )
    parser.add_argument(
        "--views",
        metavar="LIST",
        help="what changes in each step, e.g. 'rotate(10), scale(0.1), jitter(5%%)'; there are "
        f"{', '.join(VIEWS)} (default: by the kind of unit)",
    )
    parser.add_argument(
        "--regularizers",
        default="",
        metavar="TERMS",
        help="what is taken off the response, e.g. '0.1*tv' (default: nothing)",
    )
    parser.add_argument("--seed", type=int, default=0, help="user seed (default 0)")
    parser.add_argument("--steps", type=positive, default=None, help="optimization steps")
    parser.add_argument(
        "--size",
        type=size,
        default=None,
        metavar="PX",
        help="side of the canvas in pixels, or HxW (default: what the layer sees, and a margin)",
    )
    parser.add_argument(
        "--block-size",
        type=int,
        choices=BLOCK_SIZES,
        default=None,
        help="units rendered together (default: chosen per layer)",
    )


def recipe_options(args: argparse.Namespace) -> dict[str, Any]:
    """What the flags of `add_rendering` say of a recipe; what was left out is not in it."""
    names = ("dtype", "canvas", "regularizers", "steps", "views")
    options = {name: value for name in names if (value := getattr(args, name)) is not None}
    return options | ({"alpha": True} if args.alpha else {})


def positive(text: str) -> int:
    """Whole number above zero, for argparse."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return number


def size(text: str) -> tuple[int, int]:
    """(height, width) that ``"112"`` or ``"96x128"`` spells, for argparse."""
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdecimal() for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write 112 or 96x128")
    numbers = [positive(side) for side in sides]
    return numbers[0], numbers[-1]


def image_size(text: str) -> tuple[int, ...]:
    """Size that ``"224"``, ``"96x128"`` or ``"1x28x28"`` spells, for argparse."""
    sides = text.lower().split("x")
    if len(sides) > 3 or not all(side.isdecimal() for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write 224, 96x128 or 1x28x28")
    numbers = tuple(positive(side) for side in sides)
    return numbers * 2 if len(numbers) == 1 else numbers
