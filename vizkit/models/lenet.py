"""LeNet-5, the first network of most lectures."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class LeNet5(nn.Module):
    """LeNet-5 as it is drawn in textbooks today, for gray images of 32 x 32 pixels.

    The layers carry the names of LeCun et al., "Gradient-based learning applied to document
    recognition" (1998). Three things are modern and simpler than the paper: ReLU in place of the
    scaled tanh, max pooling without weights, and a C3 that is connected to all maps of S2.

    Examples
    --------
    >>> import torch
    >>> LeNet5()(torch.zeros(2, 1, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = nn.MaxPool2d(2)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.s4 = nn.MaxPool2d(2)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of the ten digits, B x 10, for `images`, B x 1 x 32 x 32."""
        maps = self.s2(functional.relu(self.c1(images)))
        maps = self.s4(functional.relu(self.c3(maps)))
        maps = functional.relu(self.c5(maps))
        features = functional.relu(self.f6(maps.flatten(1)))
        logits: Tensor = self.output(features)
        return logits
