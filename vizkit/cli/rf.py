"""``vizkit rf NET``: what the units of every layer see of the image, and what the layers cost."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vizkit.cli.flags import add_json, add_plot, add_quiet, image_size
from vizkit.cli.outputs import check_figure, check_file, write_figure
from vizkit.cli.width import terminal_width
from vizkit.errors import UsageError
from vizkit.networks.asked import check_network
from vizkit.progress import ProgressBar

if TYPE_CHECKING:
    from vizkit.result import Result

_OF_ONE = ("layers", "unit", "to", "html", "csv", "verify")
"""Flags that speak of one network; with several, --json is a list."""

EXAMPLES = """examples:
  vizkit rf googlenet
  vizkit rf resnet50 --input 320x256 --layers layer3.5,layer4.2
  vizkit rf googlenet --unit inception4c:12@3,3         what one unit sees
  vizkit rf googlenet --to inception3a --layers inception4c
  vizkit rf vgg16 --verify                              prove every number on the network itself
  vizkit rf googlenet --html fields.html                to explore with the mouse
  vizkit rf vgg16 googlenet resnet50 --plot growth.png

No weights are needed, and none are downloaded. The table shows blocks as one row each, and leaves
out what repeats the field before it; --all, --json and --csv have every module that returns a
tensor, and every function.

Several networks are shown one after the other, and --json is a list of them then.

--verify lets NaN run through the unmodified network, from every edge that tells something about a
unit, and compares for every unit of every module what arrives with what was calculated. Where an
operation swallows NaN, derivatives of a copy with positive weights decide. Functions are covered by
the modules that call them. Exit code 1 if anything disagrees.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Receptive fields, output shapes, parameters and multiply-adds of all layers."""
    parser.add_argument(
        "networks", nargs="+", metavar="NET", help="googlenet, timm:NAME, FILE:FUNC"
    )
    parser.add_argument(
        "--input",
        type=image_size,
        metavar="SIZE",
        help="of the image: N, HxW or CxHxW (default: own)",
    )
    parser.add_argument("--layers", metavar="A,B", help="these layers only, by path or alias")
    parser.add_argument("--all", action="store_true", help="every row, nothing folded")
    parser.add_argument("--unit", metavar="LAYER:C@Y,X", help="what one unit sees")
    parser.add_argument(
        "--to", metavar="LAYER", help="what is seen of this layer, not of the image"
    )
    parser.add_argument("--verify", action="store_true", help="prove it on the network itself")
    add_json(parser)
    parser.add_argument("--csv", action="store_true", help="print comma-separated values to stdout")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page to explore")
    add_plot(parser, "growth over depth")
    add_quiet(parser)


def run(args: argparse.Namespace) -> int:
    """Print, write or prove what was asked for."""
    _check(args)
    for name in args.networks:
        check_network(name)
    from vizkit.receptive_fields import receptive_field

    networks = [receptive_field(name, args.input) for name in args.networks]
    if args.plot is not None:
        from vizkit.plots import receptive_field_growth

        write_figure(receptive_field_growth(*networks), args.plot)
    records, texts, certificate = [], [], None
    for fields in networks:
        if args.to is not None:
            fields = fields.relative_to(args.to)
        answers: dict[str, Result] = {}
        if args.unit is not None:
            answers["unit"] = fields.unit(args.unit)
        if args.layers is not None:
            fields = fields.only(name.strip() for name in args.layers.split(","))
        if args.html is not None:
            from vizkit.receptive_fields.page import write_page

            write_page(fields, args.html, command=args.command)
            print(f"Wrote {args.html}", file=sys.stderr)
        if args.verify:
            from vizkit.receptive_fields import verify

            with ProgressBar(quiet=args.quiet) as bar:
                certificate = verify(args.networks[0], args.input, progress=bar)
            answers["certificate"] = certificate
        if args.json:
            parts = {name: answer.as_dict() for name, answer in answers.items()}
            # Fields are of the architecture: the command names it without a tag of weights.
            records.append(fields.as_dict() | {"network": fields.network} | parts)
        elif args.csv:
            texts.append(fields.csv())
        elif answers:
            texts += map(str, answers.values())
        elif args.plot is None and args.html is None:
            texts.append(fields.table(every=args.all, unfold="--all", width=terminal_width()))
    if args.json:
        print(json.dumps(records if len(records) > 1 else records[0]))
    else:
        print(*texts, sep="\n\n", end="\n" if texts else "")
    return 0 if certificate is None or certificate.agree else 1


def _check(args: argparse.Namespace) -> None:
    """Find what does not go together before anything is calculated."""
    alone = [name for name in _OF_ONE if getattr(args, name) not in (None, False)]
    if len(args.networks) > 1 and alone:
        raise UsageError(
            f"{len(args.networks)} networks were given: {', '.join(args.networks)}.\n"
            f"  --{alone[0]} is of one network. Give one, or leave it out."
        )
    if args.json and args.csv:
        raise UsageError("--json and --csv were both given.\n  Leave one of them out.")
    if args.csv and (args.unit is not None or args.verify):
        raise UsageError(
            "--csv has rows of layers only.\n  Take --json for a unit or a certificate."
        )
    check_figure("--plot", args.plot)
    check_file("--html", args.html)
