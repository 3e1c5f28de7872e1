"""Responses of units to transformed images: one forward pass per image and value serves all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product

import torch
from torch import Tensor

from vizkit.capture import Capture, capture
from vizkit.invariance.grid import Grid, Point
from vizkit.invariance.image_batches import ImageSource, image_batches, opened
from vizkit.invariance.readout import Readout, Readouts, Response, UnitPlace
from vizkit.models.network import Network
from vizkit.models.photo_folder import PhotoFolder

Layers = Iterable[str] | Mapping[str, Sequence[UnitPlace] | None]
"""Names or aliases of layers; as a mapping, with the units of each, None for all channels."""

Follow = Callable[[int], None]
"""Called with the number of images that are done."""

_BATCH = {"cpu": 4, "cuda": 32}
"""Images in one pass; VGG16 keeps 55 MB per image when all its convolutions are asked for."""
_FLOOR_IMAGES = 4


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
    return _passes(network, acts, batches, grid, points)


def _passes(
    network: Network, acts: Capture, batches: Iterable[Tensor], grid: Grid, points: Sequence[Point]
) -> Iterator[Pass]:
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


def sweep(
    network: Network,
    layers: Layers,
    images: ImageSource,
    grid: Grid,
    *,
    response: Response = "center",
    raw: bool = False,
    reference: ImageSource | None = None,
    follow: Follow | None = None,
) -> Responses:
    """Responses of units of any number of layers to `images` at every point of `grid`.

    Parameters
    ----------
    layers : names or aliases, or a mapping from them to units.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors, of which no
        more than a batch is kept.
    response : for units without a position: ``"center"`` reads the one unit whose receptive field
        is nearest to the middle of the image, about which the families turn and scale; ``"mean"``
        and ``"max"`` read the whole map.
    raw : responses before the ReLU that follows a layer; by default after it.
    reference : images whose responses, as they are, stand for `untransformed`; by default `images`
        at the identity.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError : there is no such layer or unit.
    UsageError : images that the network cannot take, or values that they cannot bear.

    Examples
    --------
    >>> import vizkit
    >>> from vizkit.invariance.grid import grid
    >>> found = sweep(vizkit.load("lenet5"), ["c1", "c3"], "noise", grid("rotation", (0, 90)))
    >>> found.by_layer["c3"].shape, found.passes
    (torch.Size([8, 2, 16]), 16)
    """
    units = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(layers)
    # Mistakes in names come before the first image is read.
    acts = capture(network, list(units), after_activation=not raw)
    source = opened(network, images)
    batches = image_batches(network, source, _batch_size(network))
    head = next(batches)
    readouts = Readouts(network, units, response, (head.shape[2], head.shape[3]))
    own = reference is None and grid.identity not in grid.points
    points = (*grid.points, grid.identity) if own else grid.points
    taken = _Taken(units, points)
    for each in _passes(network, acts, chain((head,), batches), grid, points):
        taken.add(each, readouts)
        if follow is not None and each.point == points[-1]:
            follow(each.first + len(each.images))
    passes = taken.passes
    untransformed = {layer: taken.at(layer, grid.identity) for layer in units if reference is None}
    if reference is not None:
        shown = image_batches(network, opened(network, reference), _batch_size(network))
        still = _Taken(units, (grid.identity,))
        for batch in shown:
            maps = _maps(network, acts, batch)
            still.add(Pass(still.passes, batch, grid.identity, maps), readouts)
        passes += still.passes
        untransformed = {layer: still.at(layer, grid.identity) for layer in units}
    sample = head[:_FLOOR_IMAGES]
    return Responses(
        grid=grid,
        by_layer={
            layer: torch.stack([taken.at(layer, point) for point in grid.points], 1)
            for layer in units
        },
        untransformed=untransformed,
        readouts=readouts.by_layer,
        images=taken.passes // len(points),
        passes=passes,
        raw=raw,
        floor=tuple(grid.floor(sample, point) for point in grid.points),
        skipped=source.skipped if isinstance(source, PhotoFolder) else (),
    )


class _Taken:
    """Responses read from passes, by layer and point."""

    def __init__(self, layers: Iterable[str], points: Iterable[Point]) -> None:
        self.passes = 0
        self._parts: dict[tuple[str, Point], list[Tensor]] = {
            (layer, point): [] for layer, point in product(layers, points)
        }

    def add(self, each: Pass, readouts: Readouts) -> None:
        self.passes += len(each.images)
        for layer, maps in each.maps.items():
            self._parts[layer, each.point].append(readouts.of(layer, maps)(maps))

    def at(self, layer: str, point: Point) -> Tensor:
        return torch.cat(self._parts[layer, point])


def _batch_size(network: Network) -> int:
    return _BATCH.get(network.device.type, 32)
