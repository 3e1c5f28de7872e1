"""Theoretical fields of units, unclipped, as the frame of their effective fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from vizkit.errors import VizkitError
from vizkit.models.network import Network
from vizkit.receptive_field.density import Box
from vizkit.receptive_field.middle import Position
from vizkit.receptive_field.uniform_pass import UniformGradients, uniform_gradients

_LARGEST = 8
"""Multiple of the input size up to which an input is looked for that holds the whole field."""


def theoretical_boxes(
    network: Network,
    positions: Mapping[str, Sequence[Position]],
    input_size: tuple[int, int],
    channels: Sequence[int] | None = None,
) -> dict[str, list[Box]]:
    """Box of every unit of every layer, not clipped to the input of `input_size`."""
    found: dict[str, list[Box]] = {}
    here = uniform_gradients(network, positions, input_size, channels)
    for layer, own in here.items():
        if min(own.inside) == 1 or own.grid == (1, 1):
            found[layer] = [_support(each) for each in own.maps]
    scale = 2
    while (left := [layer for layer in positions if layer not in found]) and scale <= _LARGEST:
        size = input_size[0] * scale, input_size[1] * scale
        try:
            larger = uniform_gradients(network, _pairs(network, left, size), size, channels)
        except (RuntimeError, VizkitError):
            break  # A network that takes one size only.
        for layer, own in larger.items():
            if min(own.inside) == 1:
                found[layer] = [_shifted(own, place) for place in positions[layer]]
        scale *= 2
    for layer in positions:
        if layer not in found:
            found[layer] = [_support(each) for each in here[layer].maps]
    return found


def _pairs(
    network: Network, layers: Sequence[str], size: tuple[int, int]
) -> dict[str, Sequence[Position]]:
    """Two neighbors on the diagonal near the middle of each layer's map."""
    grids = uniform_gradients(network, dict.fromkeys(layers), size)
    middles = {layer: (own.grid[0] // 2, own.grid[1] // 2) for layer, own in grids.items()}
    return {layer: [(y, x), (max(y - 1, 0), max(x - 1, 0))] for layer, (y, x) in middles.items()}


def _shifted(own: UniformGradients, place: Position) -> Box:
    """Box of the unit at `place`, from those of two interior units of a larger input."""
    (y, x), first, second = own.positions[0], _support(own.maps[0]), _support(own.maps[1])
    down = (place[0] - y) * (first[0] - second[0])
    right = (place[1] - x) * (first[1] - second[1])
    return first[0] + down, first[1] + right, first[2] + down, first[3] + right


def _support(weights: Tensor) -> Box:
    rows, columns = weights.sum(1).nonzero().flatten(), weights.sum(0).nonzero().flatten()
    return int(rows[0]), int(columns[0]), int(rows[-1]), int(columns[-1])
