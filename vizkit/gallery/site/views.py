"""What the pages show, read from the store: networks, layers, units, panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from vizkit.filenames import encode
from vizkit.gallery.panel import Fact, Panel, Picture
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.registry import in_order
from vizkit.gallery.states import Counts, UnitStatus, count, unit_states
from vizkit.gallery.store import Store
from vizkit.gallery.study import Shown, ShownLayer, ShownNetwork, Study

_STRANGE = (LookupError, TypeError, ValueError)
"""Records may come from elsewhere; one that cannot be shown must not cost the whole site."""


@dataclass(frozen=True, slots=True)
class StudyView:
    """One study of a unit.

    Attributes
    ----------
    name, title : of the study.
    panel : how its record is shown; None without a record that can be shown.
    error : why there is no panel; None while the study is only pending.
    """

    name: str
    title: str
    panel: Panel | None
    error: str | None


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit as the pages show it.

    Attributes
    ----------
    channel : channel number.
    status : what the store holds about it.
    label : class name, or None.
    branch : branch and number in it, or None.
    studies : in the order of the panels.
    """

    channel: int
    status: UnitStatus
    label: str | None
    branch: str | None
    studies: tuple[StudyView, ...]

    @property
    def address(self) -> str:
        """Address of the unit."""
        return self.status.address

    @property
    def page(self) -> str:
        """File name of its page, in the layer's folder."""
        return f"{self.channel}.html"

    @property
    def shown(self) -> StudyView | None:
        """Study with the unit's picture: the first one that has any."""
        return next((s for s in self.studies if s.panel and s.panel.pictures), None)

    @property
    def picture(self) -> Picture | None:
        """The unit's picture."""
        view = self.shown
        return view.panel.pictures[0] if view and view.panel else None

    @property
    def extent(self) -> tuple[tuple[int, int], bool] | None:
        """(height, width) in pixels that this very unit sees, and whether that is the whole input.

        None without a study of it.
        """
        panels = [view.panel for view in self.studies if view.panel]
        return next(((p.extent, p.covers) for p in panels if p.extent is not None), None)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Facts of all studies."""
        return tuple(fact for view in self.studies if view.panel for fact in view.panel.facts)

    @property
    def glyph(self) -> str:
        """Path of the small drawing on its tile, or empty."""
        panels = [view.panel for view in self.studies if view.panel]
        return next((panel.glyph for panel in panels if panel.glyph), "")

    @property
    def seed(self) -> int | None:
        """Seed of the unit's picture, or None."""
        panels = [view.panel for view in self.studies if view.panel]
        return next((panel.seed for panel in panels if panel.seed is not None), None)

    @property
    def badges(self) -> tuple[str, ...]:
        """Words of warning, each once."""
        words: dict[str, None] = {}
        if self.status.state != "done":
            words[self.status.state] = None
        if self.status.dead:
            words["dead"] = None
        for view in self.studies:
            words.update(dict.fromkeys(view.panel.badges if view.panel else ()))
        return tuple(words)


@dataclass(frozen=True, slots=True)
class LayerView:
    """A layer as the pages show it.

    Attributes
    ----------
    planned, units, counts : the layer, its units and their numbers.
    studies : what studies show of the layer as a whole.
    """

    planned: PlannedLayer
    units: tuple[UnitView, ...]
    counts: Counts
    studies: tuple[StudyView, ...] = ()

    @property
    def folder(self) -> str:
        """Folder in the network's one; also its part of a URL."""
        return encode(self.planned.name)


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network as the pages show it.

    Attributes
    ----------
    plan, layers : the network and its layers.
    studies : what studies show of the network as a whole.
    """

    plan: Plan
    layers: tuple[LayerView, ...]
    studies: tuple[StudyView, ...] = ()

    @property
    def folder(self) -> str:
        """Folder in the gallery; also its part of a URL."""
        return encode(self.plan.network.source)

    @property
    def counts(self) -> Counts:
        """Counts over its layers."""
        return sum((layer.counts for layer in self.layers), Counts())


def read_network(store: Store, source: str) -> NetworkView:
    """Everything that the pages of a network show.

    Raises
    ------
    StoreError : its plan cannot be read.
    """
    plan = store.read_plan(source)
    layers = tuple(_read_layer(store, plan, layer) for layer in plan.layers)
    return NetworkView(plan, layers, _summaries(plan, layers))


def picture_url(view: StudyView, picture: Picture) -> str:
    """Relative URL of a picture from its layer's folder."""
    return f"{quote(view.name, safe='')}/{quote(picture.file, safe='')}"


def _read_layer(store: Store, plan: Plan, layer: PlannedLayer) -> LayerView:
    studies = in_order(layer.studies)
    strangers = sorted({*layer.studies} - {study.name for study in studies})
    units = []
    for channel, status in zip(layer.channels, unit_states(store, plan, layer), strict=True):
        views = [_view(study, Shown(plan, layer, channel, {}), status) for study in studies]
        views += [_strange_view(name, status) for name in strangers]
        label, branch = layer.labels.get(channel), layer.branch_of(channel)
        units.append(UnitView(channel, status, label, branch, tuple(views)))
    overviews = []
    for study in studies:
        records = _records(units, study.name)
        try:
            panel = study.overview(ShownLayer(plan, layer, records)) if records else None
        except _STRANGE:
            continue  # the unit's own page says why
        if panel is not None:
            overviews.append(StudyView(study.name, study.title, panel, None))
    counts = count(unit.status for unit in units)
    return LayerView(layer, tuple(units), counts, tuple(overviews))


def _summaries(plan: Plan, layers: Sequence[LayerView]) -> tuple[StudyView, ...]:
    names = dict.fromkeys(name for layer in layers for name in layer.planned.studies)
    found = []
    for study in in_order(names):
        records = {
            layer.planned.name: own
            for layer in layers
            if (own := _records(layer.units, study.name))
        }
        try:
            panel = study.summary(ShownNetwork(plan, records)) if records else None
        except _STRANGE:
            continue  # the unit's own page says why
        if panel is not None:
            found.append(StudyView(study.name, study.title, panel, None))
    return tuple(found)


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
