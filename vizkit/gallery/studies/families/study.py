"""Channels of a layer that are rotated, mirrored, scaled or hue-shifted copies of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vizkit.gallery.panel import Fact, Panel
from vizkit.gallery.pieces import Piece
from vizkit.gallery.plan import Plan
from vizkit.gallery.studies.families.words import layer_families, unit_sentences
from vizkit.gallery.study import Compute, Found, Shown, ShownLayer, Study
from vizkit.progress import OnProgress

if TYPE_CHECKING:
    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network


class _Families(Study):
    name = "families"
    title = "Families"
    order = 17
    scope = "layer"

    def applies(self, network: Network, layer: LayerInfo) -> bool:
        return network.input_channels in (1, 3) and len(layer.shape) == 3

    def settings(self, network: Network, options: Mapping[str, Any]) -> dict[str, Any]:
        from vizkit.gallery.studies.families.search import SETTINGS

        return super().settings(network, options) | SETTINGS

    def cost(self, network: Network, piece: Piece) -> float:
        from vizkit.gallery.studies.families.search import left_out

        if left_out(network, piece.layer.module):
            return super().cost(network, piece)
        return 2 + 0.06 * piece.layer.shape[0]

    def begin(self, network: Network, plan: Plan) -> Compute:
        from vizkit.gallery.studies.families.search import left_out, of_channel, search

        def compute(piece: Piece, progress: OnProgress) -> Iterator[Found]:
            reason = left_out(network, piece.layer.module)
            found = ([], {}) if reason else search(network, piece.layer.module)
            for channel in piece.channels:
                record = {"left_out": reason} if reason else of_channel(*found, channel)
                yield Found(channel, record)

        return compute

    def show(self, record: Shown) -> Panel:
        data = record.data
        if "left_out" in data:
            return Panel()
        said = unit_sentences(data["searches"])
        largest = max(
            (len(each["family"]["members"]) for each in data["searches"] if each["family"]),
            default=0,
        )
        facts: tuple[Fact, ...] = ()
        if largest:
            note = "members of the largest family that it belongs to"
            facts = (Fact("family size", str(largest), float(largest), note),)
        return Panel(facts=facts, details={"view": "unit", "said": said, "channel": record.channel})

    def overview(self, shown: ShownLayer) -> Panel | None:
        reason = next(iter(shown.records.values())).get("left_out")
        if reason:
            return Panel(details={"view": "left out", "reason": reason})
        return Panel(details={"view": "layer", "groups": layer_families(shown.records)})


STUDY = _Families()
