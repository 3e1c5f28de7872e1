"""``vizkit probe ADDRESS...``: how units respond while images are turned, shifted, dimmed, ..."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from vizkit.address import Address, parse_address
from vizkit.cli.flags import add_device, add_json_and_quiet, add_plot, add_weights_file
from vizkit.cli.outputs import check_figure, write_figure
from vizkit.cli.own_network import add_own_network, own_network
from vizkit.errors import UsageError
from vizkit.networks.asked import check_addresses
from vizkit.progress import ProgressBar
from vizkit.text import random_badge

if TYPE_CHECKING:
    from vizkit.networks.network import Network
    from vizkit.probing.grid import Grid
    from vizkit.probing.sweep_names import StimulusSweep
    from vizkit.probing.tuning import Tuning, UnitTuning

_PANELS = 24
_MOST_CURVES = 60
_MOST_VALUES = 10_000
_COLUMN = 76
"""Characters of a line of names in the help."""

EXAMPLES = """what can be varied:
  of the images         {transforms}
  of a stimulus on gray, drawn in the middle of what a unit sees and as large as that
                        {stimuli}
  two at once           'rotation*scale'  'grating.orientation*grating.frequency'

examples:
  vizkit probe vgg16@hed/conv2_2:0-7 --sweep rotation
  vizkit probe vgg16@hed/conv3_1:12@28,28 --sweep rotation,scale --plot tuning.png
  vizkit probe vgg16@hed/conv3_1:0-7 --sweep grating.orientation,color_disc.hue
  vizkit probe vgg16@hed/conv3_1:12 --sweep 'curve.orientation*curve.radius' --plot map.png
  vizkit probe googlenet@distilled/inception3b:0-31 --sweep hue --images my_photos --json
  vizkit probe efficientnet_lite0/logits:281 --sweep translation --values=-32:32:17

A channel without a position is its unit nearest to the middle of the image; --response mean or max
reads the whole map. Without --images there are eight photographs that scikit-image brings along.

PEAK is the value with the highest mean response, WIDTH that of the peak at half its height above
the lowest response. In brackets is where a number lies in 95 of 100 draws of images. FLOOR is what
one in twenty curves of chance reaches somewhere: a lower HIGHEST is no evidence of tuning. SIGMA is
the highest response in standard deviations above the mean over the images as they are. SELECTIVITY
is 0 for a constant and near 1 for a rare response, CIRC.VAR 0 where a single angle drives the unit,
FOLDS are the orders of symmetry beyond chance. STATUS is ok; edge (the peak may lie beyond the
sweep), constant (no image's response changes), negative (no positive response), silent (on these
images every response is 0) or not finite.

The images of a grating are its phases, twelve, or four for two parameters at once; those of another
stimulus are five places close to each other, or one for two parameters. One has no interval.
Rotation is counter-clockwise; shifts are positive down and right. --json has every number, the
responses in SIGMA too.
"""


class _Help(argparse.RawDescriptionHelpFormatter):
    """Names what can be varied when that is asked: installed packages may bring more."""

    def add_text(self, text: str | None) -> None:
        if text == EXAMPLES:
            from vizkit.stimuli.table import signatures
            from vizkit.transforms.table import TRANSFORMS

            names = {"transforms": _lines(TRANSFORMS, " "), "stimuli": _lines(signatures(), "  ")}
            for key, value in names.items():
                text = text.replace(f"{{{key}}}", value)
        super().add_text(text)


def _lines(names: Iterable[str], between: str) -> str:
    """Names in lines of the help's second column."""
    lines = wrap(between.join(names), _COLUMN, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * 24).join(lines)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``vizkit probe``."""
    parser.description = (
        "Tuning curves: the mean response of units to images over the values of a "
        "transform, or to a stimulus over the values of a parameter. One forward pass per image "
        "and value serves all units of a network."
    )
    parser.add_argument(
        "addresses", metavar="ADDRESS", nargs="+", help="NETWORK[@WEIGHTS]/LAYER:CHANNELS[@y,x]"
    )
    parser.add_argument(
        "--sweep",
        default="rotation",
        metavar="A,B",
        help="what to vary: rotation, grating.orientation, 'rotation*scale', ... as listed below "
        "(default: rotation)",
    )
    parser.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="folder of pictures, or one of the sets photographs (default), digits, noise",
    )
    parser.add_argument(
        "--values",
        type=_values,
        metavar="A:B:N",
        help="N values from A to B, of one sweep; of a full circle B is left out, because it is A",
    )
    parser.add_argument(
        "--response",
        choices=("center", "mean", "max"),
        default="center",
        help="what stands for a channel (default: its unit in the middle of the image)",
    )
    parser.add_argument("--raw", action="store_true", help="responses before the ReLU")
    parser.add_argument("--seed", type=int, default=0, help="of the draws of images (default 0)")
    add_plot(parser, "the curves or maps")
    parser.formatter_class = _Help
    add_weights_file(parser)
    add_own_network(parser)
    add_device(parser)
    add_json_and_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Sweep, print and draw; 1 when a response is not finite or the figure cannot be drawn."""
    addresses = [parse_address(text) for text in args.addresses]
    _check(args, addresses)
    check_addresses(addresses, file=args.weights is not None)
    from vizkit.networks.load import load
    from vizkit.networks.units import find_all
    from vizkit.probing.sweep_names import find_sweep
    from vizkit.probing.tuning import tuning
    from vizkit.probing.tuning.collection import tuning_table

    folder = args.images is None or args.images.is_dir()
    images = args.images if folder else str(args.images)  # the name of a set
    names = list(dict.fromkeys(name.strip() for name in args.sweep.split(",")))
    sweeps = [find_sweep(name) for name in names]
    values = _values_between(args, sweeps)
    said = own_network(args)
    units = find_all(
        addresses,
        None,
        lambda source: load(source, weights=args.weights, device=args.device, **said),
    )
    _check_plot(args, sweeps, len(units))
    places: dict[Network, list[int]] = {}
    for number, (network, _) in enumerate(units):
        places.setdefault(network, []).append(number)
    results: dict[int, list[UnitTuning]] = {}
    for network, numbers in places.items():
        with ProgressBar(quiet=args.quiet) as bar:
            tunings = tuning(
                network,
                [units[number][1] for number in numbers],
                names,
                images=images,
                values=values,
                response=args.response,
                after_activation=not args.raw,
                seed=args.seed,
                progress=bar,
            )
        results |= dict(zip(numbers, map(list, zip(*tunings, strict=True)), strict=True))
        _tell(args, tunings)
    ordered = [curve for number in sorted(results) for curve in results[number]]
    print(
        json.dumps([curve.as_dict() for curve in ordered]) if args.json else tuning_table(ordered)
    )
    failed = [curve for curve in ordered if curve.status == "not finite"]
    for curve in failed:
        print(f"failed: {curve.unit}: {curve.sweep}: not finite", file=sys.stderr)
    drawn = args.plot is None or _plot(ordered, args.plot)
    return 1 if failed or not drawn else 0


def _check(args: argparse.Namespace, addresses: Sequence[Address]) -> None:
    """Find what does not go together before anything is calculated."""
    if args.weights is not None and len({address.network for address in addresses}) > 1:
        raise UsageError("--weights FILE goes with addresses of one network only.")
    if args.images is not None and not args.images.is_dir():
        from vizkit.images.sets import SETS

        if str(args.images) not in SETS:
            raise UsageError(
                f"--images {str(args.images)!r} is not a folder.\n"
                f"  Give a folder of PNG or JPEG files, or one of: {', '.join(SETS)}."
            )
    check_figure("--plot", args.plot)


def _values_between(
    args: argparse.Namespace, sweeps: Sequence[Grid | StimulusSweep]
) -> tuple[float, ...] | None:
    if args.values is None:
        return None
    if len(sweeps) > 1 or sweeps[0].joint:
        raise UsageError(
            f"--values goes with one parameter, and --sweep {args.sweep!r} varies several.\n"
            "  Give them one by one."
        )
    (only,) = sweeps
    start, end, count = args.values
    full = only.period is not None and math.isclose(end - start, only.period)
    step = (end - start) / (count if full else count - 1)
    return tuple(start + step * number for number in range(count))


def _check_plot(
    args: argparse.Namespace, sweeps: Sequence[Grid | StimulusSweep], units: int
) -> None:
    """Refuse a figure that could not be drawn in the end."""
    if args.plot is None:
        return
    joint = sum(sweep.joint for sweep in sweeps)
    if 0 < joint < len(sweeps):
        raise UsageError(
            "--plot draws curves or maps of two parameters, not both in one figure.\n"
            "  Call once for each kind."
        )
    most = _PANELS if joint else _MOST_CURVES
    if units * len(sweeps) > most and (joint or len(sweeps) > 1):
        raise UsageError(
            f"--plot of {units} units over {len(sweeps)} sweeps would have "
            f"{units * len(sweeps)} panels.\n  Ask for at most {most}, or for one sweep of one "
            "parameter, which is drawn as a map with a row for each unit."
        )


def _tell(args: argparse.Namespace, tunings: Sequence[Tuning]) -> None:
    """Say what was left out, and what it took."""
    first = tunings[0]
    if first.skipped:
        count = len(first.skipped)
        print(f"{count} file{'' if count == 1 else 's'} skipped:", file=sys.stderr)
        for name, reason in first.skipped:
            print(f"  {name if name.isprintable() else repr(name)}: {reason}", file=sys.stderr)
    if first.random and args.json:
        print(random_badge(first.network), file=sys.stderr)
    if not args.quiet:
        passes = sum(tuning.passes for tuning in tunings)
        images = max(tuning.images for tuning in tunings)
        of_images = f" of {images} images" if images > 1 else ""
        units = f"{len(first)} unit{'' if len(first) == 1 else 's'}"
        print(
            f"{first.network}: {passes} forward passes{of_images} served {units}.", file=sys.stderr
        )


def _plot(results: Sequence[UnitTuning], path: Path) -> bool:
    """Draw, and say whether that could be done: what was printed stays valid."""
    from vizkit.plots import tuning_figure

    try:
        write_figure(tuning_figure(results), path)
    except (UsageError, OSError) as error:
        print(f"failed: {path} was not drawn: {error}", file=sys.stderr)
        return False
    return True


def _values(text: str) -> tuple[float, float, int]:
    """First, last and number of values that ``"-30:30:13"`` spells."""
    parts = text.split(":")
    try:
        start, end, count = float(parts[0]), float(parts[1]), int(parts[2])
    except (ValueError, IndexError):
        count, start, end = 0, 0.0, 0.0
    good = len(parts) == 3 and 2 <= count <= _MOST_VALUES and start < end
    if not (good and math.isfinite(start) and math.isfinite(end)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not A:B:N with A below B and 2 to {_MOST_VALUES} values; write -30:30:13"
        )
    return start, end, count
