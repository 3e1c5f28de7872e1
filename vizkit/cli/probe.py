"""``vizkit probe ADDRESS...``: how units respond while images are turned, shifted, dimmed, ..."""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vizkit.address import Address, parse
from vizkit.atomic import write_bytes
from vizkit.cli.flags import add_device, add_json, add_quiet, add_weights_file
from vizkit.cli.outputs import check_figure
from vizkit.cli.progress import ProgressBar
from vizkit.cli.table import format_table
from vizkit.errors import UsageError

if TYPE_CHECKING:
    from vizkit.invariance.transforms.transform import Family
    from vizkit.invariance.tuning import TuningCurves
    from vizkit.invariance.tuning_curve import Score, TuningCurve
    from vizkit.models.network import Network

_PANELS = 24
_MOST_VALUES = 10_000

_EXAMPLES = """examples:
  vizkit probe vgg16@hed/conv2_2:0-7 --sweep rotation
  vizkit probe vgg16@hed/conv3_1:12@28,28 --sweep rotation,scale --plot tuning.png
  vizkit probe googlenet@distilled/inception3b:0-31 --sweep hue --images my_photos --json
  vizkit probe efficientnet_lite0/logits:281 --sweep translation --values=-32:32:17

A channel without a position is its unit nearest to the middle of the image; --response mean or max
reads the whole map. Without --images there are eight photographs that scikit-image brings along.

PEAK is the value with the highest mean response, WIDTH that of the peak at half its height above
the lowest response. Both have an interval: where they lie in 95 of 100 draws of images. FLOOR is
what one in twenty curves of chance reaches somewhere: a lower HIGHEST is no evidence of tuning.
STATUS is ok; edge (the peak may lie beyond the sweep), constant (no image's response changes),
negative (no positive response), silent (on these images every response is 0) or not finite. Rotation is
counter-clockwise; shifts are positive down and right.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``vizkit probe``."""
    parser = subparsers.add_parser(
        "probe",
        help="how units respond to transformed images",
        description="Tuning curves: the mean response of units to images, over the values of a "
        "transform. One forward pass per image and value serves all units of a network.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "addresses", metavar="ADDRESS", nargs="+", help="NETWORK[@WEIGHTS]/LAYER:CHANNELS[@y,x]"
    )
    parser.add_argument(
        "--sweep",
        default="rotation",
        metavar="A,B",
        help="families: rotation, scale, shift_x, brightness, hue, ... (default: rotation)",
    )
    parser.add_argument("--images", type=Path, metavar="DIR", help="folder of pictures")
    parser.add_argument(
        "--values",
        type=_values,
        metavar="A:B:N",
        help="N values from A to B, of one family; of a full circle B is left out, because it is A",
    )
    parser.add_argument(
        "--response",
        choices=("center", "mean", "max"),
        default="center",
        help="what stands for a channel (default: its unit in the middle of the image)",
    )
    parser.add_argument("--raw", action="store_true", help="responses before the ReLU")
    parser.add_argument("--seed", type=int, default=0, help="of the draws of images (default 0)")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw the curves: PNG, PDF or SVG"
    )
    add_weights_file(parser)
    add_device(parser)
    add_json(parser)
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Sweep, print and draw; 1 when a response is not finite."""
    addresses = [parse(text) for text in args.addresses]
    _check(args, addresses)
    from vizkit.invariance.family import family
    from vizkit.models.load import load
    from vizkit.render import find_units

    families = [family(name.strip()) for name in args.sweep.split(",")]
    values = _asked_values(args, families)
    units = find_units(
        addresses, lambda source: load(source, weights=args.weights, device=args.device or "auto")
    )
    places: dict[Network, list[int]] = {}
    for place, (network, _) in enumerate(units):
        places.setdefault(network, []).append(place)
    curves: dict[tuple[int, int], TuningCurve] = {}
    for network, own in places.items():
        found = _sweeps(args, network, [units[place][1] for place in own], families, values)
        for number, each in enumerate(found):
            curves |= {(place, number): curve for place, curve in zip(own, each, strict=True)}
        _tell(args, network, found)
    ordered = [curves[key] for key in sorted(curves)]
    if args.plot is not None:
        _plot(ordered, args.plot)
    if args.json:
        print(json.dumps([curve.as_dict() for curve in ordered]))
    else:
        print(_table(ordered))
    failed = [curve for curve in ordered if curve.status == "not finite"]
    for curve in failed:
        print(f"failed: {curve.address}: {curve.family}: not finite", file=sys.stderr)
    return 1 if failed else 0


def _check(args: argparse.Namespace, addresses: Sequence[Address]) -> None:
    """Find what does not go together before anything is calculated."""
    if args.weights is not None and len({each.network for each in addresses}) > 1:
        raise UsageError("--weights FILE goes with addresses of one network only.")
    if args.images is not None and not args.images.is_dir():
        raise UsageError(
            f"--images {str(args.images)!r} is not a folder.\n  Give a folder of PNG or JPEG files."
        )
    check_figure("--plot", args.plot)


def _asked_values(args: argparse.Namespace, families: Sequence[Family]) -> tuple[float, ...] | None:
    if args.values is None:
        return None
    if len(families) > 1:
        raise UsageError(
            f"--values goes with one family, and --sweep names {len(families)}.\n"
            "  Give the families one by one."
        )
    (only,) = families
    start, end, count = args.values
    full = only.period is not None and math.isclose(end - start, only.period)
    step = (end - start) / (count if full else count - 1)
    return tuple(start + step * number for number in range(count))


def _sweeps(
    args: argparse.Namespace,
    network: Network,
    units: Sequence[Address],
    families: Sequence[Family],
    values: Sequence[float] | None,
) -> list[TuningCurves]:
    """Curves of all units of one network, family by family."""
    from vizkit.invariance.tuning import tuning
    from vizkit.models.photo_folder import PhotoFolder
    from vizkit.receptive_field.views import PHOTOGRAPHS

    folder = None if args.images is None else PhotoFolder(network, args.images)
    count = len(PHOTOGRAPHS) if folder is None else len(folder)
    found = []
    with ProgressBar(count * len(families), quiet=args.quiet) as bar:
        for number, each in enumerate(families):

            def follow(done: int, begun: int = number * count, name: str = each.name) -> None:
                bar.to(begun + done, f"{network.name} {name}")

            found.append(
                tuning(
                    network,
                    units,
                    each,
                    folder,
                    values,
                    response=args.response,
                    raw=args.raw,
                    seed=args.seed,
                    follow=follow,
                )
            )
            bar.line(f"{network.source}: {each.name} of {len(units)} units done")
    return found


def _tell(args: argparse.Namespace, network: Network, found: Sequence[TuningCurves]) -> None:
    """Say what was left out, and what it took."""
    first = found[0]
    if first.skipped:
        count = len(first.skipped)
        print(f"{count} file{'' if count == 1 else 's'} skipped:", file=sys.stderr)
        for name, reason in first.skipped:
            print(f"  {name}: {reason}", file=sys.stderr)
    if network.weights.random:
        print(f"{network.source} has random weights: it was never trained.", file=sys.stderr)
    if not args.quiet:
        passes = sum(each.passes for each in found)
        print(
            f"{network.source}: {passes} forward passes of {first.images} images served "
            f"{len(first)} units.",
            file=sys.stderr,
        )


def _table(curves: Sequence[TuningCurve]) -> str:
    rows = [("ADDRESS", "FAMILY", "PEAK", "WIDTH", "HIGHEST", "FLOOR", "SIGMA", "STATUS")]
    for each in curves:
        sigma = float(each.sigma.max())
        rows.append(
            (
                each.address,
                each.family,
                _with_interval(each.peak),
                _with_interval(each.width),
                _with_interval(each.height),
                _number(each.height.floor),
                _number(sigma),
                each.status,
            )
        )
    return format_table(rows)


def _with_interval(score: Score) -> str:
    text = _number(score.value)
    known = math.isfinite(score.low) and math.isfinite(score.high)
    return f"{text} [{score.low:.3g}, {score.high:.3g}]" if known else text


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "-"


def _plot(curves: Sequence[TuningCurve], path: Path) -> None:
    from vizkit.plots import tuning_curves, tuning_map

    alike = len({(each.family, each.values) for each in curves}) == 1
    draw = tuning_map if alike and len(curves) > _PANELS else tuning_curves
    content = io.BytesIO()
    draw(curves).savefig(content, format=path.suffix[1:].lower())
    write_bytes(path, content.getvalue())
    print(f"Wrote {path}", file=sys.stderr)


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
