"""What a report of a whole network holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vizkit.errors import NotFoundError, nearest
from vizkit.probing.equivariance import Equivariance
from vizkit.probing.report.findings import Finding, findings
from vizkit.probing.report.linearity import BrightnessOfFilters, ContrastOfLayer
from vizkit.probing.report.orientation import OrientationTuning
from vizkit.probing.report.scored import Scored
from vizkit.probing.score_tally import PIXELS
from vizkit.probing.scores.bootstrap import Estimate


@dataclass(frozen=True, eq=False)
class FamilyReport:
    """Invariance of all layers of a network under one family of transforms.

    Attributes
    ----------
    name, unit : of the family and its parameter.
    full : at all values; its curves are the ones to draw over the parameter.
    trained : at the values that random weights were shown as well.
    random : of random weights; None where they were left out.
    resampling : largest error of the transform's own interpolation, see `Family.floor`.
    """

    name: str
    unit: str
    full: Scored
    trained: Scored
    random: Scored | None
    resampling: float

    @property
    def pixels(self) -> Estimate:
        """How far the images themselves move: the layer of an identity network."""
        return self.trained.distance(PIXELS)

    @property
    def coarse(self) -> bool:
        """Whether there are so few values that channels may fire for fewer than ten samples."""
        return any(each.goodfellow.coarse for each in self.trained.layers.values())


@dataclass(frozen=True, eq=False)
class InvarianceReport:
    """Invariance of a whole network: every layer under every family, with floors and intervals.

    ``str(report)`` is a table, `vizkit.plots.invariance_report` a figure.

    Attributes
    ----------
    network : name and weights tag; `weights_random` is true for weights that were never trained.
    layers : in forward order.
    families : one for each family of transforms.
    pools : each pool with the layer before it.
    shapes : of each layer's output for one image.
    sparseness : by layer, the median over channels of how unequally the unit in the middle answers
        to the images, 0 to 1: a layer that answers to all alike ignores everything.
    silent : by layer, the share of channels that give one number at every place of every image.
    random_silent : the same with random weights; empty without these.
    orientation, random_orientation : tuning to gratings, of some layers.
    motion : error of equivariance to a shift by one pixel, of interior units; None if left out.
    contrast : departure from proportionality to contrast.
    filters : what brightness does to the first convolution.
    share, rate : of the top-scoring units, and the global firing rate, of Goodfellow's scores.
    images : number of images.
    passes : number of images that went through the network for all families, layers and scores.
    random_passes : the same for random weights.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    network: str
    weights_random: bool
    layers: tuple[str, ...]
    families: tuple[FamilyReport, ...]
    pools: tuple[tuple[str, str], ...]
    shapes: Mapping[str, tuple[int, ...]]
    sparseness: Mapping[str, float]
    silent: Mapping[str, float]
    random_silent: Mapping[str, float]
    orientation: Mapping[str, OrientationTuning]
    random_orientation: Mapping[str, OrientationTuning]
    motion: Equivariance | None
    contrast: Mapping[str, ContrastOfLayer]
    filters: BrightnessOfFilters | None
    share: float
    rate: float
    images: int
    passes: int
    random_passes: int
    skipped: tuple[tuple[str, str], ...]

    def __iter__(self) -> Iterator[FamilyReport]:
        return iter(self.families)

    def __getitem__(self, family: str) -> FamilyReport:
        found = self.family_called(family)
        if found is None:
            names = [each.name for each in self.families]
            raise NotFoundError(
                f"{family!r} is not in the report. {nearest(family, names)}\n"
                f"  It has: {', '.join(names)}."
            )
        return found

    def __str__(self) -> str:
        from vizkit.probing.report.table import table

        return table(self)

    def family_called(self, *names: str) -> FamilyReport | None:
        """The first family of one of these names; None if it was not swept."""
        return next((each for each in self.families if each.name in names), None)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Known directions, each confirmed or not by the numbers of this report."""
        return findings(self)

    def as_dict(self) -> dict[str, Any]:
        """Plain data; NaN becomes None."""
        from vizkit.probing.report.plain import as_dict

        return as_dict(self)
