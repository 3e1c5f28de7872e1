"""``vizkit layers NET``: the layers of a network, with their names in the literature."""

from __future__ import annotations

import argparse
import json
from typing import Any

from vizkit.cli.flags import add_json, add_quiet
from vizkit.layer_info import layer_table

_EXAMPLES = """examples:
  vizkit layers vgg16
  vizkit layers googlenet --json
  vizkit layers timm:resnet26d

The table marks the layers that a gallery shows by default with a star. Under a block that
concatenates stand its branches with their channels.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``vizkit layers``."""
    parser = subparsers.add_parser(
        "layers",
        help="list the layers of a network",
        description="List the layers of a network in forward order. No weights are needed.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("network", metavar="NET", help="googlenet, vgg16@hed, timm:NAME, FILE:FUNC")
    add_json(parser)
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the layers."""
    from vizkit.networks.outline import layers_of

    layers = layers_of(args.network)
    print(json.dumps([layer.as_dict() for layer in layers]) if args.json else layer_table(layers))
    return 0
