"""Channels of a layer that are rotated, mirrored, scaled or hue-shifted copies of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vizkit.gallery.invariance.family_words import layer_families, unit_sentences
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.study import Compute, Fact, Found, Panel, Study, Tick

if TYPE_CHECKING:
    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network


class _Families(Study):
    name = "families"
    title = "Families"
    order = 17

    def applies(self, network: Network, layer: LayerInfo) -> bool:
        return network.input_channels in (1, 3) and len(layer.shape) == 3

    def begin(self, network: Network, plan: Plan) -> Compute:  # noqa: ARG002
        from vizkit.gallery.invariance.family_search import left_out, of_channel, search

        searched: dict[str, dict[str, Any]] = {}

        def compute(layer: PlannedLayer, channels: Sequence[int], tick: Tick) -> Iterator[Found]:
            reason = left_out(network, layer.module)
            if not reason and layer.module not in searched:
                tick(0.0)
                searched.clear()  # blocks of a layer follow each other
                searched[layer.module] = search(network, layer.module)
            for channel in channels:
                if reason:
                    yield Found(channel, {"left_out": reason})
                else:
                    yield Found(channel, of_channel(searched[layer.module], channel))

        return compute

    def show(self, plan: Plan, layer: PlannedLayer, channel: int, data: Mapping[str, Any]) -> Panel:
        del plan, layer
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
        return Panel(facts=facts, details={"view": "unit", "said": said, "channel": channel})

    def overview(
        self, plan: Plan, layer: PlannedLayer, records: Mapping[int, Mapping[str, Any]]
    ) -> Panel | None:
        del plan, layer
        reason = next(iter(records.values())).get("left_out")
        if reason:
            return Panel(details={"view": "left out", "reason": reason})
        return Panel(details={"view": "layer", "groups": layer_families(records)})


STUDY = _Families()
