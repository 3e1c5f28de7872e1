"""Responses of units over sweeps; every image is read once and serves all layers and units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from vizkit.probing.readout import Offset, Readouts, Response, Size, discs
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
    by_layer: dict[str, list[Unit]] = {}
    for unit in dict.fromkeys(units):
        by_layer.setdefault(unit.layer.public_name, []).append(unit)
    columns = {unit: number for own in by_layer.values() for number, unit in enumerate(own)}
    batches = network.batches(images, _batch_size(network))
    stream = iter(batches)
    head = next(stream)
    size = (head.shape[2], head.shape[3])
    readouts = Readouts(
        network,
        {name: [(unit.channel, unit.position) for unit in by_layer[name]] for name in by_layer},
        response,
        size,
    )

    def reading(grid: Grid, layers: Iterable[str], *, still: bool, grays: int = 0) -> _Reading:
        grid.check(tuple(head.shape[1:]))
        passes = Passes(network, layers, after_activation=after_activation)
        return _Reading(grid, passes, readouts, still=still, grays=grays)

    looking = _by_disc(network, units, size, sweeps)
    served: list[dict[Unit, _Reading]] = []
    for sweep in sweeps:
        if isinstance(sweep, Grid):
            served.append(dict.fromkeys(units, reading(sweep, by_layer, still=reference is None)))
            continue
        served.append({})
        for disc, alike in looking.items():
            layers = dict.fromkeys(unit.layer.public_name for unit in alike)
            grays = len(sweep.looks(disc[1]))
            drawn = reading(sweep.on(disc), layers, still=False, grays=grays)
            served[-1] |= dict.fromkeys(alike, drawn)
    readings = list(dict.fromkeys(each for by_unit in served for each in by_unit.values()))
    plain = reading(_PLAIN, by_layer, still=False)
    gray = torch.full_like(head[:1], GRAY)
    for each in readings:
        if each.grays:
            each.take(gray.expand(each.grays, -1, -1, -1))
    streamed = [each for each in readings if not each.grays]
    if reference is None and len(streamed) < len(readings):
        streamed.append(plain)
    done = 0
    for batch in chain((head,), stream):
        for each in streamed:
            each.take(batch)
        done += len(batch)
        if progress is not None:
            names = ", ".join(sweep.name for sweep in sweeps)
            progress(Progress(done, batches.count, f"{network.name} {names}"))
    if reference is not None:
        for batch in network.batches(reference, _batch_size(network)):
            plain.take(batch)

    uncounted = plain.passes.count
    results = []
    for sweep, by_unit in zip(sweeps, served, strict=True):
        passes = 0
        answers: dict[Unit, UnitResponses] = {}
        offsets: dict[str, Offset | None] = {}
        for each in dict.fromkeys(by_unit.values()):
            compared = plain if reference is not None or each.grays else each
            if compared is plain:
                passes, uncounted = passes + uncounted, 0
            passes += each.passes.count
            alike = [unit for unit, own in by_unit.items() if own is each]
            answers |= each.answers(compared, alike, columns, head[:_FLOOR_IMAGES])
            offsets |= {layer: readouts.by_layer[layer].offset for layer in each.passes.layers}
        first = next(iter(by_unit.values()))
        results.append(
            Responses(
                sweep=sweep.name,
                units=tuple(answers[unit] for unit in units),
                images=first.passes.count // len(first.points),
                passes=passes,
                offsets=offsets,
                skipped=batches.skipped,
            )
        )
    return results


class _Reading:
    """The points of a grid, the passes at them, and what was read of these.

    Parameters
    ----------
    still : pass the identity as well.
    grays : of the gray images that are passed where the transforms draw what is seen; else 0.
    """

    def __init__(
        self, grid: Grid, passes: Passes, readouts: Readouts, *, still: bool, grays: int
    ) -> None:
        self.grid, self.passes, self.grays = grid, passes, grays
        self.points = grid.from_identity if still else grid.points
        self._reader = ResponseReader(readouts)

    def take(self, batch: Tensor) -> None:
        for each in self.passes.over(batch, self.grid, self.points):
            self._reader.add(each.point, each.maps)

    def answers(
        self,
        compared: _Reading,
        units: Iterable[Unit],
        columns: dict[Unit, int],
        sample: Tensor,
    ) -> dict[Unit, UnitResponses]:
        """What each of `units` answered, beside the answers of `compared` at the identity."""
        points, layers = self.grid.points, self.passes.layers
        floor = tuple(self.grid.floor(sample, point) for point in points)
        moved = {layer: self._reader.over(layer, points) for layer in layers}
        still = {layer: compared._reader.at(layer, compared.grid.identity) for layer in layers}

        def answer(unit: Unit) -> UnitResponses:
            layer, column = unit.layer.public_name, columns[unit]
            responses = moved[layer][:, :, column]
            return UnitResponses(unit, self.grid, responses, still[layer][:, column], floor)

        return {unit: answer(unit) for unit in units}


def _by_disc(
    network: Network, units: Sequence[Unit], size: Size, sweeps: Sequence[Grid | StimulusSweep]
) -> dict[Disc, list[Unit]]:
    """Units by where they look; empty where no stimulus is drawn there."""
    looking: dict[Disc, list[Unit]] = {}
    if not all(isinstance(sweep, Grid) for sweep in sweeps):
        for unit, disc in discs(network, units, size).items():
            looking.setdefault(disc, []).append(unit)
    return looking


def _batch_size(network: Network) -> int:
    return _BATCH.get(network.device.type, 32)
