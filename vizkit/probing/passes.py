"""Forward passes: every image once at each point of a grid, and what layers answer to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vizkit.activations import capture
from vizkit.networks.network import Network
from vizkit.probing.grid import Grid, Point


@dataclass(frozen=True, eq=False, slots=True)
class Pass:
    """What one forward pass left behind.

    Attributes
    ----------
    point : values of the transforms that the images went through.
    images : the transformed images, B x C x H x W in [0, 1].
    maps : output of each layer, B x C x h x w or B x C.
    """

    point: Point
    images: Tensor
    maps: dict[str, Tensor]


class Passes:
    """Forward passes to the deepest of some layers and no further; none is kept.

    The network carries no hook while the caller has the turn.

    Parameters
    ----------
    layers : names or aliases.
    after_activation : as for `vizkit.capture`.

    Attributes
    ----------
    layers : as they were named.
    count : number of images that have passed.

    Raises
    ------
    LayerNotFoundError : there is no such layer; before the first pass.
    """

    def __init__(
        self, network: Network | nn.Module, layers: Iterable[str], *, after_activation: bool = True
    ) -> None:
        self._network = network
        self.layers = tuple(layers)
        self._acts = capture(network, list(self.layers), after_activation=after_activation)
        self.count = 0

    def outputs(self, images: Tensor) -> dict[str, Tensor]:
        """Output of each layer for `images`."""
        self.count += len(images)
        with torch.no_grad(), self._acts:
            self._network(images)
        maps = dict(self._acts.items())
        self._acts.clear()
        return maps

    def over(self, batch: Tensor, grid: Grid, points: Sequence[Point]) -> Iterator[Pass]:
        """The passes of a batch of images at each of `points`, one after the other."""
        for point in points:
            with torch.no_grad():
                shown = grid.apply(batch, point)
            yield Pass(point, shown, self.outputs(shown))
