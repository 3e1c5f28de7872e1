"""``vizkit weights list|get|path|verify``: the files that weights are kept in."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from vizkit.cli.flags import add_json_and_quiet
from vizkit.cli.width import terminal_width
from vizkit.errors import WeightsInvalidError, WeightsNotFoundError
from vizkit.text import aligned

EXAMPLES = """examples:
  vizkit weights list googlenet
  vizkit weights get vgg16@hed efficientnet_lite0
  vizkit weights path googlenet@distilled
  vizkit weights verify

Files are kept in the checkpoint folder of the torch hub; TORCH_HOME moves it. With VIZKIT_OFFLINE=1
nothing is ever downloaded.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """List, get and check the files that weights are kept in."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list weights and where they are")
    listing.add_argument("pattern", metavar="PATTERN", nargs="?", help="part of a network's name")
    getting = actions.add_parser("get", help="fetch weights and print the paths of their files")
    path = actions.add_parser("path", help="print the paths of files that are at hand")
    for action in (getting, path):
        action.add_argument("sources", metavar="NAME[@TAG]", nargs="+")
    checking = actions.add_parser("verify", help="compare files with the published hashes")
    checking.add_argument(
        "sources", metavar="NAME[@TAG]", nargs="*", help="default: all that are at hand"
    )
    runs = {listing: run_list, getting: run_get, path: run_path, checking: run_verify}
    for action, run in runs.items():
        add_json_and_quiet(action)
        action.set_defaults(run=run)


def run_list(args: argparse.Namespace) -> int:
    """Print all weights that are kept in files."""
    from vizkit.networks.inventory import files

    records = [holding.as_dict() for holding in files(args.pattern)]
    _print_table(records, {"WEIGHTS": "source", "STATUS": "status", "ORIGIN": "origin"}, args.json)
    return 0


def run_get(args: argparse.Namespace) -> int:
    """Fetch weights."""
    from vizkit.networks.inventory import file_named

    records = []
    for holding in [file_named(source) for source in args.sources]:
        path, digest = holding.fetched()
        records.append({"source": holding.source, "path": str(path), "sha256": digest})
    _print_paths(records, args.json)
    return 0


def run_path(args: argparse.Namespace) -> int:
    """Print where weights are."""
    from vizkit.networks.inventory import file_named

    records = []
    for holding in [file_named(source) for source in args.sources]:
        if holding.path is None:
            raise WeightsNotFoundError(
                f"{holding.source} is not on this machine.\n"
                f"  Get it with: vizkit weights get {holding.source}\n"
                f"  {holding.instead()}"
            )
        records.append({"source": holding.source, "path": str(holding.path)})
    _print_paths(records, args.json)
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Compare files with their published hashes; 1 when one of them differs."""
    from vizkit.networks.inventory import file_named, files
    from vizkit.networks.weights.fetch import verify

    named = [file_named(source) for source in args.sources]
    records = []
    for holding in named or [file for file in files() if file.path is not None]:
        path, status = None, "absent"
        if holding.path is not None:
            path, status = str(holding.path), "ok"
            try:
                verify(holding.file, wanted_by=holding.source)
            except WeightsInvalidError as error:
                status = "damaged"
                print(error, file=sys.stderr)
        records.append({"source": holding.source, "path": path, "status": status})
    _print_table(records, {"WEIGHTS": "source", "STATUS": "status", "FILE": "path"}, args.json)
    return int(any(record["status"] != "ok" for record in records))


def _print_table(
    records: Sequence[Mapping[str, Any]], columns: Mapping[str, str], as_json: bool
) -> None:
    """Print what `columns` name, by their heads; or everything, as JSON."""
    rows = [[record[key] or "" for key in columns.values()] for record in records]
    print(json.dumps(records) if as_json else aligned([[*columns], *rows], width=terminal_width()))


def _print_paths(records: Sequence[Mapping[str, str]], as_json: bool) -> None:
    print(json.dumps(records) if as_json else "\n".join(record["path"] for record in records))
