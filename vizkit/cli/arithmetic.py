"""``vizkit arithmetic conv|transposed|pool|linear``: a layer's numbers, formulas shown."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vizkit.cli.flags import add_json, add_quiet, positive, size
from vizkit.errors import UsageError

if TYPE_CHECKING:
    from vizkit.arithmetic import (
        AdaptivePooling,
        Convolution,
        FullyConnected,
        Operation,
        Pooling,
        TransposedConvolution,
    )
    from vizkit.arithmetic.padding import Padding

_EXAMPLES = """examples:
  vizkit arithmetic conv --input 227x227x3 --filters 96 --kernel 11 --stride 4
  vizkit arithmetic conv --input 32x32x3 --filters 6 --kernel 5 --stride 2 --padding fits
  vizkit arithmetic pool --input 112x112x64 --kernel 3 --stride 2 --ceil
  vizkit arithmetic transposed --input 7x7x128 --filters 64 --kernel 4 --stride 2 --padding 1
  vizkit arithmetic linear --input 7x7x512 --units 4096

Sizes are height x width; one number stands for both. In the formulas H1, W1, D1 are height, width
and depth of the input, H2, W2, D2 of the output; F is the side of the filter, S the stride, P the
padding, D the dilation, O the output padding; K is the number of filters, G of groups.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``vizkit arithmetic`` and its verbs."""
    parser = subparsers.add_parser(
        "arithmetic",
        help="output size, parameters, multiply-adds and memory of one layer",
        description="Size, parameters, multiply-adds and memory of one layer, with the formulas.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(metavar="LAYER", required=True, parser_class=type(parser))
    conv = _verb(verbs, "conv", "a convolution", convolution)
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
    transposed = _verb(verbs, "transposed", "a transposed convolution", transposed_convolution)
    _add_filters(transposed)
    _add_windows(transposed)
    transposed.add_argument(
        "--padding", type=_pair, default=(0, 0), metavar="P", help="cut away at each end: 1, or HxW"
    )
    transposed.add_argument(
        "--output-padding", type=_pair, default=(0, 0), metavar="O", help="added at the end"
    )
    _add_groups(transposed)
    pool = _verb(verbs, "pool", "a pooling", pooling)
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
        "--adaptive", type=size, metavar="N", help="pool to this size instead; 1 for global pooling"
    )
    linear = _verb(verbs, "linear", "a fully connected layer", fully_connected)
    linear.add_argument("--units", type=positive, required=True, metavar="K", help="its outputs")
    linear.add_argument("--no-bias", action="store_true", help="weights only")
    for verb in (conv, transposed, pool, linear):
        add_json(verb)
        add_quiet(verb)


def _verb(verbs: Any, name: str, what: str, make: Callable[[argparse.Namespace], Operation]) -> Any:
    parser = verbs.add_parser(name, help=what, description=f"Numbers of {what}.")
    parser.add_argument("--input", required=True, metavar="HxWxC", help="height x width x depth")
    parser.set_defaults(run=run, make=make)
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
    parser.add_argument("--no-bias", action="store_true", help="weights only")


def run(args: argparse.Namespace) -> int:
    """Print the numbers."""
    from vizkit.arithmetic import Convolution, Pooling, fit_padding

    any_that_fits = vars(args).get("padding") == "fits"
    if any_that_fits:
        args.padding = 0
    operation = args.make(args)
    if any_that_fits and isinstance(operation, Convolution | Pooling):
        found = fit_padding(operation, args.input)
    else:
        found = operation.on(args.input)
    print(json.dumps(found.as_dict()) if args.json else found)
    return 0


def convolution(args: argparse.Namespace) -> Convolution:
    """Convolution that was asked for."""
    from vizkit.arithmetic import Convolution

    return Convolution(
        args.filters,
        args.kernel,
        args.stride or 1,
        args.padding,
        args.dilation,
        groups=args.groups,
        bias=not args.no_bias,
    )


def transposed_convolution(args: argparse.Namespace) -> TransposedConvolution:
    """Transposed convolution that was asked for."""
    from vizkit.arithmetic import TransposedConvolution

    return TransposedConvolution(
        args.filters,
        args.kernel,
        args.stride or 1,
        args.padding,
        args.dilation,
        output_padding=args.output_padding,
        groups=args.groups,
        bias=not args.no_bias,
    )


def pooling(args: argparse.Namespace) -> Pooling | AdaptivePooling:
    """Pooling that was asked for."""
    from vizkit.arithmetic import AdaptivePooling, Pooling

    if (args.kernel is None) == (args.adaptive is None):
        raise UsageError(
            "A pooling has either a window or a size to pool to.\n"
            "  Type --kernel 3 --stride 2, or --adaptive 1 for global pooling."
        )
    if args.adaptive is not None:
        return AdaptivePooling(args.adaptive)
    return Pooling(args.kernel, args.stride, args.padding, args.dilation, args.ceil)


def fully_connected(args: argparse.Namespace) -> FullyConnected:
    """Fully connected layer that was asked for."""
    from vizkit.arithmetic import FullyConnected

    return FullyConnected(args.units, bias=not args.no_bias)


def _pair(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)(?:x(\d+))?", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a padding; write 1 or 1x2")
    return int(found[1]), int(found[2] or found[1])


def _padding(text: str) -> Padding:
    """Padding, or ``"fits"``, which asks for a list of them."""
    if text in ("same", "fits", "?"):
        return "fits" if text == "?" else text
    found = re.fullmatch(r"(\d+)(?:\+(\d+))?(?:x(\d+)(?:\+(\d+))?)?", text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a padding; write 2, 1x2, 1+2, same or fits"
        )
    rows = int(found[1]), int(found[2] or found[1])
    if found[3] is None:
        return rows, rows
    return rows, (int(found[3]), int(found[4] or found[3]))
