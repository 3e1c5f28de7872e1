"""Natural examples: the images of a set that drive each unit most, least and in between."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vizkit.errors import UsageError
from vizkit.gallery.options import Option
from vizkit.gallery.panel import Fact, Panel
from vizkit.gallery.pieces import Piece
from vizkit.gallery.plan import Plan
from vizkit.gallery.study import Compute, Found, Shown, Study
from vizkit.progress import OnProgress, Progress
from vizkit.text import percent

if TYPE_CHECKING:
    from PIL import Image

    from vizkit.dataset_examples import ExampleSet
    from vizkit.images import ImageSet
    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network

_TOGETHER = 32
"""Units whose crops are in memory at once; each photograph is decoded once for all of them."""
_CROPS_S = 0.05
"""Seconds for the crops of a unit."""
_TITLES = {"top": "Strongest", "quantile": "In between", "bottom": "Weakest"}


class _Examples(Study):
    name = "examples"
    title = "Natural examples"
    order = 12  # beside the picture
    scope = "network"  # a pass of the images serves all layers
    default = False
    options: Mapping[str, Option] = {"images": "photographs", "top": 5}

    def applies(self, network: Network, layer: LayerInfo) -> bool:
        return network.input_channels in (1, 3) and len(layer.shape) in (1, 3)

    def settings(self, network: Network, options: Mapping[str, Any]) -> dict[str, Any]:
        if options["top"] < 1:
            raise UsageError("examples.top is out of range.\n  Give 1 or more.")
        images = network.images(options["images"])
        return {
            "set": images.name,
            "digest": images.digest,
            "images": len(images),
            "top": options["top"],
        }

    def cost(self, network: Network, piece: Piece) -> float:
        from vizkit.gallery.cost import forward_seconds

        count = piece.plan.studies[self.name].settings["images"]
        units = sum(len(channels) for _, channels in piece.parts)
        return forward_seconds(network, 2 * count) + _CROPS_S * units

    def begin(self, network: Network, plan: Plan) -> Compute:
        from vizkit.dataset_examples.one_pass import fill
        from vizkit.dataset_examples.readout import Readout
        from vizkit.dataset_examples.request import found
        from vizkit.unit import Unit

        planned = plan.studies[self.name]
        top = planned.settings["top"]
        source = planned.options.get("images", self.options["images"])

        def compute(piece: Piece, progress: OnProgress) -> Iterator[Found]:
            images = network.images(source)
            infos = {layer.name: network.layer(layer.module) for layer, _ in piece.parts}
            places = [(layer.name, channel) for layer, channel in piece.units()]
            units = [Unit(network.source, infos[name], channel) for name, channel in places]
            readout = Readout(network, units)

            def part(first: float, share: float) -> OnProgress:
                return lambda now: progress(
                    Progress(first + share * now.done / now.total, 1, piece.title)
                )

            with tempfile.TemporaryDirectory(prefix="vizkit-") as folder:
                responses = fill(readout, images, Path(folder) / "r", progress=part(0, 0.4))
                sets = found(readout, images, responses, top, part(0.4, 0.4)).units
            for first in range(0, len(sets), _TOGETHER):
                last = min(first + _TOGETHER, len(sets))
                yield from _found(images, sets[first:last], places[first:last])
                progress(Progress(0.8 + 0.2 * last / len(sets), 1, piece.title))

        return compute

    def show(self, record: Shown) -> Panel:
        data = record.data
        settings = record.plan.studies[self.name].settings
        strongest = data["examples"][0]
        note = f"response, at its strongest position, to {strongest['file']}"
        facts = (
            Fact("strongest example", f"{strongest['value']:.3g}", strongest["value"], note),
            Fact("images", str(data["images"]), None, f"of {settings['set']}, each shown once"),
        )
        rows = [
            {"title": _TITLES[kind], "examples": [_shown(example) for example in group]}
            for kind, group in groupby(data["examples"], key=lambda example: example["kind"])
        ]
        low, high = data["range"]
        details = {
            "rows": rows,
            "file": f"{record.channel}.webp",
            "size": data["sheet"],
            "cell": max(max(example["crop"][2:]) for example in data["examples"]),
            "bars": _bars(data["counts"], low, high),
            "low": low,
            "high": high,
            "images": data["images"],
            "set": settings["set"],
        }
        return Panel(facts=facts, details=details)


def _found(
    images: ImageSet, sets: Sequence[ExampleSet], places: Sequence[tuple[str, int]]
) -> Iterator[Found]:
    """Records of units, whose photographs are decoded once for all of them."""
    from vizkit.gallery.studies.examples.sprite import small_crop, sprite

    wanted = sorted(
        (example.number, one, place)
        for one, each in enumerate(sets)
        for place, example in enumerate(each.examples)
        if example.field is not None
    )
    crops: dict[tuple[int, int], Image.Image] = {}
    for number, group in groupby(wanted, key=itemgetter(0)):
        original = images.original(number)
        for _, one, place in group:
            crops[one, place] = small_crop(original, sets[one].examples[place])
    for one, (each, (name, channel)) in enumerate(zip(sets, places, strict=True)):
        if any(example.field is None for example in each.examples):
            yield Found(channel, error="the channel sees nothing of the image", layer=name)
            continue
        count = len(each.examples)
        sheet = sprite([crops[one, place] for place in range(count)])
        data = {
            "images": each.images,
            "examples": [
                {**example.as_dict(), "padded": example.padded, "crop": crop}
                for example, crop in zip(each.examples, sheet.places, strict=True)
            ],
            "sheet": list(sheet.size),
            "counts": each.counts.tolist(),
            "range": [float(each.edges[0]), float(each.edges[-1])],
        }
        yield Found(channel, data, {f"{channel}.webp": sheet.content}, layer=name)


def _shown(example: Mapping[str, Any]) -> dict[str, Any]:
    y0, x0, y1, x1 = example["box"]
    return {
        "file": example["file"],
        "value": f"{example['value']:.3g}",
        "share": percent(example["quantile"]),
        "crop": example["crop"],
        "words": (
            f"{example['file']}, rows {y0} to {y1}, columns {x0} to {x1}"
            f"{', with padding' if example['padded'] else ''}"
        ),
    }


def _bars(counts: Sequence[int], low: float, high: float) -> list[tuple[float, float, float]]:
    """Left and right end and height of the bars of a histogram, logarithmic, at most 1."""
    width = (high - low) / len(counts)
    most = math.log1p(max(counts))
    return [
        (low + number * width, low + (number + 1) * width, math.log1p(count) / most)
        for number, count in enumerate(counts)
        if count
    ]


STUDY = _Examples()
