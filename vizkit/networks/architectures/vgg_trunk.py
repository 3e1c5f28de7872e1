"""VGG16 without its classifier, under torchvision's module paths."""

from __future__ import annotations

from torch import Tensor, nn

_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


class VGG(nn.Module):
    """The thirteen convolutions of VGG16; ``features.N`` are the modules of torchvision's vgg16.

    Examples
    --------
    >>> import torch
    >>> VGG()(torch.zeros(1, 3, 64, 64)).shape
    torch.Size([1, 512, 2, 2])
    """

    def __init__(self) -> None:
        super().__init__()
        modules: list[nn.Module] = []
        before = 3
        for channels, depth in _BLOCKS:
            for _ in range(depth):
                modules += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU(inplace=True)]
                before = channels
            modules.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*modules)

    def forward(self, images: Tensor) -> Tensor:
        """Map of pool5, B x 512 x H/32 x W/32, for `images`, B x 3 x H x W."""
        maps: Tensor = self.features(images)
        return maps
