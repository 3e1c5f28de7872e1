"""How a plan is made: which layers, channels and studies, at which canvas and block size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from vizkit.address import parse_channels
from vizkit.errors import StoreError, UnitNotFoundError, UsageError
from vizkit.gallery.plan import Plan, PlannedLayer, PlannedNetwork, PlannedStudy
from vizkit.gallery.registry import choose
from vizkit.gallery.store import Store
from vizkit.gallery.study import Study
from vizkit.images.preprocessing import Preprocessing
from vizkit.layer_info import LayerInfo
from vizkit.networks.network import Network, WeightsRecord
from vizkit.rendering import Recipe, size_canvas
from vizkit.rendering.block_size import choose_block_size
from vizkit.rendering.precision import choose_dtype
from vizkit.version import __version__

Layers = Sequence[str] | Mapping[str, str]
"""Names or aliases; with ``{"conv4_3": "0-7,40"}`` the channels of each."""
Options = Iterable[str] | Mapping[str, Mapping[str, Any]]
"""Names of studies; with ``{"notes": {"words": 3}}`` what is asked of each."""


def make_plan(
    network: Network,
    *,
    layers: Layers | None = None,
    channels: str | None = None,
    studies: Options | None = None,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: int | tuple[int, int] | None = None,
    block_size: int | None = None,
    known: Plan | None = None,
) -> Plan:
    """Plan for a gallery of `network`, in forward order.

    Parameters
    ----------
    layers : names or aliases; by default the network's published list.
    channels : as in an address, ``"0-7,40"``; by default all. Numbers that a layer does not have
        are left out, unless no layer has them.
    studies : names; by default those that mark themselves so.
    recipe, seed, size, block_size : as in `vizkit.render`.
    known : the gallery's earlier plan. Its number format is kept unless another is asked for, of
        a layer of the same network its block size and canvas, and of a study its options.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError, NotFoundError, UsageError : before any work.
    StoreError : `known` has a layer in blocks of another size than `block_size`.
    """
    recipe = settle(recipe or Recipe(), known)
    # The plan states the format itself, so that a run resumed elsewhere keeps to it or fails.
    dtype = choose_dtype(recipe.dtype, network.module, network.device)
    recipe = replace(recipe, dtype=str(dtype).removeprefix("torch."))
    chosen = choose(studies)
    asked = _channels(network, layers, channels)
    described = describe(network.name, network.weights, network.preprocessing)
    there = {}
    if known is not None and known.network == described:
        there = {layer.module: layer for layer in known.layers}
    planned = [
        _plan_layer(network, info, asked[info.name], chosen, size, block_size, there.get(info.name))
        for info in network.layers
        if info.name in asked
    ]
    return Plan(
        network=described,
        recipe=recipe.as_dict(),
        seed=seed,
        layers=tuple(layer for layer in planned if layer.channels),
        vizkit=__version__,
        torch=str(torch.__version__),
        studies={
            study.name: _plan_study(network, study, studies, known)
            for study in chosen
            if (known is not None and study.name in known.studies)
            or any(study.name in layer.studies for layer in planned)
        },
        considered=tuple(study.name for study in chosen),
        defaults=tuple(info.name for info in network.layers if info.published),
    )


def _channels(
    network: Network, layers: Layers | None, channels: str | None
) -> dict[str, list[int] | None]:
    """By module path what channels are asked of a layer; None for all."""
    groups: list[tuple[list[str], str | None]]
    if isinstance(layers, Mapping):
        groups = [([name], numbers) for name, numbers in layers.items()]
    else:
        groups = [(list(network.default_layers() if layers is None else layers), channels)]
    asked: dict[str, list[int] | None] = {}
    for names, numbers in groups:
        infos = [network.layer(name) for name in names]
        wanted = None if numbers is None else sorted(parse_channels(numbers))
        widest = max((info.channels for info in infos), default=0)
        if wanted and infos and wanted[-1] >= widest:
            raise UnitNotFoundError(
                f"channel {wanted[-1]} is in none of the layers: the widest has {widest}.\n"
                f"  Give --channels 0-{widest - 1} or fewer."
            )
        for info in infos:
            asked[info.name] = wanted
    if not asked:
        raise UsageError(f"no layers of {network.source} were named.\n  Give --layers a,b.")
    return asked


def _plan_study(
    network: Network, study: Study, asked: Options | None, known: Plan | None
) -> PlannedStudy:
    options = dict(asked.get(study.name, {})) if isinstance(asked, Mapping) else {}
    if not options and known is not None and study.name in known.studies:
        options = known.studies[study.name].options
    return PlannedStudy(study.scope, study.depends, options, study.settings(network, options))


def settle(recipe: Recipe, known: Plan | None) -> Recipe:
    """Recipe in which ``dtype="auto"`` is what the gallery's earlier plan has."""
    if known is None or recipe.dtype != "auto":
        return recipe
    return replace(recipe, dtype=known.recipe.get("dtype", "auto"))


def _plan_layer(
    network: Network,
    info: LayerInfo,
    asked: Sequence[int] | None,
    chosen: Iterable[Study],
    size: int | tuple[int, int] | None,
    block_size: int | None,
    known: PlannedLayer | None,
) -> PlannedLayer:
    channels = range(info.channels) if asked is None else asked
    own = tuple(channel for channel in channels if channel < info.channels)
    sizing = size_canvas(network, info, asked=size)
    canvas = sizing.canvas if known is None or size is not None else known.canvas
    if known is not None:
        block_size = _same_blocks(network, known, block_size)
    labelled = network.classes is not None and info.public_name == "logits"
    return PlannedLayer(
        name=info.public_name,
        module=info.name,
        op=info.op,
        shape=info.shape,
        channels=own,
        block_size=block_size or choose_block_size(max(len(own), 1), canvas),
        canvas=canvas,
        extent=sizing.seen,
        covers=sizing.covers,
        studies=tuple(study.name for study in chosen if study.applies(network, info)),
        aliases=tuple(a for a in (info.name, *info.aliases) if a != info.public_name),
        branches=tuple((each.name, each.start, each.stop) for each in info.branches),
        labels={c: network.classes[c] for c in own} if labelled and network.classes else {},
    )


def _same_blocks(network: Network, known: PlannedLayer, asked: int | None) -> int:
    if asked not in (None, known.block_size):
        raise StoreError(
            f"the gallery shows {network.source}/{known.name} in blocks of {known.block_size}, "
            f"asked are blocks of {asked}.\n  A picture depends on it in detail. "
            "Leave out --block-size, or give another --out."
        )
    return known.block_size


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
    by_module = {layer.module: layer for layer in before.layers}
    for layer in plan.layers:
        known = by_module.get(layer.module)
        if known is None:
            by_module[layer.module] = layer
            continue
        if known.canvas != layer.canvas:
            raise StoreError(
                f"{str(store.root)!r} shows {plan.network.source}/{known.name} at "
                f"{_pixels(known)} pixels, asked is {_pixels(layer)}.\n"
                "  Leave out --size, or give another --out."
            )
        by_module[layer.module] = replace(
            known,
            extent=layer.extent,
            covers=layer.covers,
            channels=tuple(sorted({*known.channels, *layer.channels})),
            labels={**known.labels, **layer.labels},
            studies=tuple(dict.fromkeys((*known.studies, *layer.studies))),
        )
    layers = sorted(by_module.values(), key=lambda layer: order.index(layer.module))
    return replace(
        plan,
        layers=tuple(layers),
        studies={**before.studies, **plan.studies},
        considered=_considered(before, plan),
    )


def _considered(before: Plan, plan: Plan) -> tuple[str, ...]:
    """Studies that every layer of both plans was considered for."""
    earlier, now = ({layer.module for layer in each.layers} for each in (before, plan))
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
