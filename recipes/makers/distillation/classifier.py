"""A classifier's scores together with the features that they are made from."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.tracing.trace import trace

_COLORS = 3


class Classifier(nn.Module):
    """What the last linear layer takes, B x D, and gives, B x classes, for images in [0, 1].

    What it gives are the scores, even where the network goes on to make probabilities of them.

    Parameters
    ----------
    network : whose module is used as it is, with a hook for as long as a pass lasts.

    Attributes
    ----------
    width, classes : D and the number of scores.

    Raises
    ------
    UsageError : the network's output does not come from a linear layer, one vector per image, or
        it takes no color images of this size.
    """

    def __init__(self, network: Network, size: int) -> None:
        super().__init__()
        self.module, self._preprocessing = network.module, network.preprocessing
        if network.input_channels != _COLORS:
            raise UsageError(
                f"{network.source} takes images of {network.input_channels} channels, and crops "
                f"of photographs have {_COLORS}.\n  Give a classifier of color images."
            )
        images = torch.zeros(1, _COLORS, size, size, device=network.device)
        try:
            layers = trace(self.module, images)
        except (RuntimeError, AssertionError, ValueError) as error:
            raise UsageError(
                f"{network.source} takes no images of {size} px: {str(error).splitlines()[0]}\n"
                "  Give another size, such as 224."
            ) from error
        scores = next((each for each in layers if each.scores), None)
        head = None if scores is None else self.module.get_submodule(scores.name)
        if scores is None or not isinstance(head, nn.Linear) or len(scores.shape) != 2:
            raise UsageError(
                f"{network.source}: its output does not come from a linear layer, whose features "
                "are learned along with the scores.\n"
                "  Give a classifier that ends in one, such as resnet18@random."
            )
        self._head = head
        self.width, self.classes = head.in_features, head.out_features

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features and scores of `images`."""
        seen: list[tuple[Tensor, Tensor]] = []

        def keep(_: nn.Module, args: tuple[Tensor], output: Tensor) -> None:
            seen.append((args[0], output))

        hook = self._head.register_forward_hook(keep)
        try:
            self.module(self._preprocessing(images))
        finally:
            hook.remove()
        return seen[-1]
