"""Whether a gallery certainly holds all that is asked for, found without building the network.

A network takes seconds to load and to trace; its plan in the folder states what it was, and the
registry states which weights belong to its name.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from vizkit.address import parse_channels
from vizkit.errors import NotFoundError
from vizkit.gallery.plan import Plan
from vizkit.gallery.planning import describe, settle
from vizkit.gallery.run import pending_work
from vizkit.gallery.store import Store
from vizkit.gallery.study import studies
from vizkit.networks import registry
from vizkit.networks.network import WeightsRecord
from vizkit.rendering import Recipe
from vizkit.version import __version__


def fulfilled(
    store: Store, source: str, layers: Mapping[str, str], *, recipe: Recipe, seed: int
) -> bool:
    """Return True when nothing is left to do; False when there is, or only the network can tell.

    Parameters
    ----------
    source : network and weights.
    layers : channels, as in an address, by layer.
    recipe, seed : what the pictures must have been made with; ``dtype="auto"`` is whatever the
        gallery has.

    Raises
    ------
    StoreError : the plan cannot be read.
    UsageError : channels that are none.
    """
    if not layers or source not in store.sources():
        return False
    plan = store.read_plan(source)
    return (
        (plan.vizkit, plan.torch, plan.seed) == (__version__, str(torch.__version__), seed)
        and plan.recipe == settle(recipe, plan).as_dict()
        and all(_planned(plan, name, channels) for name, channels in layers.items())
        and {study.name for study in studies()} <= {*plan.studies}
        and _same_network(plan)
        and not pending_work(store, plan)
    )


def _planned(plan: Plan, name: str, channels: str) -> bool:
    asked = set(parse_channels(channels))
    return any(
        asked <= {*layer.channels} for layer in plan.layers if name in (layer.name, *layer.aliases)
    )


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
