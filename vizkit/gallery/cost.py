"""How long a block will take compared to others: what the progress bar and the time left go by."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from vizkit.gallery.plan import Plan, PlannedLayer
    from vizkit.networks.network import Network

_PER_VALUE = 120
"""Multiply-adds of a convolution that take as long as writing one value of its output and what
happens to that afterwards; measured with GoogLeNet and VGG16 on a CPU."""
_PER_PIXEL = 60 * _PER_VALUE
"""What a pixel of the canvas itself takes: painting, resampling, the update."""
_FIXED = 1_000
"""What a step takes however small the canvas is, in pixels."""


class Costs:
    """Costs of rendering blocks of one plan, in arbitrary units that are the same for all networks.

    Parameters
    ----------
    network : the plan's network.
    plan : the plan.
    """

    def __init__(self, network: Network, plan: Plan) -> None:
        self._steps = int(plan.recipe["steps"])
        height, width = network.preprocessing.input_size
        modules = dict(network.module.named_modules())
        self._per_pixel: dict[str, float] = {}
        total = float(_PER_PIXEL)
        for layer in network.layers:
            module = modules[layer.name]
            if next(module.children(), None) is None:
                values = layer.calls * prod(layer.shape)
                own = _PER_VALUE
                if isinstance(module, nn.Conv2d):
                    own += module.weight[0].numel()
                total += values * own / (height * width)
            self._per_pixel[layer.name] = total

    def of(self, layer: PlannedLayer, study: str) -> float:
        """Cost of one block of `layer`; studies that render nothing are cheap."""
        if study != "renders":
            return 1e-3
        height, width = layer.canvas
        pixels = layer.block_size * height * width + _FIXED
        return pixels * self._per_pixel[layer.module] * self._steps * 1e-12
