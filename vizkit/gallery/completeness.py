"""Whether a gallery certainly holds all that is asked for, found without building the network.

A network takes seconds to load and to trace; its plan in the folder states what it was, and the
registry states which weights belong to its name.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from vizkit.address import parse_channels
from vizkit.errors import NotFoundError
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.planning import Layers, Options, describe, settle
from vizkit.gallery.registry import choose, find
from vizkit.gallery.run import pending
from vizkit.gallery.store import Store
from vizkit.networks import registry
from vizkit.networks.network import WeightsRecord
from vizkit.rendering import Recipe
from vizkit.version import __version__


def full_source(network: str) -> str:
    """Network and weights as in an address, of a name that may leave its default weights out.

    Raises
    ------
    NetworkNotFoundError : there is no such network.
    """
    name, tag = registry.split(network)
    if registry.is_factory(name):
        return network
    return f"{name}@{tag or registry.tags(name)[0]}"


def complete(
    store: Store,
    source: str,
    *,
    layers: Layers | None,
    channels: str | None,
    studies: Options | None,
    recipe: Recipe,
    seed: int,
    size: int | tuple[int, int] | None,
    block_size: int | None,
) -> bool:
    """Return True when nothing is left to do; False when there is, or only the network can tell.

    Parameters
    ----------
    source : network and weights.
    layers, channels, studies, recipe, seed, size, block_size : as in `make_plan`; what is left
        open (``dtype="auto"``, a size of None) is whatever the gallery has.

    Raises
    ------
    StoreError : the plan cannot be read.
    NotFoundError, UsageError : studies that there are not, channels that are none.
    """
    chosen = choose(studies)
    if source not in store.sources():
        return False
    plan = store.read_plan(source)
    asked = _asked(plan, layers, channels)
    canvas = (size, size) if isinstance(size, int) else size
    return (
        (plan.vizkit, plan.torch, plan.seed) == (__version__, str(torch.__version__), seed)
        and plan.recipe == settle(recipe, plan).as_dict()
        and asked is not None
        and all(
            numbers <= {*layer.channels}
            and canvas in (None, layer.canvas)
            and block_size in (None, layer.block_size)
            for layer, numbers in asked
        )
        and {study.name for study in chosen} <= {*plan.considered}
        and _same_studies(plan, studies)
        and _same_network(plan)
        and not pending(store, plan)
    )


def _asked(
    plan: Plan, layers: Layers | None, channels: str | None
) -> list[tuple[PlannedLayer, set[int]]] | None:
    """Layers of the plan with the channels that are asked of each; None where that is open."""
    known = {name: layer for layer in plan.layers for name in (layer.name, *layer.aliases)}
    names = plan.defaults if layers is None else layers
    if not names or any(name not in known for name in names):
        return None
    asked = []
    for name in names:
        numbers = layers[name] if isinstance(layers, Mapping) else channels
        every = {*range(known[name].shape[0])}
        wanted = every if numbers is None else {*parse_channels(numbers)}
        # What a layer lacks is left out where another one has it.
        asked.append((known[name], wanted if isinstance(layers, Mapping) else wanted & every))
    if not any(numbers for _, numbers in asked):
        return None
    return asked


def _same_studies(plan: Plan, asked: Options | None) -> bool:
    """True when no study can have settings that only the network, or a folder of images, tells."""
    given = asked if isinstance(asked, Mapping) else {}
    return not any(given.values()) and not any(
        planned.options or (planned.settings and not _is_ours(name))
        for name, planned in plan.studies.items()
    )


def _is_ours(study: str) -> bool:
    return type(find(study)).__module__.startswith("vizkit.")


def _same_network(plan: Plan) -> bool:
    """True when the registry has this very network, with weights whose hash is published."""
    try:
        known = registry.blueprint(plan.network.name, plan.network.weights)
    except NotFoundError:
        return False  # weights from a file, or the caller's own network
    digest = plan.network.sha256
    if known.weights is None or not known.weights.sha256:
        return False
    if not digest.startswith(known.weights.sha256):
        return False
    record = WeightsRecord(known.tag, known.weights.origin, digest)
    return describe(known.name, record, known.preprocessing) == plan.network
