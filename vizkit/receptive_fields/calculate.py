"""From a network's name, or a module, to its receptive fields."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from torch import nn

from vizkit.errors import UsageError
from vizkit.networks.first_pass import check_kind, failed, guessed_channels
from vizkit.networks.given import no_network
from vizkit.networks.layers.survey import names_in_literature
from vizkit.networks.network import Network
from vizkit.networks.outline import Outline, outline
from vizkit.networks.wrappers import unwrapped
from vizkit.receptive_fields.network_fields import ReceptiveFields
from vizkit.receptive_fields.propagation.graph import Graph
from vizkit.receptive_fields.propagation.lowering import lower
from vizkit.receptive_fields.propagation.propagate import propagate
from vizkit.receptive_fields.propagation.record import record
from vizkit.receptive_fields.propagation.rules import RULES
from vizkit.receptive_fields.propagation.rules.rearranging import NeedsValues
from vizkit.receptive_fields.structure import structure
from vizkit.tracing.forward import eval_mode

_LARGEST = 1 << 14
_MOST_KEPT = 8
"""Sizes of a network's images of which the fields, or why there are none, are kept."""
_KEPT: WeakKeyDictionary[Network, dict[Hashable, ReceptiveFields | str]] = WeakKeyDictionary()


def receptive_field(
    network: str | Network | nn.Module,
    input_size: int | Sequence[int] | None = None,
) -> ReceptiveFields:
    """Receptive fields of all layers of `network`, exact for every unit.

    The network is run once on shapes alone. No weights are needed or loaded, and a network given by
    name takes no memory for them. Fields of a `Network` are kept for as long as it lives: asking
    again costs nothing.

    Parameters
    ----------
    network : a name such as ``"googlenet"``, ``"timm:resnet26d"`` or ``"net.py:make"``, a network
        that `vizkit.load` returned, or any ``nn.Module``. A module runs in the train or eval mode
        that it is in.
    input_size : side, (height, width) or (channels, height, width); by default what the network was
        trained on, for a module 224 x 224 and as many channels as it takes.

    Raises
    ------
    NetworkNotFoundError, NotFoundError : no network of this name.
    UsageError : the network cannot take an input of this size, needs other inputs than an image, or
        takes decisions that depend on the values of the image.

    Examples
    --------
    >>> fields = receptive_field("alexnet")
    >>> fields["features.12"].size, fields["features.12"].stride, fields["features.12"].padding
    ((195, 195), (32, 32), (66, 66))
    >>> fields.unit("conv5:0@6,6").clipped
    (30, 30, 192, 192)
    """
    described = described_network(network)
    shape = _shape(described, input_size)
    if not isinstance(network, Network):
        return _calculated(network, described, shape)
    kept = _KEPT.setdefault(network, {})
    key = shape, tuple(RULES), structure(network.module)
    if key not in kept:
        while len(kept) >= _MOST_KEPT:
            del kept[next(iter(kept))]
        try:
            kept[key] = _calculated(network, described, shape)
        except UsageError as error:
            kept[key] = str(error)
            raise
    fields = kept[key]
    if isinstance(fields, str):
        raise UsageError(fields)
    return fields


def fields_or_none(network: Network) -> ReceptiveFields | None:
    """Fields of `network` at its own input size; None where `receptive_field` gives none.

    That is so for a network that takes decisions which depend on the values of the image.
    """
    try:
        return receptive_field(network)
    except UsageError:
        return None


def _calculated(
    network: str | Network | nn.Module, described: Outline, shape: tuple[int, ...]
) -> ReceptiveFields:
    graph = _recorded(described, shape)
    try:
        lowered = lower(graph)
    except NeedsValues:
        described = described_network(network, numbers=True)
        graph = _recorded(described, shape, numbers=True)
        lowered = lower(graph)
    title = network if isinstance(network, str) else getattr(network, "source", described.name)
    return ReceptiveFields(
        network=described.name,
        title=str(title),
        input_size=(shape[2], shape[3]),
        graph=graph,
        lowered=lowered,
        aliases=_aliases(described, graph),
        propagation=propagate(lowered, graph.source, (2, 3)),
        parameters=sum(parameter.numel() for parameter in described.module.parameters()),
    )


def described_network(network: str | Network | nn.Module, *, numbers: bool = False) -> Outline:
    """Form of `network`; with `numbers`, one given by name has first numbers for weights.

    Raises
    ------
    UsageError : it is no network.
    """
    if isinstance(network, str):
        return outline(network, numbers=numbers)
    if isinstance(network, Network):
        return Outline(network.name, network.module, network.preprocessing, network.aliases, True)
    if isinstance(network, nn.Module):
        network = unwrapped(network)
        check_kind(network, type(network).__name__)
        return Outline(type(network).__name__, network, None, {}, False)
    raise no_network(network)


def _shape(described: Outline, input_size: int | Sequence[int] | None) -> tuple[int, ...]:
    numbers = described.preprocessing
    channels = numbers.channels if numbers else None
    given: tuple[int, ...]
    if input_size is None:
        given = numbers.input_size if numbers else (224, 224)
    elif isinstance(input_size, int):
        given = (input_size, input_size)
    else:
        given = tuple(input_size)
    if len(given) == 3:
        channels, *rest = given
        given = tuple(rest)
    if len(given) != 2 or not all(isinstance(n, int) and 1 <= n <= _LARGEST for n in given):
        raise UsageError(
            f"input_size={input_size!r} is no size of an image.\n"
            f"  Give a side, (height, width) or (channels, height, width), of 1 to {_LARGEST}."
        )
    return 1, channels or guessed_channels(described.module, (given[0], given[1])), *given


def _recorded(described: Outline, shape: tuple[int, ...], *, numbers: bool = False) -> Graph:
    module = described.module
    if not described.evaluated and any(map(_couples_images, module.modules())):
        warnings.warn(
            f"{described.name} has a BatchNorm in train mode, which mixes all positions of all "
            "images: call .eval() first for the network as it is used.",
            stacklevel=3,
        )
    try:
        with eval_mode(module) if described.evaluated else nullcontext():
            return record(module, shape, numbers=numbers)
    except Exception as error:
        raise failed(module, described.name, shape, error) from error


def _couples_images(module: nn.Module) -> bool:
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return isinstance(module, kinds) and module.training


def _aliases(described: Outline, graph: Graph) -> Mapping[str, tuple[str, ...]]:
    modules: dict[str, Any] = dict(described.module.named_modules())
    names = [p.name for p in graph.places if p.module and p.call == 1]
    leaves = {name for name in names if next(modules[name].children(), None) is None}
    output = graph.places[-1] if graph.places else None
    scores = None
    if output is not None and len(output.shape) == 2 and output.value is not None:
        makers = (p.name for p in graph.places if p.module and p.value is output.value)
        scores = next((name for name in makers if name in leaves), None)
    return names_in_literature(described.module, names, described.aliases, scores)
