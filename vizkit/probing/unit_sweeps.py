"""Several sweeps of the same units and images, every image read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.networks.units import Units
from vizkit.probing.asked_units import AskedUnits, asked_units
from vizkit.probing.grid import Grid
from vizkit.probing.image_batches import ImageSource
from vizkit.probing.readout import Response, central_position
from vizkit.probing.responses import Responses
from vizkit.probing.sweep_names import Disc, StimulusSweep
from vizkit.probing.sweeps import Follow, Task, run_tasks
from vizkit.receptive_fields import ReceptiveFields, receptive_field
from vizkit.stimuli import field_disc
from vizkit.unit import Position

Size = tuple[int, int]


@dataclass(frozen=True, eq=False)
class UnitSweep:
    """What one unit answered.

    Attributes
    ----------
    address : the unit.
    grid : the values; of a stimulus, drawn where the unit looks.
    responses : images x points.
    untransformed : responses to the images to compare with.
    resampling : error of the transforms themselves at each point.
    """

    address: str
    grid: Grid
    responses: Tensor
    untransformed: Tensor
    resampling: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class UnitSweeps:
    """One sweep of units of one network, in the order asked.

    Attributes
    ----------
    network : with the weights that it has.
    name : of what was varied.
    units : one for each unit.
    images : number of images.
    passes : number of forward passes.
    offsets : by layer, (dy, dx) from the middle of the image to that of its central unit's field.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    network: Network
    name: str
    units: tuple[UnitSweep, ...]
    images: int
    passes: int
    offsets: dict[str, tuple[float, float] | None]
    skipped: tuple[tuple[str, str], ...]


def unit_sweeps(
    network: str | Network,
    units: Units,
    sweeps: Sequence[Grid | StimulusSweep],
    images: ImageSource | None = None,
    *,
    response: Response = "center",
    raw: bool = False,
    reference: ImageSource | None = None,
    follow: Follow | None = None,
) -> list[UnitSweeps]:
    """Responses of `units` over each of `sweeps`; parameters are those of `vizkit.tuning`."""
    asked = asked_units(network, units)
    # The tasks that serve each sweep, by unit; they are made when the images' size is known.
    tasks: list[Task] = []
    serving: list[dict[tuple[str, int], int]] = []

    def planned(size: Size) -> list[Task]:
        discs = (
            _discs(asked, size) if any(isinstance(each, StimulusSweep) for each in sweeps) else {}
        )
        for each in sweeps:
            own: dict[tuple[str, int], int] = {}
            if isinstance(each, Grid):
                own = dict.fromkeys(discs or _keys(asked), len(tasks))
                tasks.append(Task(each, tuple(asked.by_layer)))
            else:
                for disc in dict.fromkeys(discs.values()):
                    alike = [key for key, other in discs.items() if other == disc]
                    own |= dict.fromkeys(alike, len(tasks))
                    layers = tuple(dict.fromkeys(layer for layer, _ in alike))
                    tasks.append(Task(each.on(disc), layers, grays=len(each.looks(disc[1]))))
            serving.append(own)
        return tasks

    found = run_tasks(
        asked.network,
        asked.by_layer,
        planned,
        "photographs" if images is None else images,
        response=response,
        raw=raw,
        reference=reference,
        follow=follow,
    )
    return [
        _gathered(asked, each.name, own, found) for each, own in zip(sweeps, serving, strict=True)
    ]


def _keys(asked: AskedUnits) -> list[tuple[str, int]]:
    return [(layer, number) for layer, own in asked.by_layer.items() for number in range(len(own))]


def _discs(asked: AskedUnits, size: Size) -> dict[tuple[str, int], Disc]:
    """Where each unit looks: the disc in its receptive field, as far as that is in the image."""
    try:
        fields = receptive_field(asked.network, size)
    except UsageError:
        fields = None  # it takes decisions by the values of the image: no fields to go by
    return {
        (layer, number): _disc(fields, asked.network, layer, *asked.by_layer[layer][number], size)
        for layer, number in _keys(asked)
    }


def _disc(
    fields: ReceptiveFields | None,
    network: Network,
    layer: str,
    channel: int,
    place: Position | None,
    size: Size,
) -> Disc:
    whole = (0, 0, size[0] - 1, size[1] - 1)
    if fields is None:
        return field_disc(whole)
    name = network.layer(layer).name
    field = fields.layer(name)
    if field.map_axes != (1, 2, 3):
        return field_disc(whole)
    if place is None:
        place, _ = central_position(field, (field.shape[1], field.shape[2]), size)
    return field_disc(fields.unit(name, channel, place).clipped or whole)


def _gathered(
    asked: AskedUnits,
    name: str,
    serving: dict[tuple[str, int], int],
    found: Sequence[Responses],
) -> UnitSweeps:
    own = [found[number] for number in dict.fromkeys(serving.values())]
    units = []
    for address, layer, number in asked.places:
        task = found[serving[layer, number]]
        units.append(
            UnitSweep(
                str(address),
                task.grid,
                task.by_layer[layer][:, :, number],
                task.untransformed[layer][:, number],
                task.floor,
            )
        )
    return UnitSweeps(
        network=asked.network,
        name=name,
        units=tuple(units),
        images=own[0].images,
        passes=sum(each.passes for each in own),
        offsets={layer: readout.offset for each in own for layer, readout in each.readouts.items()},
        skipped=own[0].skipped,
    )
