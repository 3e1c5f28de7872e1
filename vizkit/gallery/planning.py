"""How a plan is made: which layers, channels and studies, at which canvas and block size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch

from vizkit.errors import StoreError, UsageError
from vizkit.gallery.plan import Plan, PlannedLayer, PlannedNetwork, PlannedStudy
from vizkit.gallery.registry import choose
from vizkit.gallery.request import Request
from vizkit.gallery.store import Store
from vizkit.gallery.study import Study
from vizkit.images.preprocessing import Preprocessing
from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network, WeightsRecord
from vizkit.networks.registry import is_factory
from vizkit.rendering import size_canvas
from vizkit.rendering.block_size import choose_block_size
from vizkit.rendering.canvas import check_coupled
from vizkit.rendering.defaults import complete
from vizkit.rendering.precision import choose_dtype
from vizkit.rendering.recipe import Recipe
from vizkit.version import __version__


def make_plan(network: Network, request: Request, before: Plan | None = None) -> Plan:
    """Plan for a gallery of `network`, in forward order.

    Parameters
    ----------
    before : the gallery's earlier plan. Its number format is kept unless another is asked for, of
        a layer of the same network its block size and canvas, and of a study its options.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError, NotFoundError, UsageError : before any work.
    StoreError : `before` has a layer in blocks of another size than asked for.
    """
    recipe = request.settled_recipe(before)
    check_coupled(recipe.canvas, 1, alike=False)
    # The plan states the format itself, so that a run resumed elsewhere keeps to it or fails.
    dtype = choose_dtype(recipe.dtype, network.module, network.device)
    recipe = replace(recipe, dtype=str(dtype).removeprefix("torch."))
    studies = choose(request.studies)
    defaults = _default_layers(network)
    numbers = request.numbers(network.layer, defaults)
    if not numbers:
        raise UsageError(f"no layers of {network.source} were named.\n  Give --layers a,b.")
    described = describe(network.name, network.weights, network.preprocessing)
    stored = {}
    if before is not None and before.network == described:
        stored = {layer.module: layer for layer in before.layers}
    layers = [
        _plan_layer(
            network, info, numbers[info.name], studies, request, recipe, stored.get(info.name)
        )
        for info in network.layers
        if info.name in numbers
    ]
    return Plan(
        network=described,
        recipe=recipe.as_dict(),
        seed=request.seed,
        layers=tuple(layer for layer in layers if layer.channels),
        vizkit=__version__,
        torch=str(torch.__version__),
        studies={
            study.name: PlannedStudy(
                study.scope,
                study.depends,
                options,
                study.settings(network, {**study.options, **options}),
            )
            for study in studies
            for options in [request.options(study, before)]
            if (before is not None and study.name in before.studies)
            or any(study.name in layer.studies for layer in layers)
        },
        considered=tuple(study.name for study in studies),
        defaults=defaults,
    )


def _default_layers(network: Network) -> tuple[str, ...]:
    """Module paths of the layers to show by default, and the logits of somebody's own network."""
    own = network.weights.tag == "own" or is_factory(network.name)
    return tuple(
        info.name
        for info in network.layers
        if info.published or (own and not network.published and "logits" in info.aliases)
    )


def _plan_layer(
    network: Network,
    info: LayerInfo,
    channels: tuple[int, ...],
    studies: Iterable[Study],
    request: Request,
    recipe: Recipe,
    stored: PlannedLayer | None,
) -> PlannedLayer:
    sizing = size_canvas(network, info, asked=request.size)
    canvas, block_size = sizing.canvas, request.block_size
    if stored is not None:
        canvas = stored.canvas if request.size is None else canvas
        if block_size not in (None, stored.block_size):
            raise StoreError(
                f"the gallery shows {network.source}/{stored.name} in blocks of "
                f"{stored.block_size}, asked are blocks of {block_size}.\n"
                "  A picture depends on it in detail. "
                "Leave out --block-size, or give another --out."
            )
        block_size = stored.block_size
    classes = network.classes if info.public_name == "logits" else None
    return PlannedLayer(
        name=info.public_name,
        module=info.name,
        op=info.op,
        shape=info.shape,
        channels=channels,
        block_size=block_size or choose_block_size(max(len(channels), 1), canvas),
        canvas=canvas,
        extent=sizing.seen,
        covers=sizing.covers,
        studies=tuple(study.name for study in studies if study.applies(network, info)),
        aliases=tuple(a for a in (info.name, *info.aliases) if a != info.public_name),
        branches=tuple((branch.name, branch.start, branch.stop) for branch in info.branches),
        labels={} if classes is None else {channel: classes[channel] for channel in channels},
        recipe=complete(recipe, network, [info]).as_dict(),
    )


def describe(name: str, weights: WeightsRecord, preprocessing: Preprocessing) -> PlannedNetwork:
    """What a plan states of a network."""
    return PlannedNetwork(
        name=name,
        weights=weights.tag,
        sha256=weights.sha256,
        origin=weights.origin,
        random=weights.random,
        weights_file=weights.tag.startswith("file-"),
        input=(preprocessing.channels, *preprocessing.input_size),
        preprocessing={
            "mean": list(preprocessing.mean),
            "std": list(preprocessing.std),
            "scale": preprocessing.scale,
            "order": list(preprocessing.order),
        },
    )


def extend(store: Store, plan: Plan, order: Sequence[str]) -> Plan:
    """Plan of the store and `plan` together, so that a gallery can grow.

    Parameters
    ----------
    order : module paths of the network's layers in forward order.

    Raises
    ------
    StoreError : the folder holds the same network rendered in another way.
    """
    if plan.network.source not in store.sources():
        return plan
    before = store.read_plan(plan.network.source)
    _require_same(store, before, plan)
    layers = {layer.module: layer for layer in before.layers}
    for layer in plan.layers:
        stored = layers.get(layer.module, layer)
        if stored.canvas != layer.canvas:
            raise StoreError(
                f"{str(store.root)!r} shows {plan.network.source}/{stored.name} at "
                f"{_pixels(stored)} pixels, asked is {_pixels(layer)}.\n"
                "  Leave out --size, or give another --out."
            )
        layers[layer.module] = replace(
            stored,
            extent=layer.extent,
            covers=layer.covers,
            channels=tuple(sorted({*stored.channels, *layer.channels})),
            labels={**stored.labels, **layer.labels},
            studies=tuple(dict.fromkeys((*stored.studies, *layer.studies))),
        )
    return replace(
        plan,
        layers=tuple(sorted(layers.values(), key=lambda layer: order.index(layer.module))),
        studies={**before.studies, **plan.studies},
        considered=_considered(before, plan),
    )


def _considered(before: Plan, plan: Plan) -> tuple[str, ...]:
    """Studies that every layer of both plans was considered for."""
    earlier, now = ({layer.module for layer in half.layers} for half in (before, plan))
    return tuple(
        name
        for name in dict.fromkeys((*before.considered, *plan.considered))
        if (name in plan.considered or now <= earlier)
        and (name in before.considered or earlier <= now)
    )


def _pixels(layer: PlannedLayer) -> str:
    return "{}x{}".format(*layer.canvas)


def _require_same(store: Store, before: Plan, plan: Plan) -> None:
    differences = [
        f"{name} {before.recipe.get(name)!r} (asked: {plan.recipe.get(name)!r})"
        for name in sorted({*before.recipe, *plan.recipe})
        if before.recipe.get(name) != plan.recipe.get(name)
    ]
    differences += [
        f"{what} {getattr(before, what)!r} (now: {getattr(plan, what)!r})"
        for what in ("seed", "vizkit", "torch")
        if getattr(before, what) != getattr(plan, what)
    ]
    if before.network != plan.network:
        differences.append(f"other weights, {before.network.sha256[:8]}")
    if differences:
        raise StoreError(
            f"{str(store.root)!r} already shows {plan.network.source}, rendered with "
            f"{'; '.join(differences)}.\n  Pictures of one gallery must be comparable: "
            "give another --out, or the same settings."
        )
