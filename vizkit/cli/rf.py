"""``vizkit rf NET``: what the units of every layer see of the image, and what the layers cost."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vizkit.cli import rf_records, rf_table
from vizkit.cli.flags import add_json, add_quiet, positive
from vizkit.cli.outputs import check_figure, check_file
from vizkit.errors import UsageError
from vizkit.files import write_bytes
from vizkit.progress import Progress, ProgressBar

if TYPE_CHECKING:
    from vizkit.receptive_fields import LayerField, ReceptiveFields
    from vizkit.receptive_fields.oracle import Certificate

_EXAMPLES = """examples:
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

--verify lets NaN run through the unmodified network, from every edge that tells something about a
unit, and compares for every unit of every module what arrives with what was calculated. Where an
operation swallows NaN, derivatives of a copy with positive weights decide. Functions are covered by
the modules that call them. Exit code 1 if anything disagrees.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``vizkit rf``."""
    parser = subparsers.add_parser(
        "rf",
        help="receptive fields of a network's layers, exact",
        description="Receptive fields, output shapes, parameters and multiply-adds of all layers.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "networks", nargs="+", metavar="NET", help="googlenet, timm:NAME, FILE:FUNC"
    )
    parser.add_argument(
        "--input", type=_size, metavar="SIZE", help="of the image: N, HxW or CxHxW (default: own)"
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
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw growth over depth: PNG, PDF or SVG"
    )
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print, write or prove what was asked for."""
    _check(args)
    from vizkit.receptive_fields import receptive_field

    all_fields = [receptive_field(name, args.input) for name in args.networks]
    fields = all_fields[0] if args.to is None else all_fields[0].relative_to(args.to)
    rows, folded = _rows(fields, args)
    unit = None if args.unit is None else fields.unit(args.unit)
    if args.plot is not None:
        _plot(all_fields, args.plot)
    if args.html is not None:
        from vizkit.receptive_fields.page import write_page

        write_page(fields, args.html, command=args.command)
        _wrote(args.html)
    proof = _proof(all_fields[0], args) if args.verify else None
    if args.json:
        record = rf_records.network_record(fields, rows)
        if unit is not None:
            record["unit"] = rf_records.unit_record(unit, fields.density(args.unit))
        if proof is not None:
            record["certificate"] = rf_records.certificate_record(*proof)
        print(json.dumps(record))
    elif args.csv:
        print(rf_records.csv_table(rows))
    else:
        texts = []
        title = args.networks[0]
        if unit is not None:
            texts.append(rf_table.unit_text(fields, unit, fields.density(args.unit), title=title))
        if proof is not None:
            texts.append(rf_table.certificate_text(*proof))
        if not texts and args.plot is None and args.html is None:
            texts.append(rf_table.layer_table(fields, rows, folded, title=title))
        print(*texts, sep="\n\n", end="\n" if texts else "")
    return 0 if proof is None or proof[0].agree else 1


def _check(args: argparse.Namespace) -> None:
    """Find what does not go together before anything is calculated."""
    if len(args.networks) > 1 and (args.plot is None or _alone(args)):
        raise UsageError(
            f"{len(args.networks)} networks were given: {', '.join(args.networks)}.\n"
            "  Give one, or compare them in one figure: --plot FILE.png, and nothing else."
        )
    if args.json and args.csv:
        raise UsageError("--json and --csv were both given.\n  Leave one of them out.")
    if args.csv and (args.unit is not None or args.verify):
        raise UsageError(
            "--csv has rows of layers only.\n  Take --json for a unit or a certificate."
        )
    check_figure("--plot", args.plot)
    check_file("--html", args.html)


def _alone(args: argparse.Namespace) -> bool:
    """Whether something was asked for that is of one network."""
    given = (args.layers, args.unit, args.to, args.html)
    flags = (args.all, args.verify, args.json, args.csv)
    return any(each is not None for each in given) or any(flags)


def _rows(fields: ReceptiveFields, args: argparse.Namespace) -> tuple[tuple[LayerField, ...], int]:
    """Rows to show, and how many others are folded away."""
    from vizkit.receptive_fields.trunk import trunk

    # The network itself has no name; its last layer says the same.
    every = tuple(row for row in fields if row.name)
    if args.layers is not None:
        asked = {fields.layer(name.strip()).name for name in args.layers.split(",")}
        return tuple(row for row in every if row.name in asked), 0
    if args.all or args.json or args.csv:
        return every, 0
    # A network of functions alone has no trunk.
    shown = trunk(fields) or every
    return shown, len(every) - len(shown)


def _plot(all_fields: list[ReceptiveFields], path: Path) -> None:
    from vizkit.plots import receptive_field_growth

    content = io.BytesIO()
    receptive_field_growth(*all_fields).savefig(content, format=path.suffix[1:].lower())
    write_bytes(path, content.getvalue())
    _wrote(path)


def _wrote(path: Path) -> None:
    print(f"Wrote {path}", file=sys.stderr)


def _proof(fields: ReceptiveFields, args: argparse.Namespace) -> tuple[Certificate, float]:
    """Certificate, and the seconds that it took."""
    from vizkit.receptive_fields.verification import certify_fields

    began = time.perf_counter()
    with ProgressBar(quiet=args.quiet) as bar:
        certificate = certify_fields(
            fields,
            args.networks[0],
            lambda done, total: bar(Progress(done, total, f"{args.networks[0]}: half-planes")),
        )
    return certificate, time.perf_counter() - began


def _size(text: str) -> tuple[int, ...]:
    """Size that ``"224"``, ``"96x128"`` or ``"1x28x28"`` spells."""
    sides = text.lower().split("x")
    if len(sides) > 3 or not all(side.isdecimal() for side in sides):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write 224, 96x128 or 1x28x28")
    numbers = tuple(positive(side) for side in sides)
    return numbers * 2 if len(numbers) == 1 else numbers
