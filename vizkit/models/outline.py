"""Layers of a network by its name, without its weights."""

from __future__ import annotations

import torch

from vizkit.models import registry
from vizkit.models.layers import LayerInfo
from vizkit.models.load import load
from vizkit.models.random_weights import isolated_rng
from vizkit.models.survey import survey


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
    name, tag = registry.split(network)
    if registry.is_factory(name):
        return load(network).layers
    plan = registry.blueprint(name, tag)
    with isolated_rng():
        try:
            with torch.device("meta"):
                module = plan.build()
        except NotImplementedError:
            # A constructor that reads numbers from a tensor, as RegNet's does, needs real ones.
            module = plan.build()
    return survey(module, plan.preprocessing, {}, ())
