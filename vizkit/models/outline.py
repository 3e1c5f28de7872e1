"""A network by its name, without its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from vizkit.models import factory, registry
from vizkit.models.layers import LayerInfo
from vizkit.models.load import load
from vizkit.models.network import Network
from vizkit.models.preprocessing import Preprocessing
from vizkit.models.random_weights import isolated_rng
from vizkit.models.survey import survey


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


def outline(network: str) -> Outline:
    """Form of a registered network or of ``path.py:factory``. Nothing is downloaded.

    Raises
    ------
    NetworkNotFoundError, NotFoundError : there is no such network, or no such weights of it.
    """
    name, tag = registry.split(network)
    if registry.is_factory(name):
        made = factory.call(name)
        if isinstance(made, Network):
            return Outline(name, made.module, made.preprocessing, made.aliases, evaluated=True)
        return Outline(name, made, None, {}, evaluated=True)
    plan = registry.blueprint(name, tag)
    with isolated_rng():
        try:
            with torch.device("meta"):
                module = plan.build()
        except NotImplementedError:
            # A constructor that reads numbers from a tensor, as RegNet's does, needs real ones.
            module = plan.build()
    return Outline(name, module, plan.preprocessing, {}, evaluated=True)


def layers_of(network: str) -> tuple[LayerInfo, ...]:
    """Layers of a registered network or of ``path.py:factory``, as `Network.layers` has them.

    A registered network is built and run as shapes alone where its constructor allows that.
    Nothing is downloaded.

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
    return survey(form.module, form.preprocessing, form.aliases, ())
