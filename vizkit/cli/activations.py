"""``vizkit activations IMAGE NET``: which channels answer a photograph, layer by layer."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vizkit.cli.flags import add_device, add_json, add_quiet, add_weights_file, positive
from vizkit.cli.outputs import check_figure, check_folder
from vizkit.files import write_bytes
from vizkit.text import aligned

if TYPE_CHECKING:
    from torch import Tensor

    from vizkit.activations.strongest import ChannelResponse, ClassScore
    from vizkit.networks.network import Network

_EXAMPLES = """examples:
  vizkit activations cat.jpg efficientnet_lite0
  vizkit activations cat.jpg googlenet@distilled --layers inception4c,inception5b --top 10
  vizkit activations cat.jpg vgg16@hed --json
  vizkit activations cat.jpg efficientnet_lite0 --plot volumes.png
"""


def add_parser(subparsers: Any) -> None:
    """Add ``vizkit activations``."""
    parser = subparsers.add_parser(
        "activations",
        help="show which channels answer a photograph",
        description="For each layer the channels with the largest mean response to a photograph, "
        "after the ReLU where the layer has one; for a classifier its best classes.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("image", metavar="IMAGE", type=Path, help="PNG, JPEG, ... file")
    parser.add_argument("network", metavar="NET", help="googlenet, vgg16@hed, timm:NAME, FILE:FUNC")
    parser.add_argument(
        "--layers", metavar="A,B", help="names or aliases (default: those a gallery shows)"
    )
    parser.add_argument(
        "--top", type=positive, default=5, metavar="N", help="how many of each (default 5)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="also write activations.json and maps as PNG there"
    )
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help="draw a column of maps for each layer, and the scores: PNG, PDF or SVG",
    )
    add_weights_file(parser)
    add_device(parser)
    add_json(parser)
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the strongest channels and the best classes."""
    from vizkit.activations.strongest import best_classes, strongest_channels
    from vizkit.networks.load import load

    check_folder("--out", args.out)
    check_figure("--plot", args.plot)
    network = load(args.network, weights=args.weights, device=args.device)
    layers = args.layers.split(",") if args.layers else list(network.default_layers())
    image = network.prepare(args.image)
    channels = strongest_channels(network, image, layers, top=args.top)
    classes = best_classes(network, image, top=args.top)
    record = _record(args.image, network, channels, classes)
    if args.out is not None:
        _write(args.out, record, image, channels)
    if network.weights.random and not args.quiet:
        print(f"{network.source} has random weights: it was never trained.", file=sys.stderr)
    print(json.dumps(record) if args.json else _text(network, channels, classes))
    if args.plot is not None:
        _plot(args, network, image, layers, classes)
    return 0


def _record(
    image: Path,
    network: Network,
    channels: Mapping[str, Sequence[ChannelResponse]],
    classes: Sequence[ClassScore],
) -> dict[str, Any]:
    return {
        "image": image.name,
        "network": network.source,
        "random": network.weights.random,
        "layers": [
            {
                "name": network.layer(layer).public_name,
                "channels": [found.as_dict() for found in responses],
            }
            for layer, responses in channels.items()
        ],
        "classes": [asdict(score) for score in classes],
    }


def _text(
    network: Network,
    channels: Mapping[str, Sequence[ChannelResponse]],
    classes: Sequence[ClassScore],
) -> str:
    rows = [("ADDRESS", "MEAN", "MAX", "POSITIVE", "BRANCH")]
    for responses in channels.values():
        for found in responses:
            address = f"{network.source}/{found.layer}:{found.channel}"
            share = f"{100 * found.positive:.0f} %"
            numbers = (f"{found.mean:.4g}", f"{found.max:.4g}", share)
            rows.append((address, *numbers, found.branch or ""))
    text = aligned(rows)
    if classes:
        best = [("CLASS", "NAME", "PROBABILITY")]
        best += [(str(c.channel), c.name or "", f"{100 * c.probability:.1f} %") for c in classes]
        text += "\n\n" + aligned(best)
    return text


def _plot(
    args: argparse.Namespace,
    network: Network,
    image: Tensor,
    layers: Sequence[str],
    classes: Sequence[ClassScore],
) -> None:
    from vizkit.activations.columns import activation_columns
    from vizkit.plots import activation_chart

    columns = activation_columns(network, image, layers, channels=args.top)
    title = f"{network.source}   {args.image.name}"
    random = network.weights.random
    figure = activation_chart(image[0], columns, classes, title=title, random=random)
    content = io.BytesIO()
    figure.savefig(content, format=args.plot.suffix[1:].lower())
    write_bytes(args.plot, content.getvalue())
    if not args.quiet:
        print(f"Wrote {args.plot}", file=sys.stderr)


def _write(
    folder: Path,
    record: dict[str, Any],
    image: Tensor,
    channels: Mapping[str, Sequence[ChannelResponse]],
) -> None:
    from vizkit.activations.maps import map_strip
    from vizkit.filenames import encode

    for responses in channels.values():
        strip = io.BytesIO()
        map_strip(image[0], [found.map for found in responses]).save(strip, "PNG")
        write_bytes(folder / f"{encode(responses[0].layer)}.png", strip.getvalue())
    write_bytes(folder / "activations.json", (json.dumps(record, indent=1) + "\n").encode())
