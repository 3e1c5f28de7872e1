"""What each unit ignores: its answers to turned, scaled, shifted, dimmed and recolored images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vizkit.gallery.invariance.depth import depth_charts
from vizkit.gallery.invariance.layer_rows import layer_rows
from vizkit.gallery.invariance.probes import probes
from vizkit.gallery.invariance.unit_curves import glyph, score_facts, unit_figures
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.study import Compute, Found, Panel, Study, Tick

if TYPE_CHECKING:
    from vizkit.gallery.invariance.gratings import Gratings
    from vizkit.gallery.invariance.records import LayerRecords
    from vizkit.gallery.invariance.sweeps import Sweep
    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network

NAME = "tuning"


class _Tuning(Study):
    name = NAME
    title = "What it ignores"
    order = 16

    def applies(self, network: Network, layer: LayerInfo) -> bool:
        # Photographs are gray or RGB, and a list of tokens has no unit in the middle.
        return network.input_channels in (1, 3) and len(layer.shape) in (1, 3)

    def begin(self, network: Network, plan: Plan) -> Compute:
        run = _Run(network, plan)

        def compute(layer: PlannedLayer, channels: Sequence[int], tick: Tick) -> Iterator[Found]:
            records = run.records(layer, tick)
            for channel in channels:
                yield Found(channel, records.of(channel))

        return compute

    def show(self, plan: Plan, layer: PlannedLayer, channel: int, data: Mapping[str, Any]) -> Panel:
        address = plan.address(layer, channel)
        families = ",".join(each["family"] for each in data["curves"])
        command = f"vizkit probe '{address}' --sweep {families}"
        details = {"view": "unit", "command": command, **unit_figures(data)}
        return Panel(facts=score_facts(data), details=details, glyph=glyph(data))

    def overview(
        self, plan: Plan, layer: PlannedLayer, records: Mapping[int, Mapping[str, Any]]
    ) -> Panel | None:
        del plan
        return Panel(details={"view": "layer", **layer_rows(layer.shape[0], records)})

    def summary(
        self, plan: Plan, records: Mapping[str, Mapping[int, Mapping[str, Any]]]
    ) -> Panel | None:
        charts = depth_charts(records)
        return Panel(details={"view": "network", "random": plan.network.random, **charts})


class _Run:
    """The passes of one run, made when the first block asks, for all layers of the plan."""

    def __init__(self, network: Network, plan: Plan) -> None:
        self._network = network
        self._plan = plan
        self._layers = [each.module for each in plan.layers if NAME in each.studies]
        self._sweeps: dict[str, Sweep] = {}
        self._gratings: dict[str, Gratings | str] = {}
        self._current: tuple[str, LayerRecords] | None = None

    def records(self, layer: PlannedLayer, tick: Tick) -> LayerRecords:
        """Records of a layer; those of the last one are kept."""
        from vizkit.gallery.invariance.records import LayerRecords

        if not self._gratings:
            self._pass(tick)
        if self._current is None or self._current[0] != layer.module:
            found = LayerRecords(
                layer.module,
                f"{self._plan.network.source}/{layer.name}",
                self._sweeps,
                self._gratings[layer.module],
                random=self._plan.network.random,
            )
            self._current = layer.module, found
        return self._current[1]

    def _pass(self, tick: Tick) -> None:
        from vizkit.gallery.invariance.gratings import shown_by_size
        from vizkit.gallery.invariance.sweeps import sweep_layers

        def follow() -> None:
            tick(0.0)  # the heart beats on; how long it takes the progress bar cannot know

        images = self._network.images("photographs").tensor()
        self._sweeps = {
            probe.family: sweep_layers(self._network, self._layers, images, probe, follow)
            for probe in probes(self._network.input_channels)
        }
        self._gratings = shown_by_size(self._network, self._layers, follow)


STUDY = _Tuning()
