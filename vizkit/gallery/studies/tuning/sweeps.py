"""Responses of all planned units to transformed photographs: one pass per image and value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from vizkit.gallery.studies.tuning.probes import Probe
from vizkit.networks.network import Network
from vizkit.probing.grid import Grid, grid
from vizkit.probing.invariance.network_scores import NetworkScores
from vizkit.probing.invariance.scores.distances import (
    DistanceCurve,
    ImageDistances,
    distance_curve,
)
from vizkit.probing.readers import PIXELS

BATCH = 4


@dataclass(frozen=True, eq=False, slots=True)
class Sweep:
    """What one transform does to all layers.

    Attributes
    ----------
    grid : the transform and its values.
    responses : by layer, images x values x channels, float32.
    originals : by layer, at the identity, images x channels.
    moved : by layer, how far the whole output moves on average over the values but the identity,
        in distances between two images; one value.
    pixels : the same of the images themselves.
    resampling : largest error of the transform itself.
    """

    grid: Grid
    responses: dict[str, Tensor]
    originals: dict[str, Tensor]
    moved: dict[str, DistanceCurve]
    pixels: DistanceCurve
    resampling: float


def sweep_layers(
    network: Network,
    layers: Sequence[str],
    images: Tensor,
    probes: Sequence[Probe],
    follow: Callable[[], None],
) -> dict[str, Sweep]:
    """Responses of all channels of `layers` by transform; no layer depends on the others.

    Parameters
    ----------
    images : B C H W in [0, 1].
    follow : called after every pass.
    """
    width = network.input_size[1]
    grids = [grid(probe.family, probe.values_for(width)) for probe in probes]
    batches = list(network.batches(images, BATCH))
    scores = NetworkScores(network, layers, grids, batches[0])
    for batch in batches:
        scores.add(batch, follow)
    return {probe.family: _sweep(scores, number, batches[0]) for number, probe in enumerate(probes)}


def _sweep(scores: NetworkScores, number: int, sample: Tensor) -> Sweep:
    swept = scores.grids[number]
    both = {layer: scores.responses(number, layer) for layer in scores.layers}
    moved = {
        layer: distance_curve(_mean(scores.distances(number, layer)))
        for layer in (PIXELS, *scores.layers)
    }
    still = swept.apply(sample, swept.identity)
    return Sweep(
        swept,
        {layer: orbits for layer, (_, orbits) in both.items()},
        {layer: originals for layer, (originals, _) in both.items()},
        moved,
        moved[PIXELS],
        max(swept.floor(still, point) for point in swept.from_identity),
    )


def _mean(apart: ImageDistances) -> ImageDistances:
    """Mean over the values, as if they were one."""
    moved, other = (each.mean(1, keepdim=True) for each in (apart.moved, apart.other))
    return ImageDistances(moved, other, apart.between)
