"""What the pages show: networks, layers, units, and the panels of their studies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from urllib.parse import quote

from vizkit.filenames import encode, file_name
from vizkit.gallery.panel import Fact, Panel, Picture
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.states import Counts, UnitStatus


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

    @property
    def pending(self) -> bool:
        """True when it is still to be computed."""
        return self.panel is None and self.error is None


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit as the pages show it.

    Attributes
    ----------
    layer, channel : the unit.
    status : what the store holds about it.
    studies : in the order of the panels.
    """

    layer: PlannedLayer
    channel: int
    status: UnitStatus
    studies: tuple[StudyView, ...]

    @property
    def address(self) -> str:
        """Address of the unit."""
        return self.status.address

    @property
    def label(self) -> str:
        """Class name, or empty."""
        return self.layer.labels.get(self.channel, "")

    @property
    def branch(self) -> str:
        """Branch of a concatenated block and number in it, or empty."""
        return self.layer.info().branch_of(self.channel) or ""

    @property
    def text(self) -> str:
        """What a search looks through."""
        return " ".join(filter(None, (self.address, self.branch, self.label)))

    @property
    def href(self) -> str:
        """File name of its page, in the layer's folder; also its URL from there."""
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
    def panels(self) -> list[Panel]:
        """Panels of all studies with a record."""
        return [view.panel for view in self.studies if view.panel]

    @property
    def extent(self) -> tuple[tuple[int, int], bool] | None:
        """(height, width) in pixels that this very unit sees, and whether that is the whole input.

        None without a study of it.
        """
        return next(((p.extent, p.covers) for p in self.panels if p.extent is not None), None)

    @property
    def facts(self) -> dict[str, Fact]:
        """Facts of all studies that can be sorted by, by label."""
        return {
            fact.label: fact
            for panel in self.panels
            for fact in panel.facts
            if fact.sort is not None
        }

    @property
    def main_fact(self) -> Fact | None:
        """The fact on its tile."""
        return next(iter(self.facts.values()), None)

    @property
    def glyph(self) -> str:
        """Path of the small drawing on its tile, or empty."""
        return next((panel.glyph for panel in self.panels if panel.glyph), "")

    @property
    def seed(self) -> int | None:
        """Seed of the unit's picture, or None."""
        return next((panel.seed for panel in self.panels if panel.seed is not None), None)

    @property
    def command(self) -> str:
        """Shell command that makes its picture again, or empty."""
        return next((panel.command for panel in self.panels if panel.command), "")

    @property
    def error(self) -> str:
        """Why a study failed, or empty."""
        return next((view.error for view in self.studies if view.error), "")

    @property
    def badges(self) -> tuple[str, ...]:
        """Words of warning, each once."""
        state = [self.status.state] if self.status.state != "done" else []
        dead = ["dead"] if self.status.dead else []
        return tuple(dict.fromkeys(chain(state, dead, *(p.badges for p in self.panels))))


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
        return file_name(self.planned.name)


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


def picture_url(view: StudyView, picture: Picture) -> str:
    """Relative URL of a picture from its layer's folder."""
    return f"{quote(view.name, safe='')}/{quote(picture.file, safe='')}"
