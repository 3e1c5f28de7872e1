"""``vizkit gallery run|status|build``: make a gallery, see how far it is, build its pages."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from vizkit.cli.flags import add_json, add_quiet, add_rendering, add_weights_file
from vizkit.cli.outputs import check_folder
from vizkit.cli.progress import ProgressBar

_EXAMPLES = """examples:
  vizkit gallery run googlenet@distilled --channels 0-15 --out my_gallery
  vizkit gallery run vgg16@hed --layers conv3_3,conv4_3 --steps 256 --out my_gallery
  vizkit gallery status my_gallery
  vizkit gallery build my_gallery

Run the same command again to go on where it stopped. Several networks can share a folder.
On several machines that share a folder, give each one a share: --shard 1/4 ... --shard 4/4,
then: vizkit gallery build my_gallery
"""


def add_parser(subparsers: Any) -> None:
    """Add ``vizkit gallery`` and its verbs."""
    parser = subparsers.add_parser(
        "gallery",
        help="make a gallery of a network's units to browse",
        description="Make a gallery of a network's units, to browse from the file system.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True, parser_class=type(parser))
    _add_run(verbs)
    status = verbs.add_parser("status", help="how far a gallery is, from its files alone")
    status.add_argument("folder", type=Path, metavar="DIR")
    add_json(status)
    add_quiet(status)
    status.set_defaults(run=show_status)
    build = verbs.add_parser("build", help="build the pages from what is stored")
    build.add_argument("folder", type=Path, metavar="DIR")
    add_quiet(build)
    build.set_defaults(run=build_site)


def _add_run(verbs: Any) -> None:
    run = verbs.add_parser(
        "run",
        help="compute what is missing, then build the pages",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("network", metavar="NET", help="googlenet, vgg16@hed, timm:NAME, FILE:FUNC")
    run.add_argument("--out", type=Path, required=True, metavar="DIR", help="the gallery folder")
    run.add_argument("--layers", metavar="A,B", help="layers (default: the network's own list)")
    run.add_argument("--channels", metavar="0-7,40", help="channels of each layer (default: all)")
    run.add_argument(
        "--shard", type=shard, default=(1, 1), metavar="K/N", help="do the K-th of N shares only"
    )
    add_rendering(run)
    add_weights_file(run)
    add_quiet(run)
    run.set_defaults(run=run_gallery)


def shard(text: str) -> tuple[int, int]:
    """(k, n) that ``"3/8"`` spells, for argparse."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a share; write 1/4 to 4/4")
    return int(found[1]), int(found[2])


def run_gallery(args: argparse.Namespace) -> int:
    """Plan, compute what is missing, build the site; 1 when a unit failed."""
    check_folder("--out", args.out)

    from vizkit.gallery.planning import extend, make_plan
    from vizkit.gallery.run import run
    from vizkit.gallery.site.build import build
    from vizkit.gallery.store import Store
    from vizkit.networks.load import load
    from vizkit.rendering import Recipe

    talk = _Talk(quiet=args.quiet)
    options: dict[str, Any] = {"dtype": args.dtype}
    if args.steps is not None:
        options["steps"] = args.steps
    network = load(args.network, weights=args.weights, device=args.device or "auto")
    if network.weights.random:
        talk(f"{network.source}: RANDOM WEIGHTS, every page will say so.")
    store = Store(args.out)
    known = store.read_plan(network.source) if network.source in store.sources() else None
    asked = make_plan(
        network,
        layers=None if args.layers is None else [name.strip() for name in args.layers.split(",")],
        channels=args.channels,
        recipe=Recipe(**options),
        seed=args.seed,
        size=args.size,
        block_size=args.block_size,
        known=known,
    )
    plan = extend(store, asked, [layer.name for layer in network.layers])
    try:
        with ProgressBar(1.0, quiet=args.quiet) as bar:
            outcome = run(
                network,
                plan,
                store,
                shard=args.shard,
                command=args.command,
                callback=bar.follow,
            )
        if outcome.computed == 0 and not outcome.failed:
            talk(f"{network.source}: nothing to do, everything asked for is there.")
        for address, reason in outcome.failed:
            print(f"failed: {address}: {reason}", file=sys.stderr)
        number, count = args.shard
        page = build(args.out).index if count == 1 else None
    except BaseException:
        print(f"\nWhat is done is kept. Go on with:\n  {args.command}", file=sys.stderr)
        raise
    if page is None:
        talk(f"Share {number}/{count} is done. Then: vizkit gallery build {args.out}")
    else:
        print(page)
    return 1 if outcome.failed else 0


def show_status(args: argparse.Namespace) -> int:
    """Print the counts of a gallery."""
    from vizkit.gallery.status import status

    found = status(args.folder)
    if args.json:
        print(json.dumps(found.as_json(), indent=1))
        return 0
    for source, counts in found.networks.items():
        print(
            f"{source}: {counts.done} of {counts.planned} done, {counts.pending} pending, "
            f"{counts.failed} failed, {counts.dead} dead, {counts.running} running"
        )
    for failure in found.failures:
        print(f"failed: {failure.address} ({failure.study}): {failure.error}")
    if found.damaged:
        count = len(found.damaged)
        print(f"{count} damaged {'file' if count == 1 else 'files'}; a run writes them anew:")
        print(*(f"  {path}" for path in found.damaged), sep="\n")
    return 0


def build_site(args: argparse.Namespace) -> int:
    """Build the pages and print the one to open."""
    from vizkit.gallery.site.build import build

    report = build(args.folder)
    _Talk(quiet=args.quiet)(f"{report.pages} pages, {report.removed} outdated ones removed.")
    print(report.index)
    return 0


class _Talk:
    """Sentences on stderr, unless they were asked to stop."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def __call__(self, sentence: str) -> None:
        if not self._quiet:
            print(sentence, file=sys.stderr, flush=True)
