"""What was measured of a whole network, before anything is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vizkit.errors import NotFoundError, nearest
from vizkit.probing.equivariance.measure import Equivariance
from vizkit.probing.invariance.report.linearity import BrightnessOfFilters, ContrastOfLayer
from vizkit.probing.invariance.scored import Invariance
from vizkit.probing.orientation import OrientationTuning
from vizkit.probing.readers import PIXELS
from vizkit.probing.uncertainty import Estimate


@dataclass(frozen=True, eq=False)
class TransformReport:
    """Invariance of all layers of a network under one transform.

    Attributes
    ----------
    name, unit : of the transform and its parameter.
    full : at all values; its curves are the ones to draw over the parameter.
    trained : at the values that random weights were shown as well.
    random : of random weights; None where they were left out.
    resampling : largest error of the transform's own interpolation, see `Transform.floor`.
    """

    name: str
    unit: str
    full: Invariance
    trained: Invariance
    random: Invariance | None
    resampling: float

    @property
    def pixels(self) -> Estimate:
        """How far the images themselves move: the layer of an identity network."""
        return self.trained.distance(PIXELS)

    @property
    def coarse(self) -> bool:
        """Whether there are so few values that channels may fire for fewer than ten samples."""
        return any(
            each.goodfellow.coarse for each in (self.trained.pixels, *self.trained.layers.values())
        )


@dataclass(frozen=True, eq=False)
class Measurements:
    """Invariance of a whole network: every layer under every transform, with floors and intervals.

    Attributes
    ----------
    network : name and weights tag; `weights_random` is true for weights that were never trained.
    layers : in forward order.
    transforms : one for each transform.
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
    passes : number of images that went through the network for all transforms, layers and scores.
    random_passes : the same for random weights.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    network: str
    weights_random: bool
    layers: tuple[str, ...]
    transforms: tuple[TransformReport, ...]
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

    def __iter__(self) -> Iterator[TransformReport]:
        return iter(self.transforms)

    def __getitem__(self, transform: str) -> TransformReport:
        found = self.under(transform)
        if found is None:
            names = [each.name for each in self.transforms]
            raise NotFoundError(
                f"{transform!r} is not in the report. {nearest(transform, names)}\n"
                f"  It has: {', '.join(names)}."
            )
        return found

    def under(self, *names: str) -> TransformReport | None:
        """The first transform of one of these names; None if there is none."""
        return next((each for each in self.transforms if each.name in names), None)
