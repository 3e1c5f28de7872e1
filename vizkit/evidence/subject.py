"""What metrics measure: pictures of units, the network, and natural images to compare with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.rendering.measure import measure, show
from vizkit.rendering.objectives.unit import UnitObjective
from vizkit.unit import Unit

_BATCH = 32
"""Images in one forward pass."""
_TOP = 5
"""Natural crops that stand for what drives a unit."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Pictures of units of one layer, and what they are held against.

    Attributes
    ----------
    network : that the units are of.
    units : whom each picture shows; all of one layer, and all neurons or none.
    pictures : B C H W in [0, 1].
    photographs : natural images, N C h w in [0, 1], at least as large as the pictures; None where
        there are none to compare with.

    Raises
    ------
    UsageError : units of several layers, or not one for each picture.
    """

    network: Network
    units: tuple[Unit, ...]
    pictures: Tensor
    photographs: Tensor | None = None

    def __post_init__(self) -> None:
        if len(self.units) != len(self.pictures) or len({unit.layer for unit in self.units}) != 1:
            raise UsageError(
                f"{len(self.pictures)} pictures were given of {len(self.units)} units of "
                f"{len({unit.layer for unit in self.units})} layers.\n"
                "  Give one picture for each unit, and one layer at a time."
            )

        if len({unit.position is None for unit in self.units}) != 1:
            raise UsageError(
                "channels and neurons were given together.\n  Measure them one after the other."
            )

    @property
    def layer(self) -> str:
        """Module path of the units' layer."""
        return self.units[0].layer.name

    @cached_property
    def response(self) -> Tensor:
        """B, response of each unit to its own picture, as CONTRACTS defines `final`."""
        return self.responses(self.pictures)

    def responses(self, images: Tensor) -> Tensor:
        """B, response of each unit to its own one of `images`, B C H W."""
        parts = range(0, len(self.units), _BATCH)
        objectives = [UnitObjective(self.units[first : first + _BATCH]) for first in parts]
        batches = torch.split(images, _BATCH)
        measured = (
            measure(self.network, objective, batch)[0]
            for objective, batch in zip(objectives, batches, strict=True)
        )
        return torch.cat(list(measured))

    def maps(self, images: Tensor) -> Iterator[Tensor]:
        """Responses of the whole layer to `images`, B' C H W or B' C, batch by batch."""
        for batch in torch.split(images, _BATCH):
            with torch.no_grad():
                yield show(self.network, (self.layer,), batch)[self.layer]

    def means(self, images: Tensor) -> Tensor:
        """Mean response of every channel of the layer to each of `images`, N x C."""
        return torch.cat(
            [maps.flatten(2).mean(2) if maps.dim() > 2 else maps for maps in self.maps(images)]
        )

    @cached_property
    def crops(self) -> Tensor:
        """Crops of the photographs as large as the pictures, M C H W, half a side apart.

        Raises
        ------
        UsageError : there are no photographs.
        """
        if self.photographs is None:
            raise UsageError("There are no photographs to compare with.\n  Give images.")
        height, width = self.pictures.shape[2:]
        windows = [
            self.photographs[:, :, top : top + height, left : left + width]
            for top in _starts(self.photographs.shape[2], height)
            for left in _starts(self.photographs.shape[3], width)
        ]
        return torch.cat(windows)

    @cached_property
    def natural_means(self) -> Tensor:
        """M x C, mean response of every channel of the layer to each crop."""
        return self.means(self.crops)

    @cached_property
    def natural(self) -> Tensor:
        """M x B, response of each unit to each crop."""
        channels = [unit.channel for unit in self.units]
        positions = [unit.position for unit in self.units if unit.position is not None]
        if not positions:
            return self.natural_means[:, channels]
        rows, columns = zip(*positions, strict=True)
        return torch.cat([maps[:, channels, rows, columns] for maps in self.maps(self.crops)])

    def top_crops(self, number: int) -> Tensor:
        """The crops that drive unit `number` most, 5 C H W or fewer."""
        best = self.natural[:, number].argsort(descending=True, stable=True)[:_TOP]
        return self.crops[best]


def covering(photographs: Tensor, size: tuple[int, int]) -> Tensor:
    """Photographs, enlarged where they are smaller than `size`, so that a crop of it fits in."""
    factor = max(side / have for side, have in zip(size, photographs.shape[2:], strict=True))
    if factor <= 1:
        return photographs
    target = [max(s, round(h * factor)) for s, h in zip(size, photographs.shape[2:], strict=True)]
    return F.interpolate(photographs, target, mode="bicubic", antialias=True).clamp(0, 1)


def _starts(side: int, window: int) -> list[int]:
    """Where crops begin: half a window apart, the last one at the end."""
    return sorted({*range(0, side - window + 1, max(1, window // 2)), side - window})
