"""Reading what the pages show from the store's files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from vizkit.gallery.panel import Panel
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.registry import in_order
from vizkit.gallery.site.views import LayerView, NetworkView, StudyView, UnitView
from vizkit.gallery.states import UnitStatus, count, unit_states
from vizkit.gallery.store import Store
from vizkit.gallery.study import Shown, ShownLayer, ShownNetwork, Study

_Shown = TypeVar("_Shown", ShownLayer, ShownNetwork)
_STRANGE = (LookupError, TypeError, ValueError)
"""Records may come from elsewhere; one that cannot be shown must not cost the whole site."""


def read_network(store: Store, source: str) -> NetworkView:
    """Everything that the pages of a network show.

    Raises
    ------
    StoreError : its plan cannot be read.
    """
    plan = store.read_plan(source)
    layers = tuple(_read_layer(store, plan, layer) for layer in plan.layers)
    return NetworkView(plan, layers, _summaries(plan, layers))


def _read_layer(store: Store, plan: Plan, layer: PlannedLayer) -> LayerView:
    studies = in_order(layer.studies)
    strangers = sorted({*layer.studies} - {study.name for study in studies})
    units = []
    for channel, status in zip(layer.channels, unit_states(store, plan, layer), strict=True):
        views = [_view(study, Shown(plan, layer, channel, {}), status) for study in studies]
        views += [_strange_view(name, status) for name in strangers]
        units.append(UnitView(layer, channel, status, tuple(views)))
    overviews = [
        _whole(study, study.overview, ShownLayer(plan, layer, records))
        for study in studies
        if (records := _records(units, study.name))
    ]
    counts = count(unit.status for unit in units)
    return LayerView(layer, tuple(units), counts, tuple(filter(None, overviews)))


def _summaries(plan: Plan, layers: Sequence[LayerView]) -> tuple[StudyView, ...]:
    views = []
    for study in in_order({name for layer in layers for name in layer.planned.studies}):
        by_layer = {layer.planned.name: _records(layer.units, study.name) for layer in layers}
        records = {name: of_units for name, of_units in by_layer.items() if of_units}
        if records:
            views.append(_whole(study, study.summary, ShownNetwork(plan, records)))
    return tuple(filter(None, views))


def _whole(study: Study, show: Callable[[_Shown], Panel | None], shown: _Shown) -> StudyView | None:
    """What a study shows of a layer or a network as a whole; None for nothing."""
    try:
        panel = show(shown)
    except _STRANGE:
        return None  # the unit's own page says why
    return None if panel is None else StudyView(study.name, study.title, panel, None)


def _records(units: Sequence[UnitView], study: str) -> dict[int, Mapping[str, Any]]:
    """Data of a study's records by channel."""
    return {
        unit.channel: unit.status.records[study].data
        for unit in units
        if study in unit.status.records
    }


def _view(study: Study, shown: Shown, status: UnitStatus) -> StudyView:
    def without(error: str | None) -> StudyView:
        return StudyView(study.name, study.title, None, error)

    record = status.records.get(study.name)
    if record is None:
        return without(status.errors.get(study.name))
    try:
        panel = study.show(replace(shown, data=record.data))
    except _STRANGE as error:
        return without(f"The record cannot be shown: {error!r}")
    strange = [p.file for p in panel.pictures if p.file not in record.files or "/" in p.file]
    if strange:
        return without(f"The record has no such picture: {strange[0]!r}")
    return StudyView(study.name, study.title, panel, None)


def _strange_view(name: str, status: UnitStatus) -> StudyView:
    """View of a study that is not there."""
    error = status.errors.get(name)
    if name in status.records:
        error = f"This version of vizkit has no study {name!r}."
    return StudyView(name, name, None, error)
