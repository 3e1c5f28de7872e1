"""A network by its name, without its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from vizkit.images.preprocessing import Preprocessing
from vizkit.layer_info import LayerInfo
from vizkit.networks import factory, registry
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.layers.survey import survey
from vizkit.networks.load import load
from vizkit.networks.network import Network
from vizkit.networks.random_state import isolated_rng
from vizkit.networks.wrappers import unwrapped


@dataclass(frozen=True, slots=True)
class Outline:
    """The form of a network.

    Attributes
    ----------
    module : the network; a registered one has shapes for weights where its constructor allows that.
    preprocessing : None when the network came without.
    aliases : literature names of layers, alias -> module path.
    evaluated : True when it is meant in eval mode, whatever its flags say.
    """

    name: str
    module: nn.Module
    preprocessing: Preprocessing | None
    aliases: Mapping[str, str]
    evaluated: bool


def outline(network: str, *, numbers: bool = False) -> Outline:
    """Form of a registered network or of ``path.py:factory``. Nothing is downloaded.

    Parameters
    ----------
    numbers : True fills the weights with first numbers, which takes memory.

    Raises
    ------
    NetworkNotFoundError, NotFoundError : there is no such network, or no such weights of it.
    """
    name, tag = registry.split(network)
    if registry.is_factory(name):
        made = factory.call(name)
        if isinstance(made, Network):
            return Outline(name, made.module, made.preprocessing, made.aliases, evaluated=True)
        return Outline(name, unwrapped(made), None, {}, evaluated=True)
    blueprint = registry.blueprint(name, tag)
    with isolated_rng():
        module = blueprint.build() if numbers else _without_numbers(blueprint)
    return Outline(name, module, blueprint.preprocessing, {}, evaluated=True)


def _without_numbers(blueprint: Blueprint) -> nn.Module:
    try:
        with torch.device("meta"):
            return blueprint.build()
    except NotImplementedError:
        # A constructor that reads numbers from a tensor, as RegNet's does, needs real ones there;
        # weights are made by torch.empty.
        with _WeightsOnMeta():
            return blueprint.build().to("meta")


class _WeightsOnMeta(TorchFunctionMode):
    """Lets ``torch.empty`` make shapes without memory."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.empty and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


def layers_of(network: str) -> tuple[LayerInfo, ...]:
    """Layers of a registered network or of ``path.py:factory``, as `Network.layers` has them.

    A registered network is built and run as shapes alone where its constructor allows that.
    Nothing is downloaded. `registry.known_layers` has those of published networks at once.

    Raises
    ------
    NetworkNotFoundError, NotFoundError : there is no such network, or no such weights of it.

    Examples
    --------
    >>> [layer.public_name for layer in layers_of("vgg16@hed") if layer.published][:3]
    ['conv1_1', 'conv1_2', 'conv2_1']
    """
    if registry.is_factory(registry.split(network)[0]):
        return load(network).layers
    form = outline(network)
    assert form.preprocessing is not None
    return survey(form.name, form.module, form.preprocessing, form.aliases, ())
