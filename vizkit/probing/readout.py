"""From a layer's output to one number for each unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from vizkit.errors import UnitNotFoundError, UsageError
from vizkit.networks.network import Network
from vizkit.probing.sweep_names import Disc
from vizkit.receptive_fields import LayerField, ReceptiveFields, receptive_field
from vizkit.receptive_fields.middle import middle_of_map, middle_position
from vizkit.stimuli import field_disc
from vizkit.unit import Position, Unit

Size = tuple[int, int]
Offset = tuple[float, float]
"""(dy, dx) in pixels from the middle of the image."""

Response = Literal["center", "mean", "max"]
"""What stands for a channel: its unit in the middle of the image, or mean or maximum of its map."""

UnitPlace = tuple[int, Position | None]
"""Channel and (y, x) in the layer's map; None leaves the place to the `Response`."""

RESPONSES: tuple[Response, ...] = ("center", "mean", "max")


@dataclass(frozen=True, eq=False)
class Readout:
    """How to read the units of one layer.

    Attributes
    ----------
    units : channels with their positions; None where the whole map is read.
    response : of the units without a position.
    offset : (dy, dx) in pixels from the middle of the image to the middle of what the central unit
        sees; None where fields have no middle, or no central unit is read.
    """

    units: tuple[UnitPlace, ...]
    response: Response
    offset: Offset | None = None

    def __call__(self, maps: Tensor) -> Tensor:
        """Responses, B x units, float32 on the CPU, to a layer's output."""
        channels = torch.tensor([channel for channel, _ in self.units], device=maps.device)
        if maps.ndim == 2:
            return maps[:, channels].float().cpu()
        read = torch.empty(len(maps), len(self.units), dtype=torch.float32)
        placed = [i for i, (_, place) in enumerate(self.units) if place is not None]
        whole = [i for i, (_, place) in enumerate(self.units) if place is None]
        if placed:
            rows, columns = torch.tensor(
                [self.units[i][1] for i in placed], device=maps.device
            ).unbind(1)
            read[:, placed] = maps[:, channels[placed], rows, columns].float().cpu()
        if whole:
            chosen = maps[:, channels[whole]].flatten(2)
            read[:, whole] = (
                (chosen.mean(2) if self.response == "mean" else chosen.amax(2)).float().cpu()
            )
        return read


class Readouts:
    """Readouts of layers, made when a layer's first map is seen.

    Parameters
    ----------
    units : by layer, the units to read; None for all channels.
    input_size : (height, width) of the images.

    Attributes
    ----------
    by_layer : the readouts that were made.
    """

    def __init__(
        self,
        network: Network,
        units: Mapping[str, Sequence[UnitPlace] | None],
        response: Response,
        input_size: Size,
    ) -> None:
        if response not in RESPONSES:
            raise UsageError(
                f"response={response!r} is unknown.\n  Give 'center', 'mean' or 'max'."
            )
        self._network, self._units = network, units
        self._response, self._input_size = response, input_size
        central = response == "center" and any(
            network.layer(layer).spatial
            and (places is None or any(position is None for _, position in places))
            for layer, places in units.items()
        )
        self._fields = _fields(network, input_size) if central else None
        self.by_layer: dict[str, Readout] = {}

    def of(self, layer: str, maps: Tensor) -> Readout:
        """Readout of `layer` that fits its output `maps`."""
        if layer not in self.by_layer:
            self.by_layer[layer] = self._make(layer, maps)
        return self.by_layer[layer]

    def _make(self, layer: str, maps: Tensor) -> Readout:
        info = self._network.layer(layer)
        name = f"{info.public_name} of {self._network.name}"
        if maps.ndim not in (2, 4):
            raise UsageError(
                f"{name} gives {tuple(maps.shape[1:])} for an image, which is not a map of "
                "channels.\n  Name another layer."
            )
        units = self._units[layer]
        if units is None:
            units = [(channel, None) for channel in range(maps.shape[1])]
        if maps.ndim == 2:
            return Readout(tuple(units), self._response)
        size = (maps.shape[2], maps.shape[3])
        _check(name, units, size)
        if self._response != "center":
            return Readout(tuple(units), self._response)
        field = None if self._fields is None else self._fields.layer(info.name)
        middle, offset = central_position(field, size, self._input_size)
        central = any(position is None for _, position in units)
        placed = tuple((channel, position or middle) for channel, position in units)
        return Readout(placed, self._response, offset if central else None)


def central_position(
    field: LayerField | None, map_size: Size, input_size: Size
) -> tuple[Position, Offset | None]:
    """Position whose receptive field is nearest to the middle of the image, and how far it is off.

    Where the fields of a layer have no middle (`field` None, or every unit sees everything), the
    middle of the map.
    """
    if field is None or field.map_axes != (1, 2, 3):
        return middle_of_map(*map_size), None
    place = middle_position(field, map_size, input_size)
    assert place is not None  # it has a map
    offset = []
    for axis in (0, 1):
        first, stride = field.center[axis], field.stride[axis]
        if first is None or not stride:
            return place, None
        offset.append(float(first) + place[axis] * stride - (input_size[axis] - 1) / 2)
    return place, (offset[0], offset[1])


def discs(network: Network, units: Iterable[Unit], size: Size) -> dict[Unit, Disc]:
    """Where each unit looks: the disc in its receptive field, as far as that is in the image."""
    fields = _fields(network, size)
    return {unit: _disc(fields, unit, size) for unit in units}


def _disc(fields: ReceptiveFields | None, unit: Unit, size: Size) -> Disc:
    box = None
    field = None if fields is None else fields.layer(unit.layer.name)
    if fields is not None and field is not None and field.map_axes == (1, 2, 3):
        place = unit.position
        if place is None:
            place, _ = central_position(field, (field.shape[1], field.shape[2]), size)
        box = fields.unit(unit.layer.name, unit.channel, place).clipped
    return field_disc(box or (0, 0, size[0] - 1, size[1] - 1))


def _fields(network: Network, size: Size) -> ReceptiveFields | None:
    try:
        return receptive_field(network, size)
    except UsageError:
        return None  # it takes decisions by the values of the image: no fields to go by


def _check(name: str, units: Iterable[UnitPlace], size: Size) -> None:
    for _, position in units:
        if position and not (0 <= position[0] < size[0] and 0 <= position[1] < size[1]):
            raise UnitNotFoundError(
                f"position {position[0]},{position[1]} is outside of the map of {name}.\n"
                f"  For these images it has {size[0]} x {size[1]} positions: "
                f"give 0,0 to {size[0] - 1},{size[1] - 1}."
            )
