"""``vizkit layers NET``: the layers of a network, with their names in the literature."""

from __future__ import annotations

import argparse
import json

from vizkit.cli.flags import add_json_and_quiet, add_network
from vizkit.cli.own_network import HELP, add_own_network, own_network
from vizkit.cli.width import terminal_width
from vizkit.layer_info import LayerInfo, layer_table

EXAMPLES = (
    """examples:
  vizkit layers vgg16
  vizkit layers googlenet --json
  vizkit layers timm:resnet26d
  vizkit layers net.py:make --input 28x28

The table marks the layers that a gallery shows by default with a star. Under a block that
concatenates stand its branches with their channels.

"""
    + HELP
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """List the layers of a network in forward order. No weights are needed."""
    add_network(parser)
    add_own_network(parser)
    add_json_and_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Print the layers."""
    said = own_network(args)
    if said:
        from vizkit.networks.load import load

        layers = load(args.network, **said).layers
    else:
        from vizkit.networks.registry import known_layers

        layers = known_layers(args.network) or _traced(args.network)
    print(
        json.dumps([layer.as_dict() for layer in layers])
        if args.json
        else layer_table(layers, terminal_width())
    )
    return 0


def _traced(network: str) -> tuple[LayerInfo, ...]:
    from vizkit.networks.outline import layers_of

    return layers_of(network)
