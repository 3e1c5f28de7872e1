"""What a layer computes from the image where that is linear: its filters, and bare windows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vizkit.activations import capture
from vizkit.images.gray import GRAY
from vizkit.networks.network import Network
from vizkit.probing.families.textures import size_for
from vizkit.probing.grid import Grid
from vizkit.probing.readout import central_position
from vizkit.receptive_fields import LayerField

_STEP = 0.25


def filters(network: Network, layer: str, field: LayerField) -> Tensor | None:
    """Filters of a first convolution as they apply to images in [0, 1], channels x C x k x k.

    Measured by impulses, so that the order and scale of the network's colors are those of the
    image. None for any other layer.
    """
    module = network.module.get_submodule(network.layer(layer).name)
    size = field.size[0]
    first = (
        isinstance(module, nn.Conv2d)
        and module.groups == 1
        and module.in_channels == network.input_channels
        and field.size == module.kernel_size
    )
    if not first or size is None or field.size[0] != field.size[1]:
        return None
    side, _ = size_for(network, field, 1.0)
    images = impulses(network.input_channels, side, size).to(network.device)
    acts = capture(network, layer, after_activation=False)
    with torch.no_grad(), acts:
        network(torch.cat([torch.full_like(images[:1], GRAY), images]))
    maps = acts[layer]
    y, x = central_position(field, (maps.shape[2], maps.shape[3]), (side, side))[0]
    read = maps[:, :, y, x].cpu().double()
    acts.clear()
    return ((read[1:] - read[0]) / _STEP).T.reshape(-1, network.input_channels, size, size)


def impulses(channels: int, side: int, size: int) -> Tensor:
    """Gray images with one brighter number each, in the `size` x `size` pixels in the middle."""
    first = (side - size) // 2
    images = torch.full((channels, size, size, channels, side, side), GRAY)
    for channel in range(channels):
        for y in range(size):
            for x in range(size):
                images[channel, y, x, channel, first + y, first + x] += _STEP
    return images.flatten(0, 2)


def windows(images: Tensor, grid: Grid, size: int) -> Tensor:
    """What filters of `size` in the middle see of `images` at every point, less gray.

    Returns
    -------
    Tensor : images x points x numbers, float64, on the CPU.
    """
    y, x = ((side - size) // 2 for side in images.shape[2:])
    seen = [
        grid.apply(images, point)[:, :, y : y + size, x : x + size].flatten(1).cpu()
        for point in grid.points
    ]
    return torch.stack(seen, 1).double() - GRAY
