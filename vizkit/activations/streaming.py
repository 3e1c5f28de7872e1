"""Activations over a data set, batch by batch, with memory for one batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from vizkit.activations.hooks import Capture, Layers, capture
from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource, is_stream
from vizkit.networks.given import Given, given_network
from vizkit.networks.network import Network

Reduction = Callable[[Tensor], Tensor]
"""Map from a layer's output, B x C x ..., to what is kept of it, B x ..."""
_BATCH = 16


def channel_mean(activations: Tensor) -> Tensor:
    """Mean over all positions, B x C.

    Examples
    --------
    >>> channel_mean(torch.tensor([[[[1.0, 3.0]], [[0.0, 8.0]]]]))
    tensor([[2., 4.]])
    """
    return activations.flatten(2).mean(2) if activations.ndim > 2 else activations


def channel_max(activations: Tensor) -> Tensor:
    """Maximum over all positions, B x C.

    Examples
    --------
    >>> channel_max(torch.tensor([[[[1.0, 3.0]], [[0.0, 8.0]]]]))
    tensor([[3., 8.]])
    """
    return activations.flatten(2).amax(2) if activations.ndim > 2 else activations


def stream(
    network: Given,
    layers: Layers,
    *,
    images: ImageSource | Iterable[Any],
    reduce: Reduction = channel_max,
    after_activation: bool = False,
) -> Iterator[dict[str, Tensor]]:
    """Reduced activations of one batch after the other; no batch is kept.

    Parameters
    ----------
    network : a name or a network, which gets images in [0, 1], or any module, which gets its own
        input.
    layers : as for `vizkit.capture`.
    images : a tensor, B C H W, the name of a set or a folder, shown in batches of 16; or batches
        one by one, tensors or tuples that begin with them, of a DataLoader for example.
    reduce : what to keep of a layer's output, by default the maximum of each channel.
    after_activation : as for `vizkit.capture`.

    Returns
    -------
    Iterator : for each batch the reduced outputs by layer, on the CPU and without gradients. The
        network carries no hook while the caller has the turn.

    Raises
    ------
    LayerNotFoundError : `network` has no such layer; raised at once.
    UsageError : a batch that holds no tensor, or no set of images of this name.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    >>> [kept["0"].shape for kept in stream(net, "0", images=torch.rand(20, 3, 8, 8))]
    [torch.Size([16, 4]), torch.Size([4, 4])]
    """
    target = network if isinstance(network, nn.Module) else given_network(network)
    acts = capture(target, layers, after_activation=after_activation)
    device = next(acts.module.parameters(), torch.empty(0)).device
    batches: Iterable[Any]
    if isinstance(images, Tensor):
        batches = torch.split(images, _BATCH)
    elif is_stream(images):
        batches = images
    else:
        batches = given_network(network).batches(images, _BATCH)
    return (_reduced(acts, target, _pixels(batch, device), reduce) for batch in batches)


def _reduced(
    acts: Capture, network: Network | nn.Module, images: Tensor, reduce: Reduction
) -> dict[str, Tensor]:
    with torch.no_grad(), acts:
        network(images)
        reduced = {name: reduce(output).cpu() for name, output in acts.items()}
    acts.clear()
    return reduced


def _pixels(batch: object, device: torch.device) -> Tensor:
    first = batch[0] if isinstance(batch, tuple | list) and batch else batch
    if not isinstance(first, Tensor):
        raise UsageError(
            f"a batch of type {type(batch).__name__} holds no images.\n"
            "  Give tensors B C H W, or tuples that begin with one."
        )
    return first.to(device)
