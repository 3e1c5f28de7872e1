"""Several networks in one gallery, each with layers and channels of its own."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vizkit.errors import UsageError
from vizkit.gallery.cost import Costs
from vizkit.gallery.fulfilled import fulfilled
from vizkit.gallery.plan import Plan
from vizkit.gallery.planning import extend, make_plan
from vizkit.gallery.run import Progress, pending_work, run
from vizkit.gallery.site.build import build
from vizkit.gallery.store import Store
from vizkit.networks.load import load
from vizkit.networks.network import Network
from vizkit.rendering import Recipe

Wanted = Mapping[str, Mapping[str, str]]
"""Channels, as in an address, by layer, by network: ``{"vgg16@hed": {"conv4_3": "0-7,40"}}``."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What `make_gallery` did.

    Attributes
    ----------
    index : the page to open.
    computed : records that were written; 0 when everything was there.
    failed : addresses and reasons, in order.
    """

    index: Path
    computed: int
    failed: tuple[tuple[str, str], ...]


def make_gallery(
    root: Path | str,
    wanted: Wanted,
    *,
    recipe: Recipe | None = None,
    seed: int = 0,
    device: str = "auto",
    callback: Callable[[Progress], None] | None = None,
) -> Collected:
    """Compute what a gallery of several networks lacks, then build its pages.

    A network of which the gallery has all that is wanted is not even loaded.

    Parameters
    ----------
    root : the gallery folder.
    wanted : channels of each layer of each network.
    recipe, seed : as in `vizkit.render`.
    device : of the networks; ``"auto"`` takes a GPU where there is one.
    callback : called often, with the progress over all networks.

    Raises
    ------
    NotFoundError, UsageError, StoreError : before any work.
    """
    store, recipe = Store(root), recipe or Recipe()
    jobs = [
        (network, _plan(store, network, layers, recipe, seed))
        for source, layers in wanted.items()
        if not fulfilled(store, source, layers, recipe=recipe, seed=seed)
        for network in [load(source, device=device)]
    ]
    store.remove_temporary()
    shares = [
        sum(costs.of(work.layer, work.study) for work in pending_work(store, plan))
        for network, plan in jobs
        for costs in [Costs(network, plan)]
    ]
    total, done, computed = sum(shares), 0.0, 0
    failed: list[tuple[str, str]] = []
    for (network, plan), share in zip(jobs, shares, strict=True):

        def follow(now: Progress, before: float = done) -> None:
            if callback is not None:
                callback(Progress(before + now.done, total, now.address))

        outcome = run(network, plan, store, command=shlex.join(sys.argv), callback=follow)
        done += share
        computed += outcome.computed
        failed += outcome.failed
    return Collected(build(root).index, computed, tuple(failed))


def _plan(
    store: Store, network: Network, layers: Mapping[str, str], recipe: Recipe, seed: int
) -> Plan:
    if not layers:
        raise UsageError(f"no layers of {network.source} were named.")
    known = store.read_plan(network.source) if network.source in store.sources() else None
    plans = [
        make_plan(network, layers=[name], channels=numbers, recipe=recipe, seed=seed, known=known)
        for name, numbers in layers.items()
    ]
    order = [layer.name for layer in network.layers]
    planned = [layer for plan in plans for layer in plan.layers]
    planned.sort(key=lambda layer: order.index(layer.module))
    return extend(store, replace(plans[0], layers=tuple(planned)), order)
