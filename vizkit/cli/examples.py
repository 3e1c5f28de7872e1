"""``vizkit examples ADDRESS...``: images of a set that drive units most, least and in between."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vizkit.address import parse_address
from vizkit.cli.flags import add_device, add_json_and_quiet, add_plot, add_weights_file, positive
from vizkit.cli.outputs import check_figure, check_file, check_folder, write_figure
from vizkit.cli.own_network import add_own_network, own_network
from vizkit.errors import UsageError
from vizkit.networks.asked import check_addresses
from vizkit.progress import ProgressBar
from vizkit.text import random_badge

if TYPE_CHECKING:
    from vizkit.dataset_examples import Examples

EXAMPLES = """examples:
  vizkit examples googlenet@distilled/inception4c:447 --images ~/Pictures
  vizkit examples vgg16@hed/conv4_3:0-7 --images ~/Pictures --out examples
  vizkit examples lenet5/c3:0-3 --images digits --top 5 --json
  vizkit examples googlenet@distilled/inception4c:0-511 --images ~/Pictures --resume responses

A response is that of a channel at its strongest position, after the ReLU where there is one. Boxes
are rows and columns of the file's own pixels, both ends included. With --out, crops are written as
PNG, and sheet.png with all of them.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``vizkit examples``."""
    parser.description = (
        "Images of a folder that drive units most and least, and quantiles between: exact, with "
        "the crop that the unit sees of each. One pass over the images serves all units."
    )
    parser.add_argument(
        "addresses",
        metavar="ADDRESS",
        nargs="+",
        help="NETWORK[@WEIGHTS]/LAYER:CHANNELS[@y,x], all of one network",
    )
    parser.add_argument(
        "--images",
        default="photographs",
        metavar="DIR",
        help="folder of pictures, or one of the sets photographs (default: eight), "
        "all_photographs, digits, noise",
    )
    parser.add_argument(
        "--top",
        type=positive,
        default=9,
        metavar="N",
        help="how many at either end (default 9); never more than half of the images",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for crops and a sheet")
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="keep all responses in FILE, 8 bytes for each image and unit, and go on with it",
    )
    add_plot(parser, "the sheet")
    add_weights_file(parser)
    add_own_network(parser)
    add_device(parser)
    add_json_and_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Show all images, print and write."""
    addresses = [parse_address(text) for text in args.addresses]
    if args.weights is not None and len({address.network for address in addresses}) > 1:
        raise UsageError("--weights FILE goes with addresses of one network only.")
    check_folder("--out", args.out)
    check_file("--resume", args.resume)
    check_figure("--plot", args.plot)
    check_addresses(addresses, file=args.weights is not None)
    said = own_network(args)

    from vizkit.dataset_examples.request import examples
    from vizkit.networks.load import load
    from vizkit.networks.units import find_all

    pairs = find_all(
        addresses,
        None,
        lambda source: load(source, weights=args.weights, device=args.device, **said),
    )
    sources = list(dict.fromkeys(network.source for network, _ in pairs))
    if len(sources) > 1:
        raise UsageError(
            f"units of {len(sources)} networks were given: {', '.join(sources)}.\n"
            "  Give those of one at a time."
        )
    with ProgressBar(quiet=args.quiet) as bar:
        found = examples(
            pairs[0][0],
            [unit for _, unit in pairs],
            images=args.images,
            top=args.top,
            resume=args.resume,
            progress=bar,
        )
    _tell(found, as_json=args.json)
    if args.out is not None:
        for each in found:
            each.save(args.out)
        write_figure(found.figure(), args.out / "sheet.png", quiet=args.quiet)
    if args.plot is not None:
        write_figure(found.figure(), args.plot, quiet=args.quiet)
    print(json.dumps([each.as_dict() for each in found]) if args.json else found)
    return 0


def _tell(found: Examples, *, as_json: bool) -> None:
    """Say what was left out, and of random weights what JSON has no place for."""
    if found.skipped:
        count = len(found.skipped)
        print(f"{count} file{'' if count == 1 else 's'} skipped:", file=sys.stderr)
        for name, reason in found.skipped:
            print(f"  {name if name.isprintable() else repr(name)}: {reason}", file=sys.stderr)
    if found.random and as_json:
        print(random_badge(found.source), file=sys.stderr)
