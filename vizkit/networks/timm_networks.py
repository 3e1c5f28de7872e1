"""Networks of timm, behind the prefix ``timm:``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any

from vizkit.errors import NetworkNotFoundError, nearest
from vizkit.images.preprocessing import Preprocessing
from vizkit.networks import known
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.weights.sources import WeightsFile, published

if TYPE_CHECKING:
    from torch import nn

PREFIX = "timm:"


def names(pattern: str = "*") -> tuple[str, ...]:
    """Names of timm's architectures that match the shell pattern, with the prefix."""
    import timm

    return tuple(PREFIX + name for name in timm.list_models(pattern))


def listed() -> tuple[str, ...]:
    """Names of all of timm's architectures, as timm itself says it."""
    import timm

    return tuple(timm.list_models())


def tags(name: str) -> tuple[str, ...]:
    """Weights tags of the timm network `name`, the default first.

    Only weights that come with a hash are offered; a file from elsewhere goes with ``--weights``.
    """
    return ("imagenet", "random") if _file(_config(name)) else ("random",)


def blueprint(name: str, tag: str) -> Blueprint:
    """Blueprint of the timm network `name`, with its prefix."""
    config = _config(name)
    channels, height, width = config.input_size
    resize = math.floor(min(height, width) / config.crop_pct)
    classes = None
    if config.num_classes == 1000:
        from vizkit.networks.torchvision_networks import imagenet_classes

        classes = imagenet_classes()
    return Blueprint(
        name,
        tag,
        partial(_build, name.removeprefix(PREFIX)),
        Preprocessing(
            tuple(config.mean)[:channels],
            tuple(config.std)[:channels],
            (height, width),
            resize=resize,
        ),
        classes,
        _file(config) if tag == "imagenet" else None,
    )


def _build(name: str) -> nn.Module:
    import timm

    module: nn.Module = timm.create_model(name, pretrained=False)
    return module


def _config(name: str) -> Any:
    """Record that timm keeps of the weights and the input of `name`."""
    import timm

    check_name(name)
    config = timm.models.get_pretrained_cfg(name.removeprefix(PREFIX))
    if config is None:
        raise _unknown(name, listed())
    return config


def check_name(name: str) -> None:
    """Refuse a name, with its prefix, that no network of timm has.

    Raises
    ------
    NetworkNotFoundError : there is none.
    """
    names = known.of_timm() or listed()
    # Behind a dot may stand which of the weights.
    if name.removeprefix(PREFIX).partition(".")[0] not in names:
        raise _unknown(name, names)


def _unknown(name: str, names: Iterable[str]) -> NetworkNotFoundError:
    bare = name.removeprefix(PREFIX)
    hint = nearest(bare, names) or f"timm {metadata.version('timm')} does not have it."
    return NetworkNotFoundError(
        f"{name!r} is not a network of timm. {hint}\n  List them with: vizkit models 'timm:*'"
    )


def _file(config: Any) -> WeightsFile | None:
    """The published file, when it is one for ImageNet-1k whose name carries its hash."""
    weights = published(config.url or "", f"timm's {config.architecture}.{config.tag}")
    known = weights.sha256 and weights.file.endswith((".pth", ".pt", ".safetensors"))
    return weights if known and config.num_classes == 1000 else None
