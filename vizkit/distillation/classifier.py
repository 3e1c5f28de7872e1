"""A classifier's scores together with the features that they are made from."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from vizkit.errors import UsageError
from vizkit.models.network import Network
from vizkit.trace import first_tensor, trace


class Classifier(nn.Module):
    """Features before the last linear layer, B x D, and scores, B x classes, of images in [0, 1].

    Parameters
    ----------
    network : whose module is used as it is, with a hook for as long as a pass lasts.

    Attributes
    ----------
    width, classes : D and the number of scores.

    Raises
    ------
    UsageError : the network's scores do not come from a linear layer, or it takes no such images.
    """

    def __init__(self, network: Network, size: int) -> None:
        super().__init__()
        self.module, self._preprocessing = network.module, network.preprocessing
        images = torch.zeros(1, network.input_channels, size, size, device=network.device)
        try:
            layers = trace(self.module, images)
        except (RuntimeError, AssertionError, ValueError) as error:
            raise UsageError(
                f"{network.source} takes no images of {size} px: {str(error).splitlines()[0]}\n"
                "  Give another size, such as 224."
            ) from error
        scores = next((each for each in layers if each.scores), None)
        head = None if scores is None else self.module.get_submodule(scores.name)
        if not isinstance(head, nn.Linear):
            raise UsageError(
                f"{network.source}: its output does not come from a linear layer, so it has no "
                "scores and features to teach or learn.\n  Give a classifier, such as googlenet."
            )
        self._head = head
        self.width, self.classes = head.in_features, head.out_features

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features and scores of `images`."""
        seen: list[Tensor] = []

        def keep(_: nn.Module, args: tuple[Any, ...]) -> None:
            seen.append(args[0])

        hook = self._head.register_forward_pre_hook(keep)
        try:
            scores = first_tensor(self.module(self._preprocessing(images)))
        finally:
            hook.remove()
        assert scores is not None
        return seen[0], scores
