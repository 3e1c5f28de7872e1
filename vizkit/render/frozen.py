"""The network as the rendering runs it: a private copy that is frozen and laid out for speed.

The caller's network is never touched: no flag, no layout, no gradient.
"""

from __future__ import annotations

import copy

import torch
from torch import nn

from vizkit.errors import RenderError
from vizkit.models.network import Network


def freeze(network: Network) -> nn.Module:
    """Copy of the network's module: eval mode, no weight gradients, channels last.

    Raises
    ------
    RenderError : the module cannot be copied.
    """
    try:
        module = copy.deepcopy(network.module)
    except Exception as error:
        raise RenderError(
            f"{network.name} cannot be copied, and vizkit renders on a copy so that yours stays as "
            f"it is: {type(error).__name__}: {error}\n  Make the module work with copy.deepcopy."
        ) from error
    module.eval().requires_grad_(False)
    return module.to(memory_format=torch.channels_last)
