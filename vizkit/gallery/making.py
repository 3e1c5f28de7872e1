"""Making a gallery: plan, compute what is missing, build the pages."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vizkit.errors import UsageError
from vizkit.gallery.completeness import complete, full_source
from vizkit.gallery.made import Made
from vizkit.gallery.plan import Plan
from vizkit.gallery.planning import extend, make_plan
from vizkit.gallery.registry import choose
from vizkit.gallery.request import Layers, Options, Request
from vizkit.gallery.run import run
from vizkit.gallery.site.build import build
from vizkit.gallery.store import Store
from vizkit.networks.given import Given, given_network
from vizkit.networks.load import load
from vizkit.networks.network import Network
from vizkit.progress import OnProgress
from vizkit.rendering import Recipe


def make(
    network: Given | Mapping[Given, Layers | None],
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
    progress: OnProgress | None = None,
) -> Made:
    """Compute what a gallery lacks, then build its pages; call it again to go on or to add.

    A network of which the gallery certainly has all that is asked is not even loaded.

    Parameters
    ----------
    network : name, network or module; or several, each with layers of its own:
        ``{"vgg16@hed": {"conv4_3": "0-7"}, "lenet5": ["c1"]}``.
    out : the gallery folder.
    layers : names or aliases, or channels by layer; by default the network's published list.
    channels : as in an address, ``"0-7,40"``; by default all. Numbers that a layer does not have
        are left out, unless no layer has them.
    studies : names, or what is asked of each by name; by default those that mark themselves so.
        What was asked of a study, ``{"norms": {"power": 3}}``, holds until something else is.
    recipe, seed, size, block_size : of the pictures, as in `vizkit.render`.
    shard : (k, n): the k-th of n shares of the work only, without pages.
    weights, device : as in `vizkit.load`, for networks given by name; ``"auto"`` takes a GPU where
        there is one.
    command : command line for the log; by default this process's own.
    progress : called often, with the progress over all networks in estimated seconds.

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
    store = Store(out)
    if studies is not None and not isinstance(studies, Mapping):
        studies = tuple(studies)
    choose(studies)  # finds mistakes before anything is loaded
    request = Request(layers, channels, studies, recipe or Recipe(), seed, size, block_size)
    plans: list[tuple[Network, Plan]] = []
    layers_of = network if isinstance(network, Mapping) else {network: layers}
    for given, names in layers_of.items():
        request = replace(request, layers=names)
        if isinstance(given, str):
            if weights is None and complete(store, full_source(given), request):
                continue
            opened = load(given, weights=weights, device=device)
        else:
            opened = given_network(given)
        if opened.source in [planned.source for planned, _ in plans]:
            raise UsageError(f"{opened.source} is asked for twice.\n  Name all its layers at once.")
        before = store.read_plan(opened.source) if opened.source in store.sources() else None
        plan = make_plan(opened, request, before)
        plans.append((opened, extend(store, plan, [layer.name for layer in opened.layers])))
    command = shlex.join(sys.argv) if command is None else command
    made = run(store, plans, shard=shard, command=command, progress=progress)
    index = build(store.root).index if shard[1] == 1 else None
    random = tuple(network.source for network, _ in plans if network.weights.random)
    return replace(made, index=index, random=random)
