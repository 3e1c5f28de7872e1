"""``vizkit models``: the networks that vizkit knows and the weights of each."""

from __future__ import annotations

import argparse
import json
from typing import Any

from vizkit.cli.flags import add_json, add_quiet
from vizkit.text import aligned

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
    from vizkit.networks.inventory import holdings

    records: dict[str, dict[str, Any]] = {}
    for holding in holdings(args.pattern):
        name, tag = holding.blueprint.name, holding.blueprint.tag
        record = records.setdefault(name, {"name": name, "default": tag, "weights": []})
        kind = {"tag": tag, "status": holding.status, "offline": holding.offline}
        record["weights"].append(kind)
    if args.json:
        print(json.dumps(list(records.values())))
    else:
        kinds = [(name, map(_described, record["weights"])) for name, record in records.items()]
        print(aligned([("NETWORK", "WEIGHTS"), *((name, ", ".join(tags)) for name, tags in kinds)]))
    return 0


def _described(kind: dict[str, Any]) -> str:
    tag, status = kind["tag"], kind["status"]
    return tag if status == "none needed" else f"{tag} ({status})"
