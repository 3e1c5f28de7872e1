"""``vizkit layers NET``: the layers of a network, with their names in the literature."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vizkit.cli.flags import add_json, add_quiet
from vizkit.text import aligned

if TYPE_CHECKING:
    from vizkit.layer_info import LayerInfo

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
    print(json.dumps([_row(layer) for layer in layers]) if args.json else _table(layers))
    return 0


def _row(layer: LayerInfo) -> dict[str, Any]:
    return {
        "name": layer.name,
        "aliases": list(layer.aliases),
        "op": layer.op,
        "channels": layer.channels,
        "shape": list(layer.shape),
    }


def _table(layers: Sequence[LayerInfo]) -> str:
    rows = [("", "LAYER", "ALIASES", "OP", "OUTPUT")]
    for layer in layers:
        star = "*" if layer.published else ""
        shape = " x ".join(map(str, layer.shape))
        rows.append((star, layer.name, ", ".join(layer.aliases), layer.op, shape))
        if layer.published:
            for branch in layer.branches:
                channels = f"channels {branch.start}-{branch.stop - 1}"
                rows.append(("", f"  {branch.name}", "", channels, ""))
    return aligned(rows)
