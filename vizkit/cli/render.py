"""``vizkit render ADDRESS...``: pictures that units like best."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vizkit.address import Address, parse_address
from vizkit.cli.flags import add_json_and_quiet, add_rendering, add_weights_file, recipe_options
from vizkit.cli.outputs import check_folder
from vizkit.cli.own_network import HELP, add_own_network, own_network
from vizkit.errors import UsageError, nearest
from vizkit.networks.asked import check_addresses, check_network
from vizkit.progress import ProgressBar
from vizkit.rendering.recipe import Recipe

if TYPE_CHECKING:
    from vizkit.evidence import Card
    from vizkit.networks.network import Network
    from vizkit.rendering import Render
    from vizkit.rendering.plan import Block

_KINDS = ("auto", "channel", "neuron")
_LAYER = re.compile(r'/[^/:"]+:["\d]')
"""What an address has behind its network, and no network has."""

_WEAK = {
    "weaker": "the response fell; give more --steps, or other --views",
    "weak": "another channel of the layer responds fifty times as strongly to the picture",
}

EXAMPLES = (
    """examples:
  vizkit render googlenet@distilled/inception4c:447 --out pictures
  vizkit render vgg16@hed/conv4_3:0-7,40 --steps 256 --seed 3 --out pictures
  vizkit render 'efficientnet_lite0/logits:"zebra"' --out pictures
  vizkit render vgg16@hed/conv3_3:12@28,28 --json
  vizkit render googlenet@distilled/inception4c:447 --negative --out pictures
  vizkit render lenet5/c3:0-3 --scorecard --images digits
  vizkit render lenet5 --objective 'c3:1 + 0.5*c3:2 - 0.1*tv' --out pictures
  vizkit render net.py:make/conv1:0-7 --input 28x28 --mean 0.5 --std 0.25 --out pictures

Without --out nothing is written, and only the measurements are printed.

"""
    + HELP
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Render the picture that each unit likes best."""
    parser.add_argument(
        "addresses",
        metavar="ADDRESS",
        nargs="+",
        help="NETWORK[@WEIGHTS]/LAYER:CHANNELS[@y,x]; or a network alone, with --objective EXPR",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for one PNG per unit")
    parser.add_argument(
        "--objective",
        default="auto",
        metavar="EXPR",
        help="channel or neuron: the whole map, or its middle position (default: what the address "
        "says); with a network, terms joined by + and -: 'conv4_3:12 + 0.5*conv4_3:40 - 0.1*tv' "
        "(--objective=-conv4_3:12 for what a unit likes least)",
    )
    parser.add_argument(
        "--negative",
        action="store_true",
        help="what units like least; addresses of the results then begin with a minus",
    )
    parser.add_argument(
        "--scorecard",
        action="store_true",
        help="measure the pictures: robustness, spectrum, naturalness, against photographs",
    )
    parser.add_argument(
        "--images",
        metavar="DIR",
        help="photographs for --scorecard: a folder or the name of a set (default: photographs)",
    )
    add_rendering(parser)
    add_weights_file(parser)
    add_own_network(parser)
    add_json_and_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Render, save and print; 1 when a unit failed."""
    if args.objective not in _KINDS and not _is_network(args.addresses):
        raise UsageError(
            f"objective={args.objective!r} is none of units. {nearest(args.objective, _KINDS)}\n"
            f"  Allowed: {', '.join(_KINDS)}; any other one goes with a network instead of units."
        )
    addresses = [parse_address(text) for text in args.addresses] if args.objective in _KINDS else []
    if args.weights is not None and len({each.network for each in addresses}) > 1:
        raise UsageError("--weights FILE goes with addresses of one network only.")
    if args.images is not None and not args.scorecard:
        raise UsageError("--images goes with --scorecard.\n  Add --scorecard, or leave it away.")
    if args.scorecard and (args.negative or not addresses):
        raise UsageError(
            "--scorecard is of units, and an objective or a negative is none.\n"
            "  Give addresses, without --negative."
        )
    if args.negative and not addresses:
        raise UsageError(
            "--negative goes with units, and an objective has signs of its own.\n"
            "  Write them in it: --objective='-conv4_3:12'; or give addresses."
        )
    check_folder("--out", args.out)
    check_addresses(addresses, file=args.weights is not None)
    if not addresses:
        check_network(args.addresses[0], file=args.weights is not None)

    from vizkit.rendering import stream

    files: dict[int, tuple[Render, Path | None]] = {}
    blocks = _plan(args, addresses)
    with ProgressBar(quiet=args.quiet) as bar:
        for place, render in stream(blocks, bar):
            saved = args.out is not None and not render.error
            files[place] = render, render.save(args.out) if saved else None
    results = [files[place] for place in sorted(files)]
    cards = _cards(args, blocks, [render for render, _ in results])
    if args.out is None and not args.quiet:
        print("Nothing was saved. Add --out DIR for a PNG per unit.", file=sys.stderr)
    if args.json:
        rows = [_row(render, path, cards.get(render.address)) for render, path in results]
        print(json.dumps(rows, indent=1))
    else:
        for render, path in results:
            print(f"{render}  {path}" if path else render)
            if card := cards.get(render.address):
                print(card.table())
    for state, means in _WEAK.items() if not args.quiet else ():
        if units := [render.address for render, _ in results if render.state == state]:
            print(f"{state}: {', '.join(units)}: {means}", file=sys.stderr)
    failed = [render for render, _ in results if render.error]
    for render in failed:
        print(f"failed: {render.address}: {render.error}", file=sys.stderr)
    return 1 if failed else 0


def _plan(args: argparse.Namespace, addresses: Sequence[Address]) -> list[Block]:
    """Blocks of the units at `addresses`; without any, the one of the objective."""
    from vizkit.networks.load import load
    from vizkit.networks.units import find_all
    from vizkit.rendering import parse_objective, plan_objective, plan_units

    said = own_network(args)

    def open_network(source: str) -> Network:
        return load(source, weights=args.weights, device=args.device, **said)

    options: Any = {
        "recipe": Recipe(**recipe_options(args)),
        "seed": args.seed,
        "size": args.size,
    }
    if not addresses:
        network = open_network(args.addresses[0])
        return plan_objective(network, parse_objective(args.objective, network), **options)
    units = find_all(addresses, None, open_network)
    return plan_units(
        units,
        neuron=args.objective == "neuron",
        negative=args.negative,
        block_size=args.block_size,
        **options,
    )


def _cards(
    args: argparse.Namespace, blocks: Sequence[Block], renders: Sequence[Render]
) -> dict[str, Card]:
    """Cards by address, of all pictures that there are; none without ``--scorecard``."""
    if not args.scorecard:
        return {}

    from vizkit.evidence import scorecard

    cards: dict[str, Card] = {}
    networks = {block.renderer.network.source: block.renderer.network for block in blocks}
    with ProgressBar(quiet=args.quiet) as bar:
        for source, network in networks.items():
            drawn = [
                render for render in renders if not render.error and render.unit.source == source
            ]
            measured = scorecard(network, drawn, images=args.images or "photographs", progress=bar)
            cards |= {card.unit.address: card for card in measured}
    return cards


def _is_network(texts: Sequence[str]) -> bool:
    """Whether a network stands in place of addresses: one text that names no layer."""
    return len(texts) == 1 and _LAYER.search(texts[0]) is None


def _row(render: Render, path: Path | None, card: Card | None) -> dict[str, Any]:
    row = render.as_dict() | {
        "file": None if path is None else str(path),
        "scorecard": None if card is None else card.as_dict(),
    }
    return row | {"error": render.error} if render.error else row
