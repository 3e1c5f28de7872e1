"""What a layer does, in a word or two for people."""

from __future__ import annotations

from torch import nn

_WORDS: dict[type[nn.Module], str] = {
    nn.modules.conv._ConvNd: "conv",
    nn.Linear: "fc",
    nn.modules.batchnorm._NormBase: "norm",
    nn.LocalResponseNorm: "norm",
    nn.MaxPool2d: "pool",
    nn.AvgPool2d: "pool",
    nn.AdaptiveAvgPool2d: "pool",
    nn.AdaptiveMaxPool2d: "pool",
    **dict.fromkeys((nn.ReLU, nn.ReLU6, nn.SiLU, nn.GELU, nn.Sigmoid, nn.Hardswish, nn.Tanh), ""),
}
"""Words for the modules of torch.nn; empty for the class's own name."""
_MIXING = {"conv", "fc", "block"}


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


def is_channelwise(kind: str) -> bool:
    """Whether a layer of this kind makes each channel from that channel of its input alone."""
    return _MIXING.isdisjoint(kind.split(", "))


def _word(module: nn.Module) -> str | None:
    """Word for one module, leaving out what it contains; None for one that only contains."""
    for kind, word in _WORDS.items():
        if isinstance(module, kind):
            return word or type(module).__name__.lower()
    return None
