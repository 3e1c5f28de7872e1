"""torchvision's classification networks with the weights that torchvision publishes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from vizkit.images.preprocessing import Preprocessing
from vizkit.networks import known
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.weights.sources import published

if TYPE_CHECKING:
    from torch import Tensor, nn

TAGS = ("imagenet", "random")

# Heads that only serve training. torchvision drops them after loading, too.
_AUXILIARY = {"googlenet": ("aux1.", "aux2."), "inception_v3": ("AuxLogits.",)}


def names() -> tuple[str, ...]:
    """Names of all classification networks of the installed torchvision, sorted."""
    return known.of_torchvision() or listed()


@cache
def listed() -> tuple[str, ...]:
    """The same, as torchvision itself says it."""
    from torchvision import models

    return tuple(models.list_models(module=models))


@cache
def imagenet_classes() -> tuple[str, ...]:
    """Names of the thousand ImageNet-1k classes, in the order of the logits."""
    from torchvision.models import ResNet18_Weights

    return tuple(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])


def blueprint(name: str, tag: str) -> Blueprint:
    """Blueprint of a torchvision network, `tag` one of `TAGS`.

    ``imagenet`` is torchvision's own default among its weights for the network.
    """
    best = _enum(name).DEFAULT
    trained = tag == "imagenet"
    return Blueprint(
        name,
        tag,
        partial(build, name, transform_input=trained),
        preprocessing(name),
        tuple(best.meta["categories"]),
        published(best.url, f"torchvision's {best}") if trained else None,
        _renamed_densenet if name.startswith("densenet") else None,
        _AUXILIARY.get(name, ()),
    )


def build(name: str, *, transform_input: bool) -> nn.Module:
    """A torchvision network without weights and without auxiliary heads.

    Parameters
    ----------
    name : one of `names`.
    transform_input : for the two Inception networks: whether the module itself turns torchvision's
        normalization into the one that its ImageNet weights were trained with.
    """
    from torchvision import models

    options: dict[str, Any] = {"weights": None}
    if name in _AUXILIARY:
        # Their own initialization takes minutes, and leaves GoogLeNet's deep units dead.
        options |= {"init_weights": False, "aux_logits": False, "transform_input": transform_input}
    if name.startswith("vit_"):
        # Its positions are learned for one size, which its default weights decide.
        options["image_size"] = preprocessing(name).input_size[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        module: nn.Module = models.get_model(name, **options)
    return module


def preprocessing(name: str) -> Preprocessing:
    """Preprocessing that torchvision publishes with the default weights of `name`."""
    transforms = _enum(name).DEFAULT.transforms()
    (side,), (resize,) = transforms.crop_size, transforms.resize_size
    return Preprocessing(
        tuple(transforms.mean), tuple(transforms.std), (side, side), resize=int(resize)
    )


def _enum(name: str) -> Any:
    from torchvision import models

    return models.get_model_weights(name)


def _renamed_densenet(state: Mapping[str, Tensor], module: nn.Module) -> Mapping[str, Tensor]:  # noqa: ARG001
    """Names as of today: the published files are from when a module's name could hold a dot."""
    old = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.")
    return {old.sub(r"\1\2.", name): value for name, value in state.items()}
