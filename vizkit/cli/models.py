"""``vizkit models``: the networks that vizkit knows and the weights of each."""

from __future__ import annotations

import argparse
import json
from typing import Any

from vizkit.cli.flags import add_json_and_quiet
from vizkit.cli.width import terminal_width
from vizkit.text import aligned

EXAMPLES = """examples:
  vizkit models
  vizkit models resnet
  vizkit models 'timm:*lite*'

A network's default weights come first. Beside NAME@WEIGHTS, every command takes a network of your
own, path.py:factory, and weights of your own, --weights FILE.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """List the networks that can be named, with their weights and where these are."""
    parser.add_argument(
        "pattern",
        metavar="PATTERN",
        nargs="?",
        help="part of a name, or a shell pattern; timm:PATTERN lists timm's",
    )
    add_json_and_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Print the networks."""
    from vizkit.networks.inventory import holdings

    records: dict[str, dict[str, Any]] = {}
    for holding in holdings(args.pattern):
        name, tag = holding.name, holding.tag
        record = records.setdefault(name, {"name": name, "default": tag, "weights": []})
        kind = {"tag": tag, "status": holding.status, "offline": holding.offline}
        record["weights"].append(kind)
    if args.json:
        print(json.dumps(list(records.values())))
    else:
        rows = [("NETWORK", "WEIGHTS")]
        for name, record in records.items():
            kinds = [(kind["tag"], kind["status"]) for kind in record["weights"]]
            tags = [t if status == "none needed" else f"{t} ({status})" for t, status in kinds]
            rows.append((name, ", ".join(tags)))
        print(aligned(rows, width=terminal_width()))
    return 0
