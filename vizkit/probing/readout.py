"""From a layer's output to one number for each unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from vizkit.errors import UnitNotFoundError, UsageError
from vizkit.networks.network import Network
from vizkit.receptive_fields import LayerField, receptive_field
from vizkit.receptive_fields.middle import middle_of_map, middle_position
from vizkit.unit import Position

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
    offset: tuple[float, float] | None = None

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
    """

    def __init__(
        self,
        network: Network,
        units: dict[str, Sequence[UnitPlace] | None],
        response: Response,
        input_size: tuple[int, int],
    ) -> None:
        if response not in RESPONSES:
            raise UsageError(
                f"response={response!r} is unknown.\n  Give 'center', 'mean' or 'max'."
            )
        self._network = network
        self._units = units
        self._response: Response = response
        self._fields = _fields(network, units, response, input_size)
        self._input_size = input_size
        self.by_layer: dict[str, Readout] = {}

    def of(self, layer: str, maps: Tensor) -> Readout:
        """Readout of `layer` that fits its output `maps`."""
        if layer not in self.by_layer:
            self.by_layer[layer] = self._make(layer, maps)
        return self.by_layer[layer]

    def _make(self, layer: str, maps: Tensor) -> Readout:
        name = f"{self._network.layer(layer).public_name} of {self._network.name}"
        if maps.ndim not in (2, 4):
            raise UsageError(
                f"{name} gives {tuple(maps.shape[1:])} for an image, which is not a map of "
                "channels.\n  Name another layer."
            )
        asked = self._units[layer]
        units = [(c, None) for c in range(maps.shape[1])] if asked is None else list(asked)
        _check(name, units, maps)
        if maps.ndim == 2 or self._response != "center":
            return Readout(tuple(units), self._response)
        size = (maps.shape[2], maps.shape[3])
        place, offset = central_position(self._fields.get(layer), size, self._input_size)
        central = any(own is None for _, own in units)
        placed = tuple((c, place if own is None else own) for c, own in units)
        return Readout(placed, self._response, offset if central else None)


def central_position(
    field: LayerField | None, map_size: tuple[int, int], input_size: tuple[int, int]
) -> tuple[Position, tuple[float, float] | None]:
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


def _fields(
    network: Network,
    units: dict[str, Sequence[UnitPlace] | None],
    response: Response,
    input_size: tuple[int, int],
) -> dict[str, LayerField]:
    central = [
        layer
        for layer, own in units.items()
        if response == "center"
        and network.layer(layer).spatial
        and (own is None or any(place is None for _, place in own))
    ]
    if not central:
        return {}
    try:
        fields = receptive_field(network, input_size)
    except UsageError:
        return {}  # it takes decisions by the values of the image: no fields to go by
    return {layer: fields.layer(network.layer(layer).name) for layer in central}


def _check(name: str, units: Sequence[UnitPlace], maps: Tensor) -> None:
    count = maps.shape[1]
    for channel, place in units:
        if not 0 <= channel < count:
            raise UnitNotFoundError(
                f"channel {channel} is not in {name}.\n"
                f"  It has {count} channels: give 0 to {count - 1}."
            )
        if place is None:
            continue
        if maps.ndim == 2:
            raise UnitNotFoundError(
                f"position {place} was given, but {name} has no map.\n  Leave it away."
            )
        height, width = maps.shape[2:]
        if not (0 <= place[0] < height and 0 <= place[1] < width):
            raise UnitNotFoundError(
                f"position {place[0]},{place[1]} is outside of the map of {name}.\n"
                f"  For these images it has {height} x {width} positions: "
                f"give 0,0 to {height - 1},{width - 1}."
            )
