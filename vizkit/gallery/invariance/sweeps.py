"""Responses of all planned units to transformed photographs: one pass per image and value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.gallery.invariance.probes import Probe
from vizkit.networks.network import Network
from vizkit.probing.grid import Grid, grid
from vizkit.probing.image_batches import image_batches
from vizkit.probing.invariance.scores.distances import (
    DistanceCurve,
    ImageDistances,
    distance_curve,
    image_distances,
    joined,
)
from vizkit.probing.passes import Passes
from vizkit.probing.readout import Readouts

_BATCH = 4
_INPUT = ""


@dataclass(frozen=True, eq=False, slots=True)
class Sweep:
    """What one family of transforms does to all layers.

    Attributes
    ----------
    grid : the family and its values.
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
    probe: Probe,
    follow: Callable[[], None],
) -> Sweep:
    """Responses of all channels of `layers`; what one layer gives does not depend on the others.

    Parameters
    ----------
    images : B C H W in [0, 1].
    follow : called after every pass.
    """
    swept = grid(probe.family, probe.values_for(network.input_size[1]))
    identity, points = swept.identity, swept.from_identity
    readouts = Readouts(network, dict.fromkeys(layers), "center", network.input_size)
    read: dict[tuple[str, float], list[Tensor]] = {}
    apart: dict[tuple[str, float], list[ImageDistances]] = {}
    originals: dict[str, Tensor] = {}
    errors = [0.0]
    passes = Passes(network, layers)
    for each in (
        each
        for batch in image_batches(network, images, _BATCH)
        for each in passes.over(batch, swept, points)
    ):
        maps = {_INPUT: each.images, **each.maps}
        (value,) = each.point
        if each.point == identity:
            if not originals:
                errors += [swept.floor(each.images, point) for point in points]
            originals = maps
        for name, output in maps.items():
            if each.point != identity:
                found = image_distances(originals[name], output.unsqueeze(0))
                apart.setdefault((name, value), []).append(found)
            if name != _INPUT:
                read.setdefault((name, value), []).append(readouts.of(name, output)(output))
        follow()

    def moved(name: str) -> DistanceCurve:
        return distance_curve(_mean([joined(apart[name, v]) for (v,) in points[1:]]))

    def responses(name: str, value: float) -> Tensor:
        return torch.cat(read[name, value])

    return Sweep(
        swept,
        {n: torch.stack([responses(n, value) for (value,) in swept.points], 1) for n in layers},
        {name: responses(name, identity[0]) for name in layers},
        {name: moved(name) for name in layers},
        moved(_INPUT),
        max(errors),
    )


def _mean(values: list[ImageDistances]) -> ImageDistances:
    """Mean over the values, as if they were one."""
    moved, other, cosine = (
        torch.cat([getattr(each, part) for each in values], 1).mean(1, keepdim=True)
        for part in ("moved", "other", "cosine")
    )
    return ImageDistances(moved, other, values[0].between, cosine)
