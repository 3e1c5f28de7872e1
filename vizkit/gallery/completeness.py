"""Whether a gallery certainly holds all that is asked for, found without building the network.

A network takes seconds to load and to trace; its plan in the folder states what it was, and the
registry states which weights belong to its name.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from vizkit.errors import NotFoundError, UsageError
from vizkit.gallery.pieces import pending, pieces
from vizkit.gallery.plan import Plan
from vizkit.gallery.planning import describe
from vizkit.gallery.registry import choose, find
from vizkit.gallery.request import Options, Request
from vizkit.gallery.store import Store
from vizkit.networks import registry
from vizkit.networks.network import WeightsRecord
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


def complete(store: Store, source: str, request: Request) -> bool:
    """Return True when nothing is left to do; False when there is, or only the network can tell.

    Parameters
    ----------
    source : network and weights.
    request : what it leaves open (``dtype="auto"``, a size of None) is whatever the gallery has.

    Raises
    ------
    StoreError : the plan cannot be read.
    NotFoundError, UsageError : studies that there are not.
    """
    studies = choose(request.studies)
    if source not in store.sources():
        return False
    plan = store.read_plan(source)
    layers = {name: layer for layer in plan.layers for name in (layer.name, *layer.aliases)}
    try:
        numbers = request.numbers(lambda name: layers[name].info(), plan.defaults)
    except (KeyError, NotFoundError, UsageError):
        return False
    size = request.size
    canvas = (size, size) if isinstance(size, int) else size
    return (
        (plan.vizkit, plan.torch, plan.seed) == (__version__, str(torch.__version__), request.seed)
        and plan.recipe == request.settled_recipe(plan).as_dict()
        and bool(numbers)
        and all(
            {*channels} <= {*layers[module].channels}
            and canvas in (None, layers[module].canvas)
            and request.block_size in (None, layers[module].block_size)
            for module, channels in numbers.items()
        )
        and {study.name for study in studies} <= {*plan.considered}
        and _same_studies(plan, request.studies)
        and _same_network(plan)
        and next(pending(store, pieces(plan)), None) is None
    )


def _same_studies(plan: Plan, studies: Options | None) -> bool:
    """True when no study can have settings that only the network, or a folder of images, tells."""
    options = studies.values() if isinstance(studies, Mapping) else ()
    return not any(options) and not any(
        planned.options
        or (planned.settings and not type(find(name)).__module__.startswith("vizkit."))
        for name, planned in plan.studies.items()
    )


def _same_network(plan: Plan) -> bool:
    """True when the registry has this very network, with weights whose hash is published."""
    try:
        blueprint = registry.blueprint(plan.network.name, plan.network.weights)
    except NotFoundError:
        return False  # weights from a file, or the caller's own network
    weights, digest = blueprint.weights, plan.network.sha256
    if weights is None or not weights.sha256 or not digest.startswith(weights.sha256):
        return False
    record = WeightsRecord(blueprint.tag, weights.origin, digest)
    return describe(blueprint.name, record, blueprint.preprocessing) == plan.network
