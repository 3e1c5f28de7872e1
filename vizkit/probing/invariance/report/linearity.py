"""What preprocessing and biases alone explain of brightness and contrast.

Convolutions, ReLUs, pools and sums of a network without biases are homogeneous: an input that is
`a` times as strong, for positive `a`, makes every response `a` times as strong. The input is zero
at the mean that preprocessing takes off, so that contrast about this mean does just that; what
departs from it is owed to biases, or to operations that saturate.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from vizkit.activations import capture
from vizkit.images.gray import GRAY
from vizkit.networks.network import Network
from vizkit.receptive_fields import receptive_field

FACTOR = 0.5
"""Contrast at which proportionality is looked at; a power of two, so that numbers stay exact."""
STEP = 0.1
"""Brightness that is added, of the full range."""


@dataclass(frozen=True)
class ContrastOfLayer:
    """How far a layer is from being proportional to contrast about the mean of preprocessing.

    Attributes
    ----------
    own : ``|f(a x) - a f(x)| / |a f(x)|`` for half the contrast; 0 is proportional.
    unbiased : the same for a copy of the network whose biases are zero.
    """

    own: float
    unbiased: float


@dataclass(frozen=True)
class BrightnessOfFilters:
    """What adding brightness does to the first convolution.

    Attributes
    ----------
    layer : its name.
    gain : median over channels of how much 0.1 of the full range changes a response, in standard
        deviations of the response over images and positions.
    blind : share of channels whose gain is below 0.1.
    error : largest departure of the change from its own value at gray, in standard deviations: 0
        where the sum of the filter is all there is to brightness, the same at every place.
    """

    layer: str
    gain: float
    blind: float
    error: float


def contrast_of_layers(
    network: Network, layers: Sequence[str], images: Tensor
) -> dict[str, ContrastOfLayer]:
    """Proportionality to contrast of each layer, with the network's biases and without.

    Parameters
    ----------
    images : B C H W in [0, 1], on the network's device.
    """
    without = replace(network, module=unbiased(network.module))
    own, bare = (_departures(each, layers, images) for each in (network, without))
    return {layer: ContrastOfLayer(own[layer], bare[layer]) for layer in layers}


def unbiased(module: nn.Module) -> nn.Module:
    """Copy of `module` with every bias zero, and every mean that BatchNorm takes off."""
    bare = copy.deepcopy(module)
    with torch.no_grad():
        for part in bare.modules():
            bias = getattr(part, "bias", None)
            if isinstance(bias, Tensor):
                bias.zero_()
            if isinstance(part, _BatchNorm) and part.running_mean is not None:
                part.running_mean.zero_()
    return bare


def brightness_of_filters(network: Network, images: Tensor) -> BrightnessOfFilters | None:
    """What brightness does to the first convolution; None for a network without any.

    Units that no padding can reach are looked at, and images whose range leaves room.
    """
    first = next((layer for layer in network.layers if layer.op.startswith("Conv")), None)
    if first is None or not first.spatial:
        return None
    size = (images.shape[2], images.shape[3])
    field = receptive_field(network, size).layer(first.name)
    inside = []
    for bounds in field.interior:
        if bounds is None:
            return None
        inside.append(slice(bounds[0], bounds[1] + 1))
    room = STEP + (1 - 2 * STEP) * images
    gray = torch.full_like(images[:1], GRAY)
    shown = torch.cat([room, room + STEP, gray, gray + STEP])
    with torch.no_grad(), capture(network, first.name) as acts:
        network(shown)
        maps = acts[first.name][:, :, inside[0], inside[1]].double()
    before, after, still, lit = torch.split(maps, [len(images), len(images), 1, 1])
    spread = before.transpose(0, 1).flatten(1).std(1).clamp(min=1e-12)[:, None, None]
    expected = (lit - still)[0].mean((1, 2), keepdim=True)
    gain = (expected / spread).abs().flatten()
    error = ((after - before - expected) / spread).abs().amax()
    return BrightnessOfFilters(
        first.public_name, float(gain.median()), float((gain < 0.1).double().mean()), float(error)
    )


def _departures(network: Network, layers: Sequence[str], images: Tensor) -> dict[str, float]:
    given = network.preprocessing(images)
    with torch.no_grad(), capture(network, layers, after_activation=True) as acts:
        network.module(given)
        before = dict(acts.items())
        network.module(FACTOR * given)
        return {layer: _departure(acts[layer], FACTOR * before[layer]) for layer in layers}


def _departure(found: Tensor, expected: Tensor) -> float:
    norm = float(expected.double().norm())
    apart = float((found - expected).double().norm())
    return apart / norm if norm else apart
