"""How long passes through a network take, roughly: what the progress bar goes by."""

from __future__ import annotations

from math import prod
from weakref import WeakKeyDictionary

from torch import nn

from vizkit.networks.network import Network

_SECOND = 2e10
"""Multiply-adds that a core does in a second, about."""
_PER_VALUE = 120
"""Multiply-adds of a convolution that take as long as writing one value of its output and what
happens to that afterwards; measured with GoogLeNet and VGG16 on a CPU."""
_PER_PIXEL = 60 * _PER_VALUE
"""What a pixel of the canvas itself takes: painting, resampling, the update."""
_FIXED = 1_000
"""What a step takes however small the canvas is, in pixels."""
_FORWARD = 1 / 3
"""Share of a pass that is the way there."""
_KNOWN: WeakKeyDictionary[Network, dict[str, float]] = WeakKeyDictionary()


def step_seconds(network: Network, layer: str, pixels: int) -> float:
    """Seconds that a step of optimization takes, to a layer and back to the image.

    Parameters
    ----------
    layer : module path.
    pixels : of all pictures of the block together.
    """
    return (pixels + _FIXED) * _per_pixel(network)[layer] / _SECOND


def forward_seconds(network: Network, images: int) -> float:
    """Seconds that a pass of images of the network's own size takes, without gradients."""
    height, width = network.input_size
    whole = max(_per_pixel(network).values())
    return images * height * width * whole * _FORWARD / _SECOND


def _per_pixel(network: Network) -> dict[str, float]:
    """By module path, multiply-adds for each pixel of the image up to there."""
    if network in _KNOWN:
        return _KNOWN[network]
    height, width = network.input_size
    modules = dict(network.module.named_modules())
    costs: dict[str, float] = {}
    total = float(_PER_PIXEL)
    for layer in network.layers:
        module = modules[layer.name]
        if next(module.children(), None) is None:
            values = layer.calls * prod(layer.shape)
            per_value = _PER_VALUE
            if isinstance(module, nn.Conv2d):
                per_value += module.weight[0].numel()
            total += values * per_value / (height * width)
        costs[layer.name] = total
    _KNOWN[network] = costs
    return costs
