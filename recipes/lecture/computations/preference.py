"""Which channels prefer one image to others."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vizkit.activations.hooks import capture
from vizkit.errors import UsageError
from vizkit.networks.network import Network


def preferred_channels(
    network: Network, images: Tensor, layers: Sequence[str], *, first: int | None = None
) -> dict[str, tuple[int, ...]]:
    """For each layer and image the channel that prefers the image most to the others.

    Preference is the channel's mean response to the image, after the ReLU where the layer has one,
    less its mean response to all the other images. No channel is taken twice in a layer: an image
    that comes later takes its next best.

    Parameters
    ----------
    images : B C H W in [0, 1], two or more.
    layers : names or aliases.
    first : choose for this many images, compared with all of them; by default for all.

    Returns
    -------
    dict : layer as it was asked for -> channels, one per image, in the images' order.

    Raises
    ------
    LayerNotFoundError : the network has no such layer.
    UsageError : a single image, or more images to choose for than there are images or channels.
    """
    count = len(images) if first is None else first
    if len(images) < 2 or not 1 <= count <= len(images):
        raise UsageError(
            f"channels cannot be chosen for {count} of {len(images)} images.\n"
            "  Give two images or more, and choose for some or all of them."
        )
    fewest = min((network.layer(name).channels, name) for name in layers)
    if fewest[0] < count:
        raise UsageError(
            f"{fewest[1]} has {fewest[0]} channels, fewer than {count} images.\n"
            f"  Choose for {fewest[0]} images or fewer."
        )
    means: dict[str, list[Tensor]] = {name: [] for name in layers}
    with torch.no_grad(), capture(network, layers, after_activation=True) as acts:
        for number in range(len(images)):
            network(images[number : number + 1])
            for name in layers:
                output = acts[name][0].double()
                means[name].append(output.flatten(1).mean(1) if output.ndim > 1 else output)
    return {name: _choose(torch.stack(rows).cpu(), count) for name, rows in means.items()}


def _choose(means: Tensor, count: int) -> tuple[int, ...]:
    """Channels for the first `count` rows of mean responses, images x channels."""
    others = (means.sum(0) - means) / (len(means) - 1)
    preference = means - others
    chosen: list[int] = []
    for row in preference[:count]:
        order = row.argsort(descending=True, stable=True).tolist()
        chosen.append(next(channel for channel in order if channel not in chosen))
    return tuple(chosen)
