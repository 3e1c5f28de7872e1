"""Responses of units to transformed images, and the forward passes that they are read from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.activations import Capture, capture
from vizkit.networks.network import Network
from vizkit.probing.grid import Grid, Point
from vizkit.probing.readout import Readout


@dataclass(frozen=True, eq=False, slots=True)
class Pass:
    """What one forward pass left behind.

    Attributes
    ----------
    first : number of the first image, in the order of the stream.
    images : the transformed images, B x C x H x W in [0, 1].
    point : values of the transforms that they went through.
    maps : output of each layer, B x C x h x w or B x C.
    """

    first: int
    images: Tensor
    point: Point
    maps: dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Responses:
    """Responses of units to every image at every point of a grid.

    Memory is images x points x units x 4 bytes: 100 images at 24 angles and all 4,224 channels of
    VGG16 take 41 MB. Everything else is as large as one batch, however many images there are.

    Attributes
    ----------
    grid : the values, and the families that they belong to.
    by_layer : images x points x units, float32, on the CPU; points in the order of `grid.points`.
    untransformed : responses to the reference images as they are, reference x units, float32; by
        default to `images` at the identity.
    readouts : which units they are, and where in the map.
    images : number of images.
    passes : number of forward passes: images x points, and one for each reference image; none
        for that where the images themselves are the reference and the identity is a point.
    raw : True for responses before the ReLU.
    floor : error of the resampling alone at each point, see `Family.floor`; mean over the first
        images, 0.0 where pixels are moved exactly.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    grid: Grid
    by_layer: dict[str, Tensor]
    untransformed: dict[str, Tensor]
    readouts: dict[str, Readout]
    images: int
    passes: int
    raw: bool
    floor: tuple[float, ...]
    skipped: tuple[tuple[str, str], ...]


def passes(
    network: Network,
    layers: Iterable[str],
    batches: Iterable[Tensor],
    grid: Grid,
    points: Sequence[Point],
    *,
    raw: bool = False,
) -> Iterator[Pass]:
    """Outputs of `layers` for each batch of images at each of `points`, one pass after the other.

    The network runs to the deepest of the layers and no further, carries no hook while the caller
    has the turn, and no pass is kept.

    Parameters
    ----------
    batches : B C H W in [0, 1], on the network's device.
    raw : the layer's own output, also where a ReLU follows.

    Raises
    ------
    LayerNotFoundError : `network` has no such layer; raised before the first pass.
    UsageError : values that the images cannot bear.
    """
    acts = capture(network, list(layers), after_activation=not raw)
    return passes_of(network, acts, batches, grid, points)


def passes_of(
    network: Network, acts: Capture, batches: Iterable[Tensor], grid: Grid, points: Sequence[Point]
) -> Iterator[Pass]:
    """The passes of `passes`, with layers that are being captured already."""
    first = 0
    for batch in batches:
        if not first:
            grid.check(tuple(batch.shape[1:]))
        for point in points:
            with torch.no_grad():
                shown = grid.apply(batch, point)
            yield Pass(first, shown, point, _maps(network, acts, shown))
        first += len(batch)


def _maps(network: Network, acts: Capture, images: Tensor) -> dict[str, Tensor]:
    with torch.no_grad(), acts:
        network(images)
    maps = dict(acts.items())
    acts.clear()
    return maps
