"""GoogLeNet as it was published, with the filters of 5 x 5 that torchvision's does without."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vizkit.images.preprocessing import imagenet_preprocessing
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.torchvision_networks import imagenet_classes


class RectifiedConvolution(nn.Conv2d):
    """A convolution with the ReLU behind it."""

    def forward(self, input: Tensor) -> Tensor:
        """Maps without negative values."""
        return functional.relu(super().forward(input))


class PublishedInception(nn.Module):
    """Four branches side by side: 1 x 1, 3 x 3, 5 x 5, and pooling; joined along the channels."""

    def __init__(self, inputs: int, widths: tuple[int, int, int, int, int, int]) -> None:
        super().__init__()
        one, three_reduced, three, five_reduced, five, pooled = widths
        self.one = RectifiedConvolution(inputs, one, 1)
        self.three_reduce = RectifiedConvolution(inputs, three_reduced, 1)
        self.three = RectifiedConvolution(three_reduced, three, 3, padding=1)
        self.five_reduce = RectifiedConvolution(inputs, five_reduced, 1)
        self.five = RectifiedConvolution(five_reduced, five, 5, padding=2)
        self.pool = nn.MaxPool2d(3, 1, 1)
        self.pool_projection = RectifiedConvolution(inputs, pooled, 1)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps of the same height and width."""
        three = self.three(self.three_reduce(maps))
        five = self.five(self.five_reduce(maps))
        return torch.cat([self.one(maps), three, five, self.pool_projection(self.pool(maps))], 1)


class PublishedGoogLeNet(nn.Module):
    """GoogLeNet of Szegedy et al., "Going deeper with convolutions" (2015), Table 1.

    Without the two auxiliary classifiers, which only serve training. torchvision's GoogLeNet
    differs in three things: its third branch has 3 x 3 filters, BatchNorm stands in place of biases
    and local response normalization, and the last pooling on the way is 2 x 2.

    Examples
    --------
    >>> with torch.device("meta"):
    ...     net = PublishedGoogLeNet()
    >>> sum(p.numel() for p in net.parameters())
    6998552
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = RectifiedConvolution(3, 64, 7, 2, 3)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.norm1 = nn.LocalResponseNorm(5)
        self.conv2_reduce = RectifiedConvolution(64, 64, 1)
        self.conv2 = RectifiedConvolution(64, 192, 3, padding=1)
        self.norm2 = nn.LocalResponseNorm(5)
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception3a = PublishedInception(192, (64, 96, 128, 16, 32, 32))
        self.inception3b = PublishedInception(256, (128, 128, 192, 32, 96, 64))
        self.pool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception4a = PublishedInception(480, (192, 96, 208, 16, 48, 64))
        self.inception4b = PublishedInception(512, (160, 112, 224, 24, 64, 64))
        self.inception4c = PublishedInception(512, (128, 128, 256, 24, 64, 64))
        self.inception4d = PublishedInception(512, (112, 144, 288, 32, 64, 64))
        self.inception4e = PublishedInception(528, (256, 160, 320, 32, 128, 128))
        self.pool4 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception5a = PublishedInception(832, (256, 160, 320, 32, 128, 128))
        self.inception5b = PublishedInception(832, (384, 192, 384, 48, 128, 128))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.4)
        self.fc = nn.Linear(1024, 1000)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of the thousand classes, B x 1000, for `images`, B x 3 x 224 x 224."""
        maps = self.norm1(self.pool1(self.conv1(images)))
        maps = self.pool2(self.norm2(self.conv2(self.conv2_reduce(maps))))
        maps = self.pool3(self.inception3b(self.inception3a(maps)))
        maps = self.inception4c(self.inception4b(self.inception4a(maps)))
        maps = self.pool4(self.inception4e(self.inception4d(maps)))
        maps = self.avgpool(self.inception5b(self.inception5a(maps)))
        logits: Tensor = self.fc(self.dropout(maps.flatten(1)))
        return logits


BLUEPRINTS = (
    Blueprint(
        "googlenet_paper",
        "random",
        PublishedGoogLeNet,
        imagenet_preprocessing(),
        imagenet_classes(),
    ),
)
