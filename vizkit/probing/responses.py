"""Responses of units over sweeps; every image is read once and serves all layers and units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import torch
from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.images.sources import ImageSource
from vizkit.networks.network import Network
from vizkit.probing.grid import Grid
from vizkit.probing.passes import Passes
from vizkit.probing.readers import ResponseReader
from vizkit.probing.readout import Offset, Readouts, Response, units_by_disc
from vizkit.probing.sweep_names import Disc, StimulusSweep
from vizkit.progress import OnProgress, Progress
from vizkit.unit import Unit

_BATCH = {"cpu": 4, "cuda": 32}
"""Images in one pass; VGG16 keeps 55 MB per image when all its convolutions are asked for."""
_FLOOR_IMAGES = 4
_PLAIN = Grid((), ())
"""The images as they are."""


@dataclass(frozen=True, eq=False, slots=True)
class UnitResponses:
    """What one unit answered.

    Attributes
    ----------
    unit : the unit.
    grid : the values; of a stimulus, drawn where the unit looks.
    responses : images x points, float32, on the CPU; points in the order of `grid.points`.
    untransformed : responses to the images to compare with, as they are.
    floor : error of the resampling alone at each point, see `Transform.floor`; mean over the first
        images, 0.0 where pixels are moved exactly.
    """

    unit: Unit
    grid: Grid
    responses: Tensor
    untransformed: Tensor
    floor: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Responses:
    """What units of one network answered over one sweep.

    Memory is images x points x units x 4 bytes: 100 images at 24 angles and all 4,224 channels of
    VGG16 take 41 MB. Everything else is as large as one batch, however many images there are.

    Attributes
    ----------
    sweep : name of what was varied.
    units : one for each unit, in the order asked.
    images : number of images.
    passes : number of forward passes: images x points, and one for each reference image; none for
        that where the images themselves are the reference and the identity is a point. The passes
        of a reference that several sweeps share are counted with the first of these.
    offsets : by layer, (dy, dx) in pixels from the middle of the image to that of its central
        unit's field; None where that has no middle, or none is read.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    sweep: str
    units: tuple[UnitResponses, ...]
    images: int
    passes: int
    offsets: dict[str, Offset | None]
    skipped: tuple[tuple[str, str], ...]

    @property
    def together(self) -> Tensor:
        """Responses of all units, which were shown the same: images x points x units."""
        return torch.stack([unit.responses for unit in self.units], 2)


def responses(
    network: Network,
    units: Sequence[Unit],
    sweeps: Sequence[Grid | StimulusSweep],
    images: ImageSource,
    *,
    response: Response = "center",
    after_activation: bool = True,
    reference: ImageSource | None = None,
    progress: OnProgress | None = None,
) -> list[Responses]:
    """Responses of `units` over each of `sweeps`; every image is read, and decoded, once.

    Parameters
    ----------
    units : of any number of layers of `network`.
    sweeps : grids, whose points the images are passed at; stimuli are drawn on gray in place of the
        images, which, as they are, are what the responses are compared with.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors, of which no
        more than a batch is kept.
    response : for units without a position: ``"center"`` reads the one unit whose receptive field
        is nearest to the middle of the image, about which images are turned and scaled; ``"mean"``
        and ``"max"`` read the whole map.
    after_activation : responses after the ReLU that follows a layer, or before it.
    reference : images whose responses, as they are, stand for `untransformed`; by default `images`
        at the identity.

    Raises
    ------
    UnitNotFoundError : a position outside of the map that these images give.
    UsageError : images that the network cannot take, or values that they cannot bear.

    Examples
    --------
    >>> import vizkit
    >>> from vizkit.probing.grid import grid
    >>> net = vizkit.load("lenet5")
    >>> (read,) = responses(net, net.units("c3:0-4"), [grid("rotation", (0, 90))], "noise")
    >>> read.together.shape, read.passes
    (torch.Size([8, 2, 5]), 16)
    """
    batches = network.batches(images, _batch_size(network))
    stream = iter(batches)
    head = next(stream)
    reader = _Reader(network, units, response, after_activation, head)
    plain = _Reading(reader, _PLAIN, units)
    read = [reader.readings(sweep, plain, None if reference is None else plain) for sweep in sweeps]
    readings = [reading for parts in read for reading in parts]
    gray = torch.full_like(head[:1], GRAY)
    for reading in readings:
        if reading.grays:
            reading.take(gray.expand(reading.grays, -1, -1, -1))
    streamed = [reading for reading in readings if not reading.grays]
    if reference is None and len(streamed) < len(readings):
        streamed.append(plain)
    done, names = 0, ", ".join(sweep.name for sweep in sweeps)
    for batch in chain((head,), stream):
        for reading in streamed:
            reading.take(batch)
        done += len(batch)
        if progress is not None:
            progress(Progress(done, batches.count, f"{network.name} {names}"))
    if reference is not None:
        for batch in network.batches(reference, _batch_size(network)):
            plain.take(batch)

    results, uncounted = [], plain.passes.count
    for sweep, parts in zip(sweeps, read, strict=True):
        passes = sum(reading.passes.count for reading in parts)
        if any(reading.compared is plain for reading in parts):
            passes, uncounted = passes + uncounted, 0
        sample = head[:_FLOOR_IMAGES]
        answers = {answer.unit: answer for part in parts for answer in part.answers(sample)}
        results.append(
            Responses(
                sweep=sweep.name,
                units=tuple(answers[unit] for unit in units),
                images=parts[0].passes.count // len(parts[0].points),
                passes=passes,
                offsets=reader.readouts.offsets,
                skipped=batches.skipped,
            )
        )
    return results


class _Reader:
    """How units are read of images like those of `head`, whatever these are passed at."""

    def __init__(
        self,
        network: Network,
        units: Sequence[Unit],
        response: Response,
        after_activation: bool,
        head: Tensor,
    ) -> None:
        by_layer: dict[str, list[Unit]] = {}
        for unit in dict.fromkeys(units):
            by_layer.setdefault(unit.layer.public_name, []).append(unit)
        self.columns = {unit: n for alike in by_layer.values() for n, unit in enumerate(alike)}
        self.network, self.after_activation = network, after_activation
        self.shape, self._size = tuple(head.shape[1:]), (head.shape[2], head.shape[3])
        self.readouts = Readouts(network, by_layer, response, self._size)

    @cached_property
    def _looking(self) -> dict[Disc, list[Unit]]:
        return units_by_disc(self.network, self.columns, self._size)

    def readings(
        self, sweep: Grid | StimulusSweep, plain: _Reading, compared: _Reading | None
    ) -> list[_Reading]:
        """Those of a sweep: one, or of a stimulus one for each place that units look at."""
        if isinstance(sweep, Grid):
            return [_Reading(self, sweep, self.columns, compared)]
        return [
            _Reading(self, sweep.on(disc), units, plain, grays=len(sweep.looks(disc[1])))
            for disc, units in self._looking.items()
        ]


class _Reading:
    """What units answer at the points of a grid.

    Parameters
    ----------
    compared : whose responses at the identity stand for those to untransformed images; by default
        its own, for which the identity is passed as well.
    grays : of the gray images that are passed where the transforms draw what is seen; else 0.
    """

    def __init__(
        self,
        reader: _Reader,
        grid: Grid,
        units: Iterable[Unit],
        compared: _Reading | None = None,
        grays: int = 0,
    ) -> None:
        grid.check(reader.shape)
        self.grid, self.units, self.grays = grid, tuple(units), grays
        layers = dict.fromkeys(unit.layer.public_name for unit in self.units)
        self.passes = Passes(reader.network, layers, after_activation=reader.after_activation)
        self.compared = compared or self
        self.points = grid.points if compared else grid.from_identity
        self._columns, self._read = reader.columns, ResponseReader(reader.readouts)

    def take(self, batch: Tensor) -> None:
        for point, _, maps in self.passes.over(batch, self.grid, self.points):
            self._read.add(point, maps)

    def answers(self, sample: Tensor) -> Iterator[UnitResponses]:
        """What each unit answered; the error of resampling is that of `sample`."""
        points, other = self.grid.points, self.compared
        floor = tuple(self.grid.floor(sample, point) for point in points)
        moved = {layer: self._read.over(layer, points) for layer in self.passes.layers}
        still = {layer: other._read.at(layer, other.grid.identity) for layer in moved}
        for unit in self.units:
            layer, column = unit.layer.public_name, self._columns[unit]
            yield UnitResponses(
                unit, self.grid, moved[layer][:, :, column], still[layer][:, column], floor
            )


def _batch_size(network: Network) -> int:
    return _BATCH.get(network.device.type, 32)
