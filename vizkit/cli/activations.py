"""``vizkit activations IMAGE NET``: which channels answer a photograph, layer by layer."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from vizkit.cli.flags import (
    add_device,
    add_json_and_quiet,
    add_network,
    add_plot,
    add_weights_file,
    positive,
)
from vizkit.cli.outputs import check_figure, check_folder, write_figure
from vizkit.cli.own_network import add_own_network, own_network
from vizkit.networks.asked import check_layers
from vizkit.text import random_badge

EXAMPLES = """examples:
  vizkit activations cat.jpg efficientnet_lite0
  vizkit activations cat.jpg googlenet@distilled --layers inception4c,inception5b --top 10
  vizkit activations cat.jpg vgg16@hed --json
  vizkit activations cat.jpg efficientnet_lite0 --plot volumes.png
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``vizkit activations``."""
    parser.description = (
        "For each layer the channels with the largest mean response to a photograph, "
        "after the ReLU where the layer has one; for a classifier its best classes."
    )
    parser.add_argument("image", metavar="IMAGE", type=Path, help="PNG, JPEG, ... file")
    add_network(parser)
    parser.add_argument(
        "--layers", metavar="A,B", help="names or aliases (default: those a gallery shows)"
    )
    parser.add_argument(
        "--top", type=positive, default=5, metavar="N", help="how many of each (default 5)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="also write activations.json and maps as PNG there"
    )
    add_plot(parser, "a column of maps for each layer, and the scores")
    add_weights_file(parser)
    add_own_network(parser)
    add_device(parser)
    add_json_and_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Print the strongest channels and the best classes."""
    layers = args.layers.split(",") if args.layers else None
    check_layers(args.network, layers or (), file=args.weights is not None)

    from vizkit.activations import image_activations
    from vizkit.networks.load import load

    check_folder("--out", args.out)
    check_figure("--plot", args.plot)
    network = load(args.network, weights=args.weights, device=args.device, **own_network(args))
    activations = image_activations(
        network, layers, image=args.image, channels=args.top, classes=args.top
    )
    if args.out is not None:
        activations.save(args.out)
    if activations.random and args.json:
        print(random_badge(network.source), file=sys.stderr)
    print(json.dumps(activations.as_dict()) if args.json else activations)
    if args.plot is not None:
        write_figure(activations.figure(), args.plot, quiet=args.quiet)
    return 0
