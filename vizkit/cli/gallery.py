"""``vizkit gallery run|status|build``: make a gallery, see how far it is, build its pages."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from vizkit.cli.flags import (
    add_json_and_quiet,
    add_network,
    add_quiet,
    add_rendering,
    add_weights_file,
    recipe_options,
)
from vizkit.cli.outputs import check_folder
from vizkit.cli.own_network import HELP, add_own_network, own_network
from vizkit.errors import UsageError, VizkitError
from vizkit.networks.asked import check_layers
from vizkit.progress import ProgressBar
from vizkit.text import random_badge

EXAMPLES = (
    """examples:
  vizkit gallery run googlenet@distilled --channels 0-15 --out my_gallery
  vizkit gallery run vgg16@hed --layers conv3_3,conv4_3 --steps 256 --out my_gallery
  vizkit gallery run net.py:make --input 28x28 --mean 0.5 --std 0.25 --out my_gallery
  vizkit gallery status my_gallery
  vizkit gallery build my_gallery

Run the same command again to go on where it stopped. Several networks can share a folder.
On several machines that share a folder, give each one a share: --shard 1/4 ... --shard 4/4,
then: vizkit gallery build my_gallery

"""
    + HELP
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Make a gallery of a network's units, to browse from the file system."""
    verbs = parser.add_subparsers(metavar="VERB", required=True, parser_class=type(parser))
    _add_run(verbs)
    status = verbs.add_parser("status", help="how far a gallery is, from its files alone")
    status.add_argument("folder", type=Path, metavar="DIR")
    add_json_and_quiet(status)
    status.set_defaults(run=show_status)
    build = verbs.add_parser("build", help="build the pages from what is stored")
    build.add_argument("folder", type=Path, metavar="DIR")
    add_quiet(build)
    build.set_defaults(run=build_site)


def _add_run(verbs: Any) -> None:
    run = verbs.add_parser(
        "run",
        help="compute what is missing, then build the pages",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_network(run)
    run.add_argument("--out", type=Path, required=True, metavar="DIR", help="the gallery folder")
    run.add_argument("--layers", metavar="A,B", help="layers (default: the network's own list)")
    run.add_argument("--channels", metavar="0-7,40", help="channels of each layer (default: all)")
    run.add_argument(
        "--shard", type=shard, default=(1, 1), metavar="K/N", help="do the K-th of N shares only"
    )
    run.add_argument(
        "--studies",
        metavar="A,B",
        help="kinds of evidence, e.g. renders,tuning (default: all usual)",
    )
    run.add_argument(
        "--option",
        type=option,
        action="append",
        default=[],
        metavar="STUDY.KEY=VALUE",
        help="what to ask of a study that has options; holds for later runs too",
    )
    add_rendering(run)
    add_weights_file(run)
    add_own_network(run)
    add_quiet(run)
    run.set_defaults(run=run_gallery)


def shard(text: str) -> tuple[int, int]:
    """(k, n) that ``"3/8"`` spells, for argparse."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a share; write 1/4 to 4/4")
    return int(match[1]), int(match[2])


def option(text: str) -> tuple[str, str, str]:
    """(study, key, value) that ``"notes.words=3"`` spells, for argparse."""
    match = re.fullmatch(r"(\w+)\.(\w+)=(.*)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no option of a study; write NAME.KEY=VALUE")
    return match[1], match[2], match[3]


def run_gallery(args: argparse.Namespace) -> int:
    """Plan, compute what is missing, build the site; 1 when a unit failed."""
    check_folder("--out", args.out)
    check_layers(args.network, _names(args.layers) or (), file=args.weights is not None)

    from vizkit.gallery import make
    from vizkit.networks.load import load
    from vizkit.rendering import Recipe

    said = own_network(args)
    network = args.network
    if said:
        network = load(network, weights=args.weights, device=args.device or "auto", **said)

    try:
        with ProgressBar(quiet=args.quiet) as bar:
            made = make(
                network,
                args.out,
                layers=_names(args.layers),
                channels=args.channels,
                studies=_studies(args),
                recipe=Recipe(**recipe_options(args)),
                seed=args.seed,
                size=args.size,
                block_size=args.block_size,
                shard=args.shard,
                weights=args.weights,
                device=args.device or "auto",
                command=args.command,
                progress=bar,
            )
    except VizkitError:
        raise
    except BaseException:
        print(f"\nWhat is done is kept. Go on with:\n  {args.command}", file=sys.stderr)
        raise
    for source in made.random:
        _talk(args, f"{random_badge(source)}; every page says so.")
    if made.computed == 0 and not made.failed:
        _talk(args, f"{args.network}: nothing to do, everything asked for is there.")
    for failure in made.failed:
        print(f"failed: {failure.address}: {failure.error}", file=sys.stderr)
    if made.index is None:
        number, count = args.shard
        _talk(args, f"Share {number}/{count} is done. Then: vizkit gallery build {args.out}")
    else:
        print(made.index)
    return 1 if made.failed else 0


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",")]


def _studies(args: argparse.Namespace) -> dict[str, dict[str, str]] | None:
    """What is asked of each study; None when nothing was said of studies."""
    from vizkit.gallery.registry import STUDIES, choose

    names = _names(args.studies)
    if names is None and not args.option:
        return None
    options: dict[str, dict[str, str]] = {study.name: {} for study in choose(names)}
    for name, key, value in args.option:
        if name not in options:
            study = STUDIES[name]  # says which there are
            raise UsageError(
                f"--option {name}.{key} is of a study that is left out.\n"
                f"  Name it: --studies {','.join([*options, study.name])}"
            )
        options[name][key] = value
    return options


def show_status(args: argparse.Namespace) -> int:
    """Print the counts of a gallery."""
    from vizkit.gallery import status

    state = status(args.folder)
    print(json.dumps(state.as_dict(), indent=1) if args.json else state)
    return 0


def build_site(args: argparse.Namespace) -> int:
    """Build the pages and print the one to open."""
    from vizkit.gallery import build

    site = build(args.folder)
    _talk(args, str(site))
    print(site.index)
    return 0


def _talk(args: argparse.Namespace, sentence: str) -> None:
    """A sentence on stderr, unless they were asked to stop."""
    if not args.quiet:
        print(sentence, file=sys.stderr, flush=True)
