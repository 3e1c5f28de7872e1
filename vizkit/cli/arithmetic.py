"""``vizkit arithmetic conv|transposed|pool|linear``: a layer's numbers, formulas shown."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from vizkit.cli.flags import add_json_and_quiet, positive, size
from vizkit.errors import UsageError

if TYPE_CHECKING:
    from vizkit.arithmetic.padding import Padding

EXAMPLES = """examples:
  vizkit arithmetic conv --input 227x227x3 --filters 96 --kernel 11 --stride 4
  vizkit arithmetic conv --input 32x32x3 --filters 6 --kernel 5 --stride 2 --padding fits
  vizkit arithmetic pool --input 112x112x64 --kernel 3 --stride 2 --ceil
  vizkit arithmetic transposed --input 7x7x128 --filters 64 --kernel 4 --stride 2 --padding 1
  vizkit arithmetic linear --input 7x7x512 --units 4096

Sizes are height x width; one number stands for both. In the formulas H1, W1, D1 are height, width
and depth of the input, H2, W2, D2 of the output; F is the side of the filter, S the stride, P the
padding, D the dilation, O the output padding; K is the number of filters, G of groups.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Size, parameters, multiply-adds and memory of one layer, with the formulas."""
    verbs = parser.add_subparsers(metavar="LAYER", required=True, parser_class=type(parser))
    conv = _verb(verbs, "conv", "a convolution", "Convolution")
    _add_filters(conv)
    _add_windows(conv)
    conv.add_argument(
        "--padding",
        type=_padding,
        default=0,
        metavar="P",
        help="at each end (default 0): 2, HxW, 1+2 for unequal ends, same, or fits: whatever fits",
    )
    _add_groups(conv)
    transposed = _verb(verbs, "transposed", "a transposed convolution", "TransposedConvolution")
    _add_filters(transposed)
    _add_windows(transposed)
    transposed.add_argument(
        "--padding", type=_pair, default=(0, 0), metavar="P", help="cut away at each end: 1, or HxW"
    )
    transposed.add_argument(
        "--output-padding", type=_pair, default=(0, 0), metavar="O", help="added at the end"
    )
    _add_groups(transposed)
    pool = _verb(verbs, "pool", "a pooling", "Pooling")
    pool.add_argument("--kernel", type=size, metavar="F", help="side of the window, or HxW")
    _add_windows(pool, stride="the kernel")
    pool.add_argument(
        "--padding",
        type=_padding,
        default=0,
        metavar="P",
        help="at each end (default 0): 1, HxW, 0+1 for unequal ends, or fits: whatever fits",
    )
    pool.add_argument("--ceil", action="store_true", help="the last window may reach over the end")
    pool.add_argument(
        "--adaptive",
        type=size,
        dest="output",
        metavar="N",
        help="pool to this size instead; 1 for global pooling",
    )
    linear = _verb(verbs, "linear", "a fully connected layer", "FullyConnected")
    linear.add_argument("--units", type=positive, required=True, metavar="K", help="its outputs")
    linear.add_argument("--no-bias", action="store_false", dest="bias", help="weights only")
    for verb in (conv, transposed, pool, linear):
        add_json_and_quiet(verb)


def _verb(verbs: Any, name: str, what: str, operation: str) -> Any:
    """Parser of one kind of layer; flags are stored under the names of the operation's fields."""
    parser = verbs.add_parser(name, help=what, description=f"Numbers of {what}.")
    parser.add_argument("--input", required=True, metavar="HxWxC", help="height x width x depth")
    parser.set_defaults(run=run, operation=operation)
    return parser


def _add_filters(parser: Any) -> None:
    parser.add_argument("--filters", type=positive, required=True, metavar="K", help="how many")
    parser.add_argument(
        "--kernel", type=size, required=True, metavar="F", help="side of a filter, or HxW"
    )


def _add_windows(parser: Any, stride: str = "1") -> None:
    parser.add_argument(
        "--stride", type=size, metavar="S", help=f"from window to window (default {stride})"
    )
    parser.add_argument(
        "--dilation", type=size, default=(1, 1), metavar="D", help="from tap to tap (default 1)"
    )


def _add_groups(parser: Any) -> None:
    parser.add_argument(
        "--groups", type=positive, default=1, metavar="G", help="parts of the depth (default 1)"
    )
    parser.add_argument("--no-bias", action="store_false", dest="bias", help="weights only")


def run(args: argparse.Namespace) -> int:
    """Print the numbers."""
    from vizkit import arithmetic

    name = args.operation
    if name == "Pooling":
        if (args.kernel is None) == (args.output is None):
            raise UsageError(
                "A pooling has either a window or a size to pool to.\n"
                "  Type --kernel 3 --stride 2, or --adaptive 1 for global pooling."
            )
        name = "Pooling" if args.output is None else "AdaptivePooling"
    any_that_fits = vars(args).get("padding") == "fits"
    if any_that_fits:
        args.padding = 0
    make = getattr(arithmetic, name)
    options = {field.name: getattr(args, field.name) for field in fields(make)}
    operation = make(**{name: value for name, value in options.items() if value is not None})
    if any_that_fits and isinstance(operation, arithmetic.Convolution | arithmetic.Pooling):
        result = arithmetic.fit_padding(operation, args.input)
    else:
        result = operation.on(args.input)
    print(json.dumps(result.as_dict()) if args.json else result)
    return 0


def _pair(text: str) -> tuple[int, int]:
    sides = re.fullmatch(r"(\d+)(?:x(\d+))?", text)
    if sides is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a padding; write 1 or 1x2")
    return int(sides[1]), int(sides[2] or sides[1])


def _padding(text: str) -> Padding:
    """Padding, or ``"fits"``, which asks for a list of them."""
    if text in ("same", "fits", "?"):
        return "fits" if text == "?" else text
    sides = re.fullmatch(r"(\d+)(?:\+(\d+))?(?:x(\d+)(?:\+(\d+))?)?", text)
    if sides is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a padding; write 2, 1x2, 1+2, same or fits"
        )
    rows = int(sides[1]), int(sides[2] or sides[1])
    if sides[3] is None:
        return rows, rows
    return rows, (int(sides[3]), int(sides[4] or sides[3]))
