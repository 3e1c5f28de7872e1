"""Responses of units, each over stimuli that are drawn where it looks; every image is read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.load import load
from vizkit.networks.network import Network
from vizkit.networks.units import Units, find_all
from vizkit.probing.grid import Grid
from vizkit.probing.readout import Response, UnitPlace, central_position
from vizkit.probing.responses import Follow, Responses, Size, Task, read_tasks
from vizkit.probing.sweep_names import Disc, StimulusSweep
from vizkit.receptive_fields import ReceptiveFields, receptive_field
from vizkit.stimuli import field_disc
from vizkit.unit import Unit


@dataclass(frozen=True, eq=False)
class UnitResponses:
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
class SweepResponses:
    """What units of one network answered over one sweep, in the order asked.

    Attributes
    ----------
    name : of what was varied.
    units : one for each unit.
    images : number of images.
    passes : number of forward passes.
    offsets : by layer, as of `Responses`.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    name: str
    units: tuple[UnitResponses, ...]
    images: int
    passes: int
    offsets: dict[str, tuple[float, float] | None]
    skipped: tuple[tuple[str, str], ...]


def find_members(network: str | Network, units: Units) -> tuple[Network, tuple[Unit, ...]]:
    """The network, and the units that addresses name in it.

    Raises
    ------
    AddressError, LayerNotFoundError, UnitNotFoundError : there are no such units.
    UsageError : addresses of another network, or none.
    """
    net = load(network) if isinstance(network, str) else network
    members = tuple(unit for _, unit in find_all(units, net, load))
    if not members:
        raise UsageError("no units were given.\n  Give addresses, such as 'conv4_3:0-7'.")
    return net, members


def places_by_layer(units: Sequence[Unit]) -> dict[str, list[UnitPlace]]:
    """Channels and positions of units, without repetition, by the public names of layers."""
    places: dict[str, dict[UnitPlace, None]] = {}
    for unit in units:
        places.setdefault(unit.layer.public_name, {})[unit.channel, unit.position] = None
    return {layer: list(each) for layer, each in places.items()}


def unit_responses(
    network: Network,
    units: Sequence[Unit],
    sweeps: Sequence[Grid | StimulusSweep],
    images: ImageSource | None = None,
    *,
    response: Response = "center",
    raw: bool = False,
    reference: ImageSource | None = None,
    follow: Follow | None = None,
) -> list[SweepResponses]:
    """Responses of `units` over each of `sweeps`; parameters are those of `vizkit.tuning`."""
    places = places_by_layer(units)
    # The tasks that serve each sweep, by unit; they are made when the images' size is known.
    tasks: list[Task] = []
    serving: list[dict[Unit, int]] = []

    def planned(size: Size) -> list[Task]:
        drawn = any(isinstance(sweep, StimulusSweep) for sweep in sweeps)
        discs = _discs(network, units, size) if drawn else {}
        for sweep in sweeps:
            if isinstance(sweep, Grid):
                serving.append(dict.fromkeys(units, len(tasks)))
                tasks.append(Task(sweep, tuple(places)))
                continue
            serving.append({})
            for disc in dict.fromkeys(discs.values()):
                alike = [unit for unit in units if discs[unit] == disc]
                serving[-1] |= dict.fromkeys(alike, len(tasks))
                layers = dict.fromkeys(unit.layer.public_name for unit in alike)
                looks = len(sweep.looks(disc[1]))
                tasks.append(Task(sweep.on(disc), tuple(layers), grays=looks))
        return tasks

    results = read_tasks(
        network,
        places,
        planned,
        "photographs" if images is None else images,
        response=response,
        raw=raw,
        reference=reference,
        follow=follow,
    )
    return [
        _gathered(sweep.name, {unit: results[number] for unit, number in own.items()}, units)
        for sweep, own in zip(sweeps, serving, strict=True)
    ]


def _gathered(name: str, by_unit: dict[Unit, Responses], units: Sequence[Unit]) -> SweepResponses:
    places = places_by_layer(units)

    def answer(unit: Unit) -> UnitResponses:
        read, layer = by_unit[unit], unit.layer.public_name
        column = places[layer].index((unit.channel, unit.position))
        return UnitResponses(
            unit.address,
            read.grid,
            read.by_layer[layer][:, :, column],
            read.untransformed[layer][:, column],
            read.floor,
        )

    results = list(dict.fromkeys(by_unit.values()))
    return SweepResponses(
        name=name,
        units=tuple(map(answer, units)),
        images=results[0].images,
        passes=sum(each.passes for each in results),
        offsets={layer: offset for each in results for layer, offset in each.offsets.items()},
        skipped=results[0].skipped,
    )


def _discs(network: Network, units: Sequence[Unit], size: Size) -> dict[Unit, Disc]:
    """Where each unit looks: the disc in its receptive field, as far as that is in the image."""
    try:
        fields = receptive_field(network, size)
    except UsageError:
        fields = None  # it takes decisions by the values of the image: no fields to go by
    return {unit: _disc(fields, unit, size) for unit in units}


def _disc(fields: ReceptiveFields | None, unit: Unit, size: Size) -> Disc:
    whole = (0, 0, size[0] - 1, size[1] - 1)
    if fields is None:
        return field_disc(whole)
    field = fields.layer(unit.layer.name)
    if field.map_axes != (1, 2, 3):
        return field_disc(whole)
    place = unit.position
    if place is None:
        place, _ = central_position(field, (field.shape[1], field.shape[2]), size)
    return field_disc(fields.unit(unit.layer.name, unit.channel, place).clipped or whole)
