"""Responses of units over sweeps: every image is read once and serves all layers and units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.images.sources import ImageSource
from vizkit.networks.network import Network
from vizkit.probing.grid import Grid
from vizkit.probing.passes import Passes
from vizkit.probing.readers import ResponseReader
from vizkit.probing.readout import Readouts, Response, UnitPlace

Layers = Iterable[str] | Mapping[str, Sequence[UnitPlace] | None]
"""Names or aliases of layers; as a mapping, with the units of each, None for all channels."""

Follow = Callable[[int], None]
"""Called with the number of images that are done."""

Size = tuple[int, int]

_BATCH = {"cpu": 4, "cuda": 32}
"""Images in one pass; VGG16 keeps 55 MB per image when all its convolutions are asked for."""
_FLOOR_IMAGES = 4
_PLAIN = Grid((), ())
"""The images as they are."""


@dataclass(frozen=True, eq=False)
class Task:
    """A grid, and the layers whose units are read at its points.

    Attributes
    ----------
    grays : its transforms draw what is seen, on so many gray images that are passed through them;
        the images of the stream, as they are, are what its responses are compared with. 0 where the
        images of the stream are passed.
    """

    grid: Grid
    layers: tuple[str, ...]
    grays: int = 0


@dataclass(frozen=True, eq=False)
class Responses:
    """Responses of units to every image at every point of a grid.

    Memory is images x points x units x 4 bytes: 100 images at 24 angles and all 4,224 channels of
    VGG16 take 41 MB. Everything else is as large as one batch, however many images there are.

    Attributes
    ----------
    grid : the values, and the transforms that they belong to.
    by_layer : images x points x units, float32, on the CPU; points in the order of `grid.points`.
    untransformed : responses to the reference images as they are, reference x units, float32; by
        default to `images` at the identity.
    offsets : by layer, (dy, dx) in pixels from the middle of the image to that of its central
        unit's field; None where that has no middle, or none is read.
    images : number of images.
    passes : number of forward passes: images x points, and one for each reference image; none
        for that where the images themselves are the reference and the identity is a point.
    floor : error of the resampling alone at each point, see `Transform.floor`; mean over the first
        images, 0.0 where pixels are moved exactly.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    grid: Grid
    by_layer: dict[str, Tensor]
    untransformed: dict[str, Tensor]
    offsets: dict[str, tuple[float, float] | None]
    images: int
    passes: int
    floor: tuple[float, ...]
    skipped: tuple[tuple[str, str], ...]


def responses(
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
        is nearest to the middle of the image, about which images are turned and scaled; ``"mean"``
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
    >>> from vizkit.probing.grid import grid
    >>> found = responses(vizkit.load("lenet5"), ["c1", "c3"], "noise", grid("rotation", (0, 90)))
    >>> found.by_layer["c3"].shape, found.passes
    (torch.Size([8, 2, 16]), 16)
    """
    units = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(layers)
    task = Task(grid, tuple(units))
    (read,) = read_tasks(
        network,
        units,
        lambda _: (task,),
        images,
        response=response,
        raw=raw,
        reference=reference,
        follow=follow,
    )
    return read


def read_tasks(
    network: Network,
    units: Mapping[str, Sequence[UnitPlace] | None],
    tasks: Callable[[Size], Sequence[Task]],
    images: ImageSource,
    *,
    response: Response = "center",
    raw: bool = False,
    reference: ImageSource | None = None,
    follow: Follow | None = None,
) -> list[Responses]:
    """Responses of `units` for each of several tasks; every image is read, and decoded, once.

    Parameters
    ----------
    tasks : from (height, width) of the images, which is known with the first of them.
    images, response, raw, reference, follow : as for `responses`. The passes of a reference that
        several tasks share are counted with the first of these.
    """
    # Mistakes in names come before the first image is read.
    whole = Passes(network, units, after_activation=not raw)
    batches = network.batches(images, _batch_size(network))
    stream = iter(batches)
    head = next(stream)
    size = (head.shape[2], head.shape[3])
    readouts = Readouts(network, dict(units), response, size)
    planned = tasks(size)
    for task in planned:
        task.grid.check(tuple(head.shape[1:]))
    plain = _Reading(Task(_PLAIN, tuple(units)), whole, readouts, still=False)
    readings = [
        _Reading(
            task,
            Passes(network, task.layers, after_activation=not raw),
            readouts,
            still=reference is None and not task.grays,
        )
        for task in planned
    ]
    gray = torch.full_like(head[:1], GRAY)
    for reading in readings:
        if reading.task.grays:
            reading.take(gray.expand(reading.task.grays, -1, -1, -1))
    streamed = [reading for reading in readings if not reading.task.grays]
    if reference is None and len(streamed) < len(readings):
        streamed.append(plain)
    done = 0
    for batch in chain((head,), stream):
        for reading in streamed:
            reading.take(batch)
        done += len(batch)
        if follow is not None:
            follow(done)
    if reference is not None:
        for batch in network.batches(reference, _batch_size(network)):
            plain.take(batch)
    uncounted = plain.passes.count
    results = []
    for reading in readings:
        compares = reference is not None or reading.task.grays > 0
        shared, uncounted = (uncounted, 0) if compares else (0, uncounted)
        sample = head[:_FLOOR_IMAGES]
        results.append(
            reading.result(plain if compares else reading, sample, shared, batches.skipped)
        )
    return results


class _Reading:
    """What has been read of a task; where it is `still`, at the identity as well."""

    def __init__(self, task: Task, passes: Passes, readouts: Readouts, *, still: bool) -> None:
        self.task, self.passes = task, passes
        self._readouts = readouts
        self._reader = ResponseReader(readouts)
        self._points = task.grid.from_identity if still else task.grid.points

    def take(self, batch: Tensor) -> None:
        for each in self.passes.over(batch, self.task.grid, self._points):
            self._reader.add(each.point, each.maps)

    def still(self, layer: str) -> Tensor:
        return self._reader.at(layer, self.task.grid.identity)

    def result(
        self, plain: _Reading, sample: Tensor, shared: int, skipped: tuple[tuple[str, str], ...]
    ) -> Responses:
        """What was read; `plain` has the responses to compare with, from `shared` passes."""
        grid, layers = self.task.grid, self.task.layers
        return Responses(
            grid=grid,
            by_layer={layer: self._reader.over(layer, grid.points) for layer in layers},
            untransformed={layer: plain.still(layer) for layer in layers},
            offsets={layer: self._readouts.by_layer[layer].offset for layer in layers},
            images=self.passes.count // len(self._points),
            passes=self.passes.count + shared,
            floor=tuple(grid.floor(sample, point) for point in grid.points),
            skipped=skipped,
        )


def _batch_size(network: Network) -> int:
    return _BATCH.get(network.device.type, 32)
