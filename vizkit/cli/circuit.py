"""``vizkit circuit ADDRESS``: what a unit is made of, and what it feeds."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from vizkit.address import parse_address
from vizkit.cli.flags import add_device, add_json_and_quiet, add_weights_file
from vizkit.cli.outputs import check_folder, write_figure
from vizkit.cli.own_network import add_own_network, own_network
from vizkit.networks.asked import check_addresses
from vizkit.text import random_badge

EXAMPLES = """examples:
  vizkit circuit googlenet@distilled/inception4c:447
  vizkit circuit vgg16@hed/conv3_1:5 --upstream conv2_1 --out circuit
  vizkit circuit 'efficientnet_lite0/logits:"tabby"' --json
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``vizkit circuit``."""
    parser.description = (
        "The weights that tie a unit to the channels of the layer before it and of the layer "
        "behind it, multiplied out across all that lies between."
    )
    parser.add_argument("address", metavar="ADDRESS", help="NETWORK/LAYER:CHANNEL[@Y,X]")
    parser.add_argument(
        "--upstream",
        metavar="LAYER|input",
        help="layer before it (default: the one before on the list of layers to show)",
    )
    parser.add_argument(
        "--downstream", metavar="LAYER", help="layer behind it (default: the next on that list)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="also write the kernels as PNG there"
    )
    add_weights_file(parser)
    add_own_network(parser)
    add_device(parser)
    add_json_and_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Print the strongest weights, and draw them."""
    address = parse_address(args.address)
    check_folder("--out", args.out)
    check_addresses([address], file=args.weights is not None)
    said = own_network(args)

    from vizkit.circuits import Kernels, downstream, upstream
    from vizkit.filenames import file_name
    from vizkit.networks.layers.order import shown_behind
    from vizkit.networks.load import load

    network = load(address.source, weights=args.weights, device=args.device, **said)
    unit = network.unit(args.address)
    found: list[Kernels] = [upstream(network, unit, to=args.upstream)]
    last = next(shown_behind(network.layers, unit.layer), None) is None
    if args.downstream or not (last or unit.position):
        found.append(downstream(network, unit, to=args.downstream))
    files = []
    if args.out is not None:
        for each in found:
            file = args.out / f"{file_name(unit.address)}-{each.side}.png"
            write_figure(each.figure(), file, quiet=args.quiet)
            files.append(str(file))
    if args.json:
        if network.weights.random:
            print(random_badge(network.source), file=sys.stderr)
        parts = {"upstream": None, "downstream": None} | {
            each.side: each.as_dict() for each in found
        }
        print(json.dumps({"address": unit.address, **parts, "files": files}))
    else:
        print("\n\n".join(map(str, found)))
    return 0
