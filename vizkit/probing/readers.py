"""What is read of forward passes: answers of units, and how far whole outputs move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from vizkit.probing.grid import Point
from vizkit.probing.invariance.scores.distances import (
    ImageDistances,
    Originals,
    joined,
    joined_values,
)
from vizkit.probing.readout import Readouts
from vizkit.receptive_fields.middle import middle_of_map

PIXELS = ""
"""Name under which the images themselves are measured, as the layer of an identity network."""


class ResponseReader:
    """Responses of units; memory is images x points x units x 4 bytes."""

    def __init__(self, readouts: Readouts) -> None:
        self._readouts = readouts
        self._parts: dict[tuple[str, Point], list[Tensor]] = {}

    def add(self, point: Point, maps: Mapping[str, Tensor]) -> None:
        """Read the outputs of a pass."""
        for layer, output in maps.items():
            read = _middle if layer == PIXELS else self._readouts.of(layer, output)
            self._parts.setdefault((layer, point), []).append(read(output))

    def at(self, layer: str, point: Point) -> Tensor:
        """Responses at a point, images x units, float32 on the CPU."""
        return torch.cat(self._parts[layer, point])

    def over(self, layer: str, points: Sequence[Point]) -> Tensor:
        """Responses at several points, images x points x units."""
        return torch.stack([self.at(layer, point) for point in points], 1)


class DistanceReader:
    """Distances of whole outputs from those of the images at the identity."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, Point], list[ImageDistances]] = {}
        self._originals: dict[str, Originals] = {}

    def add(self, point: Point, maps: Mapping[str, Tensor], *, still: bool) -> None:
        """Read the outputs of a pass; the one at the identity, `still`, comes first of a batch."""
        if still:
            self._originals = {name: Originals(output) for name, output in maps.items()}
        for name, output in maps.items():
            apart = self._originals[name].distances(output)
            self._parts.setdefault((name, point), []).append(apart)

    def over(self, layer: str, points: Sequence[Point]) -> ImageDistances:
        """Distances of all images at `points`."""
        return joined_values([joined(self._parts[layer, point]) for point in points])


class SilenceReader:
    """Channels that give one number at every place of every image."""

    def __init__(self) -> None:
        self._low: dict[str, Tensor] = {}
        self._high: dict[str, Tensor] = {}

    def add(self, maps: Mapping[str, Tensor]) -> None:
        """Read the outputs of a pass."""
        for layer, output in maps.items():
            low, high = output.transpose(0, 1).flatten(1).cpu().aminmax(dim=1)
            self._low[layer] = torch.minimum(self._low.get(layer, low), low)
            self._high[layer] = torch.maximum(self._high.get(layer, high), high)

    @property
    def shares(self) -> dict[str, float]:
        """Share of such channels by layer."""
        return {
            layer: float((self._high[layer] == low).double().mean())
            for layer, low in self._low.items()
        }


def _middle(images: Tensor) -> Tensor:
    """The pixel in the middle, B x C: what the central unit of an identity network answers."""
    y, x = middle_of_map(images.shape[2], images.shape[3])
    # A copy, which does not keep the images alive.
    return images[:, :, y, x].float().cpu().clone()
