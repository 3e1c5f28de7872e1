"""Making a gallery: plan, compute what is missing, build the pages."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vizkit.gallery.completeness import complete, full_source
from vizkit.gallery.planning import Layers, Options, extend, make_plan
from vizkit.gallery.run import Progress, cost, pending, run
from vizkit.gallery.site.build import build
from vizkit.gallery.store import Store
from vizkit.networks.load import load
from vizkit.networks.network import Network
from vizkit.rendering import Recipe


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """What `make` did.

    Attributes
    ----------
    index : the page to open; None for a share, whose pages are built when all shares are there.
    computed : records that were written; 0 when everything was there.
    failed : addresses and reasons, in order.
    random : networks with random weights, of those that lacked something.
    """

    index: Path | None
    computed: int
    failed: tuple[tuple[str, str], ...]
    random: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{self.index or 'a share'}: {self.computed} new records, {len(self.failed)} failed"


def make(
    network: str | Network | Mapping[str, Layers],
    out: Path | str,
    *,
    layers: Layers | None = None,
    channels: str | None = None,
    studies: Options | None = None,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: int | tuple[int, int] | None = None,
    block_size: int | None = None,
    shard: tuple[int, int] = (1, 1),
    weights: str | Path | None = None,
    device: str = "auto",
    command: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Made:
    """Compute what a gallery lacks, then build its pages; call it again to go on or to add.

    A network of which the gallery certainly has all that is asked is not even loaded.

    Parameters
    ----------
    network : name or network; or several by name, each with layers of its own:
        ``{"vgg16@hed": {"conv4_3": "0-7"}, "lenet5": ["c1"]}``.
    out : the gallery folder.
    layers : names or aliases, or channels by layer; by default the network's published list.
    channels : as in an address, ``"0-7,40"``; by default all. Numbers that a layer does not have
        are left out, unless no layer has them.
    studies : names, or what is asked of each by name; by default those that mark themselves so.
        What was asked of a study holds until something else is.
    recipe, seed, size, block_size : of the pictures, as in `vizkit.render`.
    shard : (k, n): the k-th of n shares of the work only, without pages.
    weights, device : as in `vizkit.load`, for networks given by name; ``"auto"`` takes a GPU where
        there is one.
    command : command line for the log; by default this process's own.
    progress : called often, with the progress over all networks.

    Raises
    ------
    NotFoundError, UsageError, StoreError : before any work.

    Examples
    --------
    >>> import tempfile, vizkit
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make("lenet5", folder, layers=["c1"], channels="0", studies=["filters"])
    >>> made.computed, made.failed
    (1, ())
    """
    store, recipe = Store(out), recipe or Recipe()
    wanted = network if isinstance(network, Mapping) else {network: layers}
    jobs = []
    for each, own in wanted.items():
        asked: dict[str, Any] = {
            "layers": own,
            "channels": channels,
            "studies": studies,
            "recipe": recipe,
            "seed": seed,
            "size": size,
            "block_size": block_size,
        }
        if isinstance(each, str):
            if weights is None and complete(store, full_source(each), **asked):
                continue
            each = load(each, weights=weights, device=device)
        known = store.read_plan(each.source) if each.source in store.sources() else None
        plan = make_plan(each, **asked, known=known)
        jobs.append((each, extend(store, plan, [layer.name for layer in each.layers])))
    store.remove_temporary()
    shares = [sum(cost(net, piece) for piece in pending(store, plan, shard)) for net, plan in jobs]
    total, done, computed = sum(shares) or 1.0, 0.0, 0
    failed: list[tuple[str, str]] = []
    for (net, plan), share in zip(jobs, shares, strict=True):

        def follow(now: Progress, before: float = done) -> None:
            if progress is not None:
                progress(Progress(before + now.done, total, now.address))

        outcome = run(
            net,
            plan,
            store,
            shard=shard,
            command=shlex.join(sys.argv) if command is None else command,
            callback=follow,
        )
        done += share
        computed += outcome.computed
        failed += outcome.failed
    index = build(store.root).index if shard[1] == 1 else None
    random = tuple(net.source for net, _ in jobs if net.weights.random)
    return Made(index, computed, tuple(failed), random)
