"""The volumes of activations that an image leaves in a network, with some channels of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from vizkit.activations.hooks import capture
from vizkit.networks.network import Network

_WORDS: dict[type[nn.Module], str] = {
    nn.modules.conv._ConvNd: "conv",
    nn.Linear: "fc",
    nn.modules.batchnorm._NormBase: "norm",
    nn.LocalResponseNorm: "norm",
    nn.MaxPool2d: "pool",
    nn.AvgPool2d: "pool",
    nn.AdaptiveAvgPool2d: "pool",
    nn.AdaptiveMaxPool2d: "pool",
    nn.ReLU: "",
    nn.ReLU6: "",
    nn.SiLU: "",
    nn.GELU: "",
    nn.Sigmoid: "",
    nn.Hardswish: "",
    nn.Tanh: "",
}
"""Words for the modules of torch.nn; empty for the class's own name."""


@dataclass(frozen=True, slots=True)
class ActivationColumn:
    """Some channels of one layer's output for one image.

    Attributes
    ----------
    layer : public name of the layer.
    kind : what it does, ``"conv"``, ``"norm, relu"``, ``"pool"``, ``"block"``, ...
    shape : of the whole output: (C, H, W), or (C,) without a map.
    channels : numbers of the channels that `maps` has.
    maps : the output as it is, before any later ReLU, K x H x W; K x 1 x 1 without a map.
    kept : the channels are those of the column before, which go through this layer one by one.
    """

    layer: str
    kind: str
    shape: tuple[int, ...]
    channels: tuple[int, ...]
    maps: Tensor = field(repr=False, compare=False)
    kept: bool

    @property
    def activations(self) -> int:
        """Number of values of the whole output."""
        count = 1
        for side in self.shape:
            count *= side
        return count


def activation_columns(
    network: Network, image: Tensor, layers: Sequence[str], *, channels: int = 8
) -> tuple[ActivationColumn, ...]:
    """What `image` leaves in `layers`: their outputs, of which some channels are chosen.

    Chosen are those that vary most over the positions. A layer that treats every channel for itself
    (activation, normalization, pooling) and follows one with as many channels in `layers` shows the
    same channels, so that its effect is seen; the last such layer with positions decides.

    Parameters
    ----------
    image : 1 C H W in [0, 1].
    layers : names or aliases, in the order of depth.
    channels : how many of each layer, at most.

    Raises
    ------
    LayerNotFoundError : the network has no such layer.

    Examples
    --------
    >>> import vizkit
    >>> net = vizkit.load("lenet5@random")
    >>> first, second = activation_columns(net, torch.rand(1, 1, 32, 32), ["c1", "s2"], channels=3)
    >>> first.shape, second.shape, first.channels == second.channels
    ((6, 28, 28), (6, 14, 14), True)
    """
    with torch.no_grad(), capture(network, layers) as acts:
        network(image)
        outputs = {name: acts[name][0].float().cpu() for name in layers}
    groups: list[list[_Output]] = []
    for name, output in outputs.items():
        info = network.layer(name)
        kind = kind_of(network.module.get_submodule(info.name))
        found = _Output(info.public_name, kind, output)
        if groups and found.alone and len(groups[-1][0].maps) == len(found.maps):
            groups[-1].append(found)
        else:
            groups.append([found])
    return tuple(each for group in groups for each in _columns(group, channels))


@dataclass(frozen=True, slots=True)
class _Output:
    """A layer's output for one image."""

    layer: str
    kind: str
    output: Tensor

    @property
    def maps(self) -> Tensor:
        """The output as maps of channels, C x H x W."""
        if self.output.ndim == 3:
            return self.output
        flat = self.output.flatten(1) if self.output.ndim > 1 else self.output.unsqueeze(1)
        return flat.unsqueeze(2)

    @property
    def alone(self) -> bool:
        """Whether each channel comes from that channel of the input alone."""
        return not {"conv", "fc", "block"} & set(self.kind.split(", "))


def _columns(group: list[_Output], channels: int) -> list[ActivationColumn]:
    """Columns of layers that show the same channels."""
    placed = [each for each in group if each.maps[0].numel() > 1]
    spread = placed[-1].maps.flatten(1).double().std(1) if placed else group[-1].maps.flatten()
    chosen = spread.argsort(descending=True, stable=True)[:channels].tolist()
    return [
        ActivationColumn(
            each.layer, each.kind, tuple(each.output.shape), tuple(chosen), each.maps[chosen], n > 0
        )
        for n, each in enumerate(group)
    ]


def kind_of(module: nn.Module) -> str:
    """What a module does in a few words, after the parts that it is made of.

    Examples
    --------
    >>> kind_of(nn.Conv2d(1, 1, 1)), kind_of(nn.Sequential(nn.BatchNorm2d(1), nn.ReLU6()))
    ('conv', 'norm, relu6')
    """
    words = [word for part in module.modules() if (word := _word(part))]
    if sum(word in ("conv", "fc") for word in words) > 1:
        return "block"
    return ", ".join(dict.fromkeys(words)) or type(module).__name__.lower()


def _word(module: nn.Module) -> str | None:
    """Word for one module, leaving out what it contains; None for one that only contains."""
    for kind, word in _WORDS.items():
        if isinstance(module, kind):
            return word or type(module).__name__.lower()
    return None
