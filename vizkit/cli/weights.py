"""``vizkit weights list|get|path|verify``: the files that weights are kept in."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from vizkit.cli.flags import add_json, add_quiet
from vizkit.errors import UsageError, WeightsInvalidError, WeightsNotFoundError
from vizkit.text import aligned

if TYPE_CHECKING:
    from vizkit.networks.inventory import Holding

_EXAMPLES = """examples:
  vizkit weights list googlenet
  vizkit weights get vgg16@hed efficientnet_lite0
  vizkit weights path googlenet@distilled
  vizkit weights verify

Files are kept in the checkpoint folder of the torch hub; TORCH_HOME moves it. With VIZKIT_OFFLINE=1
nothing is ever downloaded.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``vizkit weights``."""
    parser = subparsers.add_parser(
        "weights",
        help="list, get and check weights files",
        description="List, get and check the files that weights are kept in.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list weights and where they are")
    listing.add_argument("pattern", metavar="PATTERN", nargs="?", help="part of a network's name")
    listing.set_defaults(run=run_list)
    getting = actions.add_parser("get", help="fetch weights and print the paths of their files")
    getting.add_argument("sources", metavar="NAME[@TAG]", nargs="+")
    getting.set_defaults(run=run_get)
    path = actions.add_parser("path", help="print the paths of files that are at hand")
    path.add_argument("sources", metavar="NAME[@TAG]", nargs="+")
    path.set_defaults(run=run_path)
    checking = actions.add_parser("verify", help="compare files with the published hashes")
    checking.add_argument(
        "sources", metavar="NAME[@TAG]", nargs="*", help="default: all that are at hand"
    )
    checking.set_defaults(run=run_verify)
    for action in (listing, getting, path, checking):
        add_json(action)
        add_quiet(action)


def run_list(args: argparse.Namespace) -> int:
    """Print all weights that are kept in files."""
    from vizkit.networks.inventory import holdings, matching

    held = [each for each in holdings(matching(args.pattern)) if each.blueprint.weights is not None]
    if args.json:
        print(json.dumps([_record(each) for each in held]))
        return 0
    rows = [("WEIGHTS", "STATUS", "ORIGIN")]
    for each in held:
        assert each.blueprint.weights is not None
        rows.append((each.blueprint.source, each.status, each.blueprint.weights.origin))
    print(aligned(rows))
    return 0


def run_get(args: argparse.Namespace) -> int:
    """Fetch weights."""
    from vizkit.networks.inventory import instead
    from vizkit.networks.weights.fetch import fetch

    records = []
    for each in _asked(args.sources):
        assert each.blueprint.weights is not None
        path, digest = fetch(
            each.blueprint.weights, wanted_by=each.blueprint.source, instead=instead(each.blueprint)
        )
        records.append({"source": each.blueprint.source, "path": str(path), "sha256": digest})
    _print_paths(records, as_json=args.json)
    return 0


def run_path(args: argparse.Namespace) -> int:
    """Print where weights are."""
    from vizkit.networks.inventory import instead

    records = []
    for each in _asked(args.sources):
        if each.path is None:
            raise WeightsNotFoundError(
                f"{each.blueprint.source} is not on this machine.\n"
                f"  Get it with: vizkit weights get {each.blueprint.source}\n"
                f"  {instead(each.blueprint)}"
            )
        records.append({"source": each.blueprint.source, "path": str(each.path)})
    _print_paths(records, as_json=args.json)
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Compare files with their published hashes; 1 when one of them differs."""
    from vizkit.networks.inventory import holdings, matching
    from vizkit.networks.weights.fetch import verify

    held = _asked(args.sources) if args.sources else holdings(matching())
    records = []
    for each in held:
        if each.blueprint.weights is None or (each.path is None and not args.sources):
            continue
        status = "ok" if each.path is not None else "absent"
        if each.path is not None:
            try:
                verify(each.blueprint.weights, wanted_by=each.blueprint.source)
            except WeightsInvalidError as error:
                status = "damaged"
                print(error, file=sys.stderr)
        path = None if each.path is None else str(each.path)
        records.append({"source": each.blueprint.source, "path": path, "status": status})
    if args.json:
        print(json.dumps(records))
    else:
        rows = [("WEIGHTS", "STATUS", "FILE")]
        rows += [(r["source"] or "", r["status"] or "", r["path"] or "") for r in records]
        print(aligned(rows))
    return int(any(record["status"] != "ok" for record in records))


def _asked(sources: list[str]) -> list[Holding]:
    """Weights that `sources` name; each must be kept in a file."""
    from vizkit.networks import registry
    from vizkit.networks.inventory import holdings

    found = []
    for source in sources:
        blueprint = registry.blueprint(*registry.split(source))
        if blueprint.weights is None:
            raise UsageError(
                f"{blueprint.source} is drawn anew each time and has no file.\n"
                f"  See what has one: vizkit weights list {blueprint.name}"
            )
        found += [h for h in holdings((blueprint.name,)) if h.blueprint.tag == blueprint.tag]
    return found


def _record(holding: Holding) -> dict[str, Any]:
    weights = holding.blueprint.weights
    assert weights is not None
    return {
        "source": holding.blueprint.source,
        "status": holding.status,
        "offline": holding.offline,
        "file": weights.file,
        "path": None if holding.path is None else str(holding.path),
        "sha256": weights.sha256,
        "origin": weights.origin,
    }


def _print_paths(records: list[dict[str, str]], *, as_json: bool) -> None:
    print(json.dumps(records) if as_json else "\n".join(record["path"] for record in records))
