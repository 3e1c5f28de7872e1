"""Tiny networks for tests, each with one property that real networks have."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

import vizkit


def seeded(network: nn.Module, seed: int = 0) -> nn.Module:
    """`network` with every parameter drawn anew from `seed`, without touching the global RNG."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return network


def plain(module: nn.Module, size: int, channels: int = 1) -> vizkit.Network:
    """`module` as a network of square images in [0, 1], as they are."""
    preprocessing = vizkit.Preprocessing((0.0,) * channels, (1.0,) * channels, (size, size))
    return vizkit.load(module, preprocessing=preprocessing)


def images(count: int = 2, channels: int = 3, size: int = 16, seed: int = 1) -> Tensor:
    """Noise in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, channels, size, size, generator=generator)


class Chain(nn.Module):
    """Three convolutions with a functional, a module's and a method's ReLU between them."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 5, 3, padding=1)
        self.relu = nn.ReLU()
        self.third = nn.Conv2d(5, 6, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.first(x))
        x = self.relu(self.second(x))
        return self.third(x).relu()


class InPlace(nn.Module):
    """Convolutions whose outputs are overwritten by three kinds of in-place ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(4, 5, 3, padding=1)
        self.third = nn.Conv2d(5, 6, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.first(x))
        x = functional.relu(self.second(x), inplace=True)
        return self.third(x).relu_()


class ConvUnit(nn.Module):
    """Convolution, normalization and an in-place functional ReLU, as in torchvision's GoogLeNet."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)), inplace=True)


class Inception(nn.Module):
    """Four concatenated branches with 2, 3, 1 and 2 channels."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch1 = ConvUnit(inputs, 2, 1)
        self.branch2 = nn.Sequential(ConvUnit(inputs, 2, 1), ConvUnit(2, 3, 3))
        self.branch3 = nn.Sequential(ConvUnit(inputs, 2, 1), ConvUnit(2, 1, 3))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), ConvUnit(inputs, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class TinyInception(nn.Module):
    """A stem, two Inception blocks and a classifier of 5 classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvUnit(3, 4, 3)
        self.pool = nn.MaxPool2d(2)
        self.mixed1 = Inception(4)
        self.mixed2 = Inception(8)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mixed2(self.mixed1(self.pool(self.stem(x))))
        return self.fc(self.dropout(x.mean((2, 3))))


class Residual(nn.Module):
    """A block that adds its input in place and reuses one in-place ReLU, as ResNet's do."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv2(self.relu(self.conv1(x)))
        out += x
        return self.relu(out)


class TinyResNet(nn.Module):
    """A stem and two residual blocks; ends with a softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.layer1 = nn.Sequential(Residual(4), Residual(4))
        self.fc = nn.Linear(4, 5)
        self.softmax = nn.Softmax(1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer1(functional.relu(self.conv1(x), inplace=True))
        return self.softmax(self.fc(x.mean((2, 3))))


class Reused(nn.Module):
    """One convolution, called three times, the first two with a ReLU behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.last = nn.Conv2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.conv(x), inplace=True)
        x = functional.relu(self.conv(x), inplace=True)
        return self.last(self.conv(x))


class TinyLeNet(nn.Module):
    """LeNet-5's structure with few channels, for gray images of 32 px."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 2, 5), nn.Tanh(), nn.AvgPool2d(2)),
            *(nn.Conv2d(2, 3, 5), nn.Tanh(), nn.AvgPool2d(2)),
        )
        self.classifier = nn.Sequential(
            *(nn.Flatten(), nn.Linear(75, 8), nn.Tanh(), nn.Linear(8, 6), nn.Tanh()),
            nn.Linear(6, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x))


class Guarded(nn.Module):
    """A layer behind which nothing may run: `tail` raises the given error."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.tail = Raising(error)

    def forward(self, x: Tensor) -> Tensor:
        return self.tail(self.relu(self.conv(x)))


class Raising(nn.Module):
    """Raises `error` when called."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def forward(self, _: Tensor) -> Tensor:
        raise self.error


def count_hooks(network: nn.Module) -> int:
    """Number of hooks of all kinds in `network`."""
    return sum(
        len(module._forward_hooks) + len(module._forward_pre_hooks) + len(module._backward_hooks)
        for module in network.modules()
    )
