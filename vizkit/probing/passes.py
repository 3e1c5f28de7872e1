"""Forward passes: every image once at each point of a grid, and what layers answer to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn

from vizkit.activations import capture
from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.probing.grid import Grid, Point


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

    def over(
        self, batch: Tensor, grid: Grid, points: Sequence[Point]
    ) -> Iterator[tuple[Point, Tensor, dict[str, Tensor]]]:
        """The passes of a batch of images at each of `points`, one after the other.

        Each is the point, the transformed images, B x C x H x W in [0, 1], and the output of each
        layer, B x C x h x w or B x C.
        """
        for point in points:
            with torch.no_grad():
                shown = grid.apply(batch, point)
            yield point, shown, self.outputs(shown)


def layer_names(network: Network, layers: str | Iterable[str] | None) -> list[str]:
    """Names of `layers`, by default those that the network shows."""
    chosen = network.default_layers() if layers is None else layers
    return [chosen] if isinstance(chosen, str) else list(chosen)


def in_pairs(batches: Iterable[Tensor], what: str = "scores") -> Iterator[Tensor]:
    """The batches, none of them with a single image: every image needs another one beside it."""
    waiting: Tensor | None = None
    for batch in batches:
        if waiting is not None and len(batch) == 1:
            batch, waiting = torch.cat([waiting, batch]), None
        if waiting is not None:
            yield waiting
        waiting = batch
    if waiting is None or len(waiting) == 1:
        raise one_image(what)
    yield waiting


def one_image(what: str) -> UsageError:
    """What to raise for a single image, where distances between images are the unit of `what`."""
    return UsageError(
        "one image cannot be told from another.\n  Give two images or more: distances between "
        f"them are the unit of the {what}."
    )
