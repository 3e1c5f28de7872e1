"""Errors of equivariance over all shifts in two dimensions, and over the phases of the strides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.network import Network
from vizkit.probing.equivariance.measure import measure
from vizkit.probing.equivariance.motion import Motion
from vizkit.probing.equivariance.result import LayerEquivariance
from vizkit.probing.equivariance.scenes import scenes_of
from vizkit.probing.passes import layer_names


@dataclass(frozen=True, eq=False)
class ShiftMaps:
    """Errors of the layers of a network for every shift (dy, dx) of the image, in pixels.

    Attributes
    ----------
    network : name and weights tag; `random` is true for weights that were never trained.
    dy, dx : the shifts, positive down and right; maps have a row for each dy.
    layers : errors with the shifts as their values, row by row.
    images, passes : number of images, and of those that went through the network.
    """

    network: str
    random: bool
    dy: tuple[int, ...]
    dx: tuple[int, ...]
    layers: Mapping[str, LayerEquivariance]
    images: int
    passes: int

    def total(self, layer: str) -> Tensor:
        """Error over all units, rows dy, columns dx; 1 is no better than another image."""
        return self.layers[layer].split.total.view(len(self.dy), len(self.dx))

    def interior(self, layer: str) -> Tensor:
        """Error of the units that no padding can reach; NaN without such."""
        return self.layers[layer].split.interior.view(len(self.dy), len(self.dx))

    def phases(self, layer: str) -> Tensor:
        """Mean interior error by phase, (dy mod stride) x (dx mod stride).

        The first place, whose shifts take units to units, is 0 where nothing but the strides stands
        against equivariance. NaN for phases that no shift has.

        Raises
        ------
        UsageError : the layer has no stride.
        """
        stride = self.layers[layer].stride
        if stride is None:
            raise UsageError(f"{layer!r} has no map, so its strides have no phases.")
        sums = torch.zeros(stride, dtype=torch.float64)
        counts = torch.zeros(stride, dtype=torch.float64)
        for (y, x), error in zip(
            product(self.dy, self.dx), self.interior(layer).flatten(), strict=True
        ):
            sums[y % stride[0], x % stride[1]] += error
            counts[y % stride[0], x % stride[1]] += 1
        return sums / counts


def shift_maps(
    network: Network,
    layers: str | Iterable[str] | None = None,
    dy: Sequence[int] = range(-8, 9, 2),
    dx: Sequence[int] = range(-8, 9, 2),
    images: ImageSource = "photographs",
    *,
    input_size: tuple[int, int] | None = None,
    after_activation: bool = False,
) -> ShiftMaps:
    """Errors of equivariance of the layers for every combination of shifts `dy` and `dx`.

    Parameters and errors are those of `vizkit.equivariance`.

    Examples
    --------
    >>> import vizkit
    >>> net, images = vizkit.load("lenet5"), torch.rand(3, 1, 40, 40)
    >>> found = shift_maps(net, "s2", (-1, 0), (0, 1, 2), images)
    >>> found.phases("s2")[0, 0].item(), bool(found.phases("s2")[1, 1] > 0)
    (0.0, True)
    """
    if not len(dy) or not len(dx):
        raise UsageError("there are no shifts.\n  Give one or more for dy and for dx.")
    names = layer_names(network, layers)
    scenes = scenes_of(network, images, input_size, room=True)
    shifts = list(product(dy, dx))
    for y, x in shifts:
        if abs(y) >= scenes.window[0] or abs(x) >= scenes.window[1]:
            raise UsageError(
                f"a shift of {(y, x)} leaves nothing of a window of {scenes.window}.\n"
                "  Give smaller shifts."
            )
    motions = [Motion.shift(y, x, scenes.size) for y, x in shifts]
    still = Motion.shift(0, 0, scenes.size)
    found, passes = measure(network, names, scenes, still, motions, after_activation)
    return ShiftMaps(
        network.source,
        network.weights.random,
        tuple(dy),
        tuple(dx),
        found,
        len(scenes.images),
        passes,
    )
