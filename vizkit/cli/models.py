"""``vizkit models``: the networks that vizkit knows and the weights of each."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from vizkit.cli.flags import add_json, add_quiet
from vizkit.text import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vizkit.networks.inventory import Holding

_EXAMPLES = """examples:
  vizkit models
  vizkit models resnet
  vizkit models 'timm:*lite*'

A network's default weights come first. Beside NAME@WEIGHTS, every command takes a network of your
own, path.py:factory, and weights of your own, --weights FILE.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``vizkit models``."""
    parser = subparsers.add_parser(
        "models",
        help="list networks and their weights",
        description="List the networks that can be named, with their weights and where these are.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "pattern",
        metavar="PATTERN",
        nargs="?",
        help="part of a name, or a shell pattern; timm:PATTERN lists timm's",
    )
    add_json(parser)
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the networks."""
    from vizkit.networks.inventory import holdings, matching

    names = matching(args.pattern)
    by_name: dict[str, list[Holding]] = {name: [] for name in names}
    for holding in holdings(names):
        by_name[holding.blueprint.name].append(holding)
    if args.json:
        print(json.dumps([_record(name, held) for name, held in by_name.items()]))
    else:
        rows = [("NETWORK", "WEIGHTS")]
        rows += [(name, ", ".join(map(_described, held))) for name, held in by_name.items()]
        print(aligned(rows))
    return 0


def _record(name: str, held: Sequence[Holding]) -> dict[str, Any]:
    return {
        "name": name,
        "default": held[0].blueprint.tag,
        "weights": [
            {"tag": each.blueprint.tag, "status": each.status, "offline": each.offline}
            for each in held
        ],
    }


def _described(holding: Holding) -> str:
    if holding.status == "none needed":
        return holding.blueprint.tag
    return f"{holding.blueprint.tag} ({holding.status})"
