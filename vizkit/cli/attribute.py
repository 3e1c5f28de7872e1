"""``vizkit attribute ADDRESS IMAGE``: which pixels or channels drive a unit."""

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
  vizkit attribute 'efficientnet_lite0/logits:"tabby"' cat.jpg
  vizkit attribute googlenet@distilled/inception4c:447 cat.jpg --method layer_grad_cam --out maps
  vizkit attribute googlenet@distilled/inception4c:447 cat.jpg --method layer_conductance \\
    --to inception4b --json
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``vizkit attribute``."""
    parser.description = (
        "Which pixels of an image, or channels of a layer below, drive a unit. Beside each map: "
        "how far its sum is off, and how much it looks like the map of shuffled weights."
    )
    parser.add_argument("address", metavar="ADDRESS", help="NETWORK/LAYER:CHANNEL[@Y,X]")
    parser.add_argument("image", metavar="IMAGE", type=Path, help="PNG, JPEG, ... file")
    parser.add_argument(
        "--method",
        default="integrated_gradients",
        metavar="NAME",
        help="saliency, input_x_gradient, integrated_gradients (default), smooth_grad, deep_lift, "
        "occlusion, guided_grad_cam, layer_grad_cam, layer_conductance",
    )
    parser.add_argument(
        "--to",
        default="input",
        metavar="input|LAYER",
        help="pixels (default), or the channels of a layer",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="also write the map as PNG there")
    add_weights_file(parser)
    add_own_network(parser)
    add_device(parser)
    add_json_and_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Print the numbers, and write the map."""
    address = parse_address(args.address)
    check_folder("--out", args.out)
    check_addresses([address], file=args.weights is not None)
    said = own_network(args)

    from vizkit.attribution import METHODS, attribute
    from vizkit.filenames import file_name
    from vizkit.networks.load import load

    METHODS.require(args.method)
    network = load(address.source, weights=args.weights, device=args.device, **said)
    found = attribute(network, args.address, args.image, args.method, to=args.to)
    numbers = found.image_dict(0)
    if args.out is not None:
        file = args.out / f"{file_name(found.unit.address)}-{args.method}.png"
        write_figure(found.figure(), file, quiet=args.quiet)
        numbers["file"] = str(file)
    if found.random and args.json:
        print(random_badge(network.source), file=sys.stderr)
    print(json.dumps(numbers) if args.json else found)
    return 0
