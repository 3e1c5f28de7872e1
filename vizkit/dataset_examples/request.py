"""The verb: examples of units in a set of images."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from vizkit.dataset_examples.crop import Field, shown_box
from vizkit.dataset_examples.heat import Centers, centers, heat_map
from vizkit.dataset_examples.one_pass import BATCH, fill
from vizkit.dataset_examples.ranking import Ranked, rank
from vizkit.dataset_examples.readout import Readout
from vizkit.dataset_examples.responses import Responses
from vizkit.dataset_examples.result import Example, Examples, ExampleSet
from vizkit.errors import UsageError
from vizkit.images.framing import Framing
from vizkit.images.image_set import ImageSet
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given, network_of_units
from vizkit.networks.network import Network
from vizkit.networks.units import Units
from vizkit.progress import OnProgress, Progress
from vizkit.receptive_fields.calculate import receptive_field
from vizkit.receptive_fields.network_fields import ReceptiveFields
from vizkit.unit import Position, Unit

BINS = 40
"""Of the histogram of all responses."""


def examples(
    network: Given | Units,
    units: Units | None = None,
    *,
    images: ImageSource = "photographs",
    top: int = 9,
    resume: str | Path | None = None,
    progress: OnProgress | None = None,
) -> Examples:
    """Images of a set that drive units most, least and in between: exact, in one pass.

    A response is taken after the ReLU that follows the layer, where there is one: of a channel the
    maximum over positions, of a neuron or a logit the value itself. Memory does not grow with the
    number of images: responses are kept in a file, 8 bytes for each image and unit, and every
    quantile is exact. No image is shown more than twice for a unit.

    Parameters
    ----------
    network, units : a network and addresses, or whole addresses alone; all of one network.
    images : the name of a set, a folder, a tensor or an `ImageSet`, of which no more than 16 images
        are in memory at once. `vizkit.images.DatasetImages` makes one of a data set of torchvision.
    top : most examples at either end; never more than half of the images.
    resume : file that the responses are kept in, so that a pass that was interrupted goes on; by
        default one that is removed. See `vizkit.dataset_examples.collect` for shards.
    progress : called with the number of images that are done.

    Raises
    ------
    AddressError, NotFoundError, UsageError : units that there are not, or of several networks.
    UsageError : images that are none or that the network cannot take; a file of something else.

    Examples
    --------
    >>> found = examples("lenet5", "c1:0-2", images="digits", top=3)
    >>> found
    <Examples of 3 units of lenet5@digits in 40 images of 'digits'>
    >>> [(each.kind, each.quantile) for each in found[1].of_kind("top")]
    [('top', 1.0), ('top', 0.975), ('top', 0.95)]
    """
    if top < 1:
        raise UsageError(f"top={top} is out of range.\n  Give 1 or more.")
    net, named = network_of_units(network, units)
    readout = Readout(net, named)
    shown = net.images(images)
    with tempfile.TemporaryDirectory(prefix="vizkit-") as folder:
        file = Path(folder) / "responses" if resume is None else resume
        responses = fill(readout, shown, file, progress=progress)
        return found(readout, shown, responses, top, progress)


def found(
    readout: Readout,
    images: ImageSet,
    responses: Responses,
    top: int,
    progress: OnProgress | None = None,
) -> Examples:
    """Examples by responses that are complete; only their images are shown once more.

    Raises
    ------
    UsageError : no image could be read.
    """
    network = readout.network
    skipped = tuple(_reason(images, int(number)) for number in responses.skipped())
    numbers = responses.numbers()
    if not len(numbers):
        first = f" The first: {skipped[0][1]}" if skipped else ""
        raise UsageError(
            f"none of the {len(images)} images of {images.name!r} can be read.{first}\n"
            "  Give a folder with PNG or JPEG files."
        )
    fields = _fields(network, images.size)
    # Each photograph is decoded once, however many units it stands for.
    frame = cache(lambda number: images.original(number)[1])
    sets = []
    for place, values, positions in responses.columns():
        unit = readout.units[place]
        chosen = tuple(
            _example(images, frame, fields, unit, each, int(numbers[each.row]), values, positions)
            for each in rank(values, top)
        )
        counts, edges = np.histogram(values[np.isfinite(values)].astype(np.float64), BINS)
        random = network.weights.random
        sets.append(ExampleSet(unit, random, len(numbers), chosen, counts, edges, images))
    heated = _with_heat(readout, images, fields, sets, progress)
    return Examples(
        network.source, network.weights.random, images, len(numbers), skipped, tuple(heated)
    )


def _reason(images: ImageSet, number: int) -> tuple[str, str]:
    """Name of an image that could not be read, and why."""
    try:
        images[number]
    except UsageError as error:
        return images.title(number), str(error).split("\n")[0]
    return images.title(number), "it could not be read"


def _fields(network: Network, size: tuple[int, int]) -> ReceptiveFields | None:
    """None for a network whose fields depend on the values of the image."""
    try:
        return receptive_field(network, size)
    except UsageError:
        return None


def _example(
    images: ImageSet,
    frame: Callable[[int], Framing],
    fields: ReceptiveFields | None,
    unit: Unit,
    ranked: Ranked,
    number: int,
    values: NDArray[np.float32],
    positions: NDArray[np.int32],
) -> Example:
    position = _position(unit, int(positions[ranked.row]), fields)
    field = _field(fields, unit, position, images.size)
    return Example(
        kind=ranked.kind,
        number=number,
        file=images.title(number),
        value=float(values[ranked.row]),
        quantile=ranked.quantile,
        position=position,
        box=None if field is None else frame(number).region(field.clipped),
        field=field,
        heat=None,
    )


def _position(unit: Unit, place: int, fields: ReceptiveFields | None) -> Position | None:
    if place < 0:
        return None
    # Of the map at the size of the images, which need not be the network's own.
    shape = unit.layer.shape if fields is None else fields[unit.layer.name].shape
    return divmod(place, shape[2])


def _field(
    fields: ReceptiveFields | None, unit: Unit, position: Position | None, size: tuple[int, int]
) -> Field | None:
    if fields is None:
        whole = 0, 0, size[0] - 1, size[1] - 1
        return Field(whole, whole)
    seen = fields.unit(unit.layer.name, unit.channel, position)
    if seen.box is None or seen.clipped is None:
        return None
    return Field(seen.box, seen.clipped)


def _with_heat(
    readout: Readout,
    images: ImageSet,
    fields: ReceptiveFields | None,
    sets: list[ExampleSet],
    progress: OnProgress | None,
) -> list[ExampleSet]:
    """The sets with heat maps in their examples, each of whose images is shown once more."""
    wanted: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one, each in enumerate(sets):
        for place, example in enumerate(each.examples):
            if example.position is not None and example.field is not None:
                wanted[example.number].append((one, place))
    chosen = [list(each.examples) for each in sets]
    places: dict[str, Centers] = {}
    numbers = sorted(wanted)
    what = f"{readout.network.source}: heat maps"
    for first in range(0, len(numbers), BATCH):
        if progress is not None:
            progress(Progress(first, len(numbers), what))
        batch = numbers[first : first + BATCH]
        maps = readout.maps(torch.cat([images[number] for number in batch]))
        for row, number in enumerate(batch):
            for one, place in wanted[number]:
                example, unit = chosen[one][place], sets[one].unit
                assert example.field is not None
                layer = unit.layer.name
                channel = maps[layer][row, unit.channel].float().cpu().numpy()
                if layer not in places:
                    field = None if fields is None else fields[layer]
                    places[layer] = centers(field, channel.shape, images.size)
                heat = heat_map(channel, places[layer], shown_box(example.field))
                chosen[one][place] = replace(example, heat=heat)
    return [
        replace(each, examples=tuple(examples)) for each, examples in zip(sets, chosen, strict=True)
    ]
