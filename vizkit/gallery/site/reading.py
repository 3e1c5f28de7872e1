"""What the pages show, read from the store: networks, layers, units, panels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from vizkit.filenames import encode
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.status import Counts, UnitStatus, count, unit_status
from vizkit.gallery.store import Store
from vizkit.gallery.study import Fact, Panel, Picture, Study

FindStudy = Callable[[str], Study | None]

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


def read_network(store: Store, source: str, find: FindStudy) -> NetworkView:
    """Everything that the pages of a network show.

    Raises
    ------
    StoreError : its plan cannot be read.
    """
    plan = store.read_plan(source)
    layers = tuple(_read_layer(store, plan, layer, find) for layer in plan.layers)
    return NetworkView(plan, layers, _summaries(plan, layers, find))


def picture_url(view: StudyView, picture: Picture) -> str:
    """Relative URL of a picture from its layer's folder."""
    return f"{quote(view.name, safe='')}/{quote(picture.file, safe='')}"


def _read_layer(store: Store, plan: Plan, layer: PlannedLayer, find: FindStudy) -> LayerView:
    known = {name: find(name) for name in layer.studies}

    def place(name: str) -> tuple[float, str]:
        study = known[name]
        return (float("inf") if study is None else study.order, name)

    order = sorted(layer.studies, key=place)
    units = []
    for channel in layer.channels:
        status = unit_status(store, plan, layer, channel)
        views = tuple(_view(plan, layer, channel, status, name, known[name]) for name in order)
        units.append(
            UnitView(channel, status, layer.labels.get(channel), layer.branch_of(channel), views)
        )
    overviews = tuple(
        view for name in order if (view := _overview(plan, layer, units, known[name])) is not None
    )
    return LayerView(layer, tuple(units), count(unit.status for unit in units), overviews)


def _overview(
    plan: Plan, layer: PlannedLayer, units: Sequence[UnitView], study: Study | None
) -> StudyView | None:
    if study is None:
        return None
    records = _records(units, study.name)
    try:
        panel = study.overview(plan, layer, records) if records else None
    except _STRANGE:
        return None  # the unit's own page says why
    return None if panel is None else StudyView(study.name, study.title, panel, None)


def _summaries(plan: Plan, layers: Sequence[LayerView], find: FindStudy) -> tuple[StudyView, ...]:
    names = dict.fromkeys(name for layer in layers for name in layer.planned.studies)
    known = [study for name in names if (study := find(name)) is not None]
    found = []
    for study in sorted(known, key=lambda study: (study.order, study.name)):
        records = {
            layer.planned.name: own
            for layer in layers
            if (own := _records(layer.units, study.name))
        }
        try:
            panel = study.summary(plan, records) if records else None
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


def _view(
    plan: Plan,
    layer: PlannedLayer,
    channel: int,
    status: UnitStatus,
    name: str,
    study: Study | None,
) -> StudyView:
    title = name if study is None else study.title
    record = status.records.get(name)
    if record is None:
        return StudyView(name, title, None, status.errors.get(name))
    if study is None:
        return StudyView(name, title, None, f"This version of vizkit has no study {name!r}.")
    try:
        panel = study.show(plan, layer, channel, record.data)
    except _STRANGE as error:
        return StudyView(name, title, None, f"The record cannot be shown: {error!r}")
    strange = [p.file for p in panel.pictures if p.file not in record.files or "/" in p.file]
    if strange:
        return StudyView(name, title, None, f"The record has no such picture: {strange[0]!r}")
    return StudyView(name, title, panel, None)
