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

RESPONSES: tuple[Response, ...] = ("center", "mean", "max")


@dataclass(frozen=True, eq=False)
class Readout:
    """How to read units of one layer.

    Attributes
    ----------
    units : of those without a position the whole map is read.
    response : of these.
    offset : (dy, dx) in pixels from the middle of the image to the middle of what the central unit
        sees; None where fields have no middle, or no central unit is read.
    """

    units: tuple[Unit, ...]
    response: Response
    offset: Offset | None = None

    def __call__(self, maps: Tensor) -> Tensor:
        """Responses, B x units, float32 on the CPU, to a layer's output."""
        channels = torch.tensor([unit.channel for unit in self.units], device=maps.device)
        if maps.ndim == 2:
            return maps[:, channels].float().cpu()
        read = torch.empty(len(maps), len(self.units), dtype=torch.float32)
        positions = {n: each.position for n, each in enumerate(self.units) if each.position}
        if placed := list(positions):
            rows, columns = torch.tensor(list(positions.values()), device=maps.device).unbind(1)
            read[:, placed] = maps[:, channels[placed], rows, columns].float().cpu()
        if whole := [n for n in range(len(self.units)) if n not in positions]:
            chosen = maps[:, channels[whole]].flatten(2)
            value = chosen.mean(2) if self.response == "mean" else chosen.amax(2)
            read[:, whole] = value.float().cpu()
        return read


class Readouts:
    """Readouts of layers, made when a layer's first map is seen.

    Parameters
    ----------
    units : by layer, the units to read; None for all channels.
    input_size : (height, width) of the images.
    """

    def __init__(
        self,
        network: Network,
        units: Mapping[str, Sequence[Unit] | None],
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
            and (read is None or any(unit.position is None for unit in read))
            for layer, read in units.items()
        )
        self._fields = _fields(network, input_size) if central else None
        self._by_layer: dict[str, Readout] = {}

    @property
    def offsets(self) -> dict[str, Offset | None]:
        """Of the layers seen so far, where the central unit looks; see `Readout`."""
        return {layer: readout.offset for layer, readout in self._by_layer.items()}

    def of(self, layer: str, maps: Tensor) -> Readout:
        """Readout of `layer` that fits its output `maps`."""
        if layer not in self._by_layer:
            self._by_layer[layer] = self._make(layer, maps)
        return self._by_layer[layer]

    def _make(self, layer: str, maps: Tensor) -> Readout:
        info, units = self._network.layer(layer), self._units[layer]
        name = f"{info.public_name} of {self._network.name}"
        if maps.ndim not in (2, 4):
            raise UsageError(
                f"{name} gives {tuple(maps.shape[1:])} for an image, which is not a map of "
                "channels.\n  Name another layer."
            )
        if units is None:
            source = self._network.source
            units = [Unit(source, info, channel) for channel in range(maps.shape[1])]
        size = (maps.shape[2], maps.shape[3]) if maps.ndim == 4 else None
        if size is not None:
            _check(name, units, size)
        if size is None or self._response != "center":
            return Readout(tuple(units), self._response)
        field = None if self._fields is None else self._fields.layer(info.name)
        middle, offset = central_position(field, size, self._input_size)
        central = any(unit.position is None for unit in units)
        placed = tuple(unit if unit.position else unit.at(middle) for unit in units)
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


def units_by_disc(network: Network, units: Iterable[Unit], size: Size) -> dict[Disc, list[Unit]]:
    """Units by where they look: the disc in the receptive field, as far as that is in the image."""
    fields = _fields(network, size)
    looking: dict[Disc, list[Unit]] = {}
    for unit in units:
        looking.setdefault(_disc(fields, unit, size), []).append(unit)
    return looking


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


def _check(name: str, units: Iterable[Unit], size: Size) -> None:
    for y, x in (unit.position for unit in units if unit.position):
        if not (0 <= y < size[0] and 0 <= x < size[1]):
            raise UnitNotFoundError(
                f"position {y},{x} is outside of the map of {name}.\n"
                f"  For these images it has {size[0]} x {size[1]} positions: "
                f"give 0,0 to {size[0] - 1},{size[1] - 1}."
            )
