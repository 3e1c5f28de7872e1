"""The network as the rendering runs it: a private copy that is frozen and laid out for speed.

The caller's network is never touched: no flag, no layout, no gradient.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from vizkit.errors import RenderError
from vizkit.images.gray import GRAY
from vizkit.networks.network import Network
from vizkit.rendering.batchnorm_folding import fold_batch_norm
from vizkit.rendering.space_to_depth import stack_strides


class FrozenNetwork:
    """Copy of a network's module: eval mode, no weight gradients, channels last, BatchNorm folded.

    Raises
    ------
    RenderError : the module cannot be copied.
    """

    def __init__(self, network: Network) -> None:
        try:
            self._module = copy.deepcopy(network.module)
        except Exception as error:
            raise RenderError(
                f"{network.name} cannot be copied, and vizkit renders on a copy so that yours "
                f"stays as it is: {type(error).__name__}: {error}\n"
                "  Make the module work with copy.deepcopy."
            ) from error
        self._module.eval().requires_grad_(False)
        self._module.to(memory_format=torch.channels_last)
        size = (1, network.input_channels, *network.input_size)
        gray = torch.full(size, GRAY, device=network.device, dtype=torch.float32)
        self._pairs = fold_batch_norm(self._module, network.preprocessing(gray))
        if network.device.type == "cpu":
            stack_strides(self._module)

    @contextmanager
    def showing(self, layers: Collection[str]) -> Iterator[nn.Module]:
        """The copy, with the outputs of `layers`, by module path, as in the network."""
        hidden = [pair for pair in self._pairs if not pair.layers.isdisjoint(layers)]
        for pair in hidden:
            pair.unfold()
        try:
            yield self._module
        finally:
            for pair in hidden:
                pair.fold()
