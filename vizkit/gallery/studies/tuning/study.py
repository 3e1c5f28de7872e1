"""What each unit ignores: its answers to turned, scaled, shifted, dimmed and recolored images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vizkit.gallery.panel import Panel
from vizkit.gallery.pieces import Piece
from vizkit.gallery.plan import Plan
from vizkit.gallery.studies.tuning.depth import depth_charts
from vizkit.gallery.studies.tuning.layer_rows import layer_rows
from vizkit.gallery.studies.tuning.probes import probes
from vizkit.gallery.studies.tuning.unit_curves import glyph, score_facts, unit_figures
from vizkit.gallery.study import Compute, Found, Shown, ShownLayer, ShownNetwork, Study
from vizkit.progress import OnProgress, Progress

if TYPE_CHECKING:
    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network

_IMAGES = "photographs"
_PASS = 1.8
"""Time of a pass in which images are turned and whole outputs compared, by that of a plain one."""
_RECORDS_S = 0.4
"""Seconds for the scores of a layer once its passes are done."""


class _Tuning(Study):
    name = "tuning"
    title = "What it ignores"
    order = 16
    scope = "network"  # a pass of the images serves all layers

    def applies(self, network: Network, layer: LayerInfo) -> bool:
        # Photographs are gray or RGB, and a list of tokens has no unit in the middle.
        return network.input_channels in (1, 3) and len(layer.shape) in (1, 3)

    def settings(self, network: Network, options: Mapping[str, Any]) -> dict[str, Any]:
        from vizkit.probing.orientation import CYCLES, ORIENTATIONS, PHASES, WIDEST_FIELD

        return super().settings(network, options) | {
            "images": _IMAGES,
            "values": {n: list(v) for n, v in probes(network.input_channels).items()},
            "gratings": {
                "orientations": list(ORIENTATIONS),
                "phases": list(PHASES),
                "cycles": list(CYCLES),
                "widest_field": WIDEST_FIELD,
            },
        }

    def cost(self, network: Network, piece: Piece) -> float:
        from vizkit.gallery.cost import forward_seconds

        values = sum(map(len, probes(network.input_channels).values()))
        images = len(network.images(_IMAGES)) * values
        return _PASS * forward_seconds(network, images) + _RECORDS_S * len(piece.parts)

    def begin(self, network: Network, plan: Plan) -> Compute:
        from vizkit.gallery.studies.tuning.records import (
            BATCH,
            LayerRecords,
            orientation_or_why,
            sweep_layers,
        )

        def compute(piece: Piece, progress: OnProgress) -> Iterator[Found]:
            images = network.images(_IMAGES).tensor()
            layers = [layer.module for layer, _ in piece.parts]
            chosen = probes(network.input_channels)
            passes = -(-len(images) // BATCH) * sum(map(len, chosen.values()))
            done = 0

            def each_pass() -> None:
                nonlocal done
                done += 1
                progress(Progress(min(done, passes), passes, piece.title))

            scores = sweep_layers(network, layers, images, chosen, each_pass)
            for layer, channels in piece.parts:
                gratings = orientation_or_why(network, layer.module)
                records = LayerRecords(layer.module, scores, gratings)
                for channel in channels:
                    yield Found(channel, records.of(channel), layer=layer.name)
                progress(Progress(passes, passes, piece.title))

        return compute

    def show(self, record: Shown) -> Panel:
        data = record.data
        families = ",".join(each["family"] for each in data["curves"])
        command = f"vizkit probe '{record.address}' --sweep {families}"
        details = {"view": "unit", "command": command, **unit_figures(data)}
        return Panel(facts=score_facts(data), details=details, glyph=glyph(data))

    def overview(self, shown: ShownLayer) -> Panel | None:
        rows = layer_rows(shown.layer.shape[0], shown.records)
        return Panel(details={"view": "layer", **rows})

    def summary(self, shown: ShownNetwork) -> Panel | None:
        charts = depth_charts(shown.records)
        random = shown.plan.network.random
        return Panel(details={"view": "network", "random": random, **charts})


STUDY = _Tuning()
