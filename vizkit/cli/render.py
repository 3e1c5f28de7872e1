"""``vizkit render ADDRESS...``: pictures that units like best."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vizkit.address import Address, parse_address
from vizkit.cli.flags import (
    add_json,
    add_quiet,
    add_rendering,
    add_weights_file,
    recipe_options,
)
from vizkit.cli.outputs import check_folder
from vizkit.errors import UsageError
from vizkit.progress import Progress, ProgressBar
from vizkit.rendering.recipe import KINDS, Recipe, check_kind

if TYPE_CHECKING:
    from vizkit.networks.network import Network
    from vizkit.rendering import Render, Step

_LAYER = re.compile(r'/[^/:"]+:["\d]')
"""What an address has behind its network, and no network has."""

_EXAMPLES = """examples:
  vizkit render googlenet@distilled/inception4c:447 --out pictures
  vizkit render vgg16@hed/conv4_3:0-7,40 --steps 256 --seed 3 --out pictures
  vizkit render 'efficientnet_lite0/logits:"zebra"' --out pictures
  vizkit render vgg16@hed/conv3_3:12@28,28 --json
  vizkit render lenet5 --objective 'c3:1 + 0.5*c3:2 - 0.1*tv' --out pictures

Without --out nothing is written, and only the measurements are printed.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``vizkit render``."""
    parser = subparsers.add_parser(
        "render",
        help="render the pictures that units like best",
        description="Render the picture that each unit likes best.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
        "says); with a network, terms joined by + and -: 'conv4_3:12 + 0.5*conv4_3:40 - 0.1*tv'",
    )
    add_rendering(parser)
    add_weights_file(parser)
    add_json(parser)
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Render, save and print; 1 when a unit failed."""
    expression = args.objective not in KINDS and _is_network(args.addresses)
    addresses = [] if expression else [parse_address(text) for text in args.addresses]
    if addresses:
        check_kind(args.objective)
    if args.weights is not None and len({each.network for each in addresses}) > 1:
        raise UsageError("--weights FILE goes with addresses of one network only.")
    check_folder("--out", args.out)

    results = _render(args, addresses)
    failed = [render for render, _ in results if render.error]
    if args.json:
        print(json.dumps([_row(render, path) for render, path in results], indent=1))
    else:
        for render, path in results:
            print(_line(render, path))
    for render in failed:
        print(f"failed: {render.address}: {render.error}", file=sys.stderr)
    return 1 if failed else 0


def _render(
    args: argparse.Namespace, addresses: Sequence[Address]
) -> list[tuple[Render, Path | None]]:
    """Render all units, saving each block as soon as it is done; in the order asked."""
    from vizkit.networks.load import load
    from vizkit.networks.units import find_all
    from vizkit.rendering import plan_blocks, plan_objective

    def open_network(source: str) -> Network:
        return load(source, weights=args.weights, device=args.device)

    recipe = Recipe(**recipe_options(args))
    if addresses:
        blocks = plan_blocks(
            find_all(addresses, None, open_network),
            objective=args.objective,
            recipe=recipe,
            seed=args.seed,
            size=args.size,
            block_size=args.block_size,
        )
    else:
        blocks = [
            plan_objective(
                open_network(args.addresses[0]),
                args.objective,
                recipe=recipe,
                seed=args.seed,
                size=args.size,
            )
        ]
    count = sum(len(block.places) for block in blocks)
    found: dict[int, tuple[Render, Path | None]] = {}
    with ProgressBar(quiet=args.quiet) as bar:

        def follow(step: Step) -> None:
            part = len(step.addresses) * step.step / step.steps
            bar(Progress(len(found) + part, count, step.addresses[0]))

        for block in blocks:
            for place, render in zip(block.places, block.render(follow), strict=True):
                path = None if args.out is None or render.error else render.save(args.out)
                found[place] = (render, path)
    return [found[place] for place in sorted(found)]


def _is_network(texts: Sequence[str]) -> bool:
    """Whether a network stands in place of addresses: one text that names no layer."""
    return len(texts) == 1 and _LAYER.search(texts[0]) is None


def _row(render: Render, path: Path | None) -> dict[str, Any]:
    row = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in render.as_dict().items()
    }
    row["file"] = None if path is None else str(path)
    return row | {"error": render.error} if render.error else row


def _line(render: Render, path: Path | None) -> str:
    state = "failed" if render.error else "dead" if render.dead else "ok"
    badge = "  RANDOM WEIGHTS" if render.random else ""
    where = "" if path is None else f"  {path}"
    return (
        f"{render.address}  {state}  response {render.initial:.3g} -> {render.final:.3g}"
        f"  peak {render.peak:.3g}{badge}{where}"
    )
