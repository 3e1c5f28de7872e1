"""Pages as text: models of the three kinds of pages, put into their templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader

from vizkit.address import format_channels
from vizkit.gallery.plan import PlannedLayer, PlannedNetwork
from vizkit.gallery.registry import find
from vizkit.gallery.site.figure import large_picture, scale_drawing
from vizkit.gallery.site.scale import large_scale, tile_scale
from vizkit.gallery.site.tiles import examples, slug, sort_keys, tiles
from vizkit.gallery.site.views import (
    LayerView,
    NetworkView,
    StudyView,
    UnitView,
    picture_url,
)
from vizkit.gallery.states import Counts
from vizkit.pages import environment

GENERATOR = "vizkit gallery"
"""Mark in the head of every page, by which stale pages are told from anybody else's."""


def index_page(networks: tuple[NetworkView, ...]) -> str:
    """``index.html``."""
    return (
        _environment()
        .get_template("index.html")
        .render(
            networks=[
                {
                    **_network(view),
                    "id": f"net-{number}",
                    "panels": _whole(view.studies),
                    "layers": [
                        {
                            **_layer(layer, view),
                            "id": f"net-{number}-layer-{place}",
                            "href": f"{view.folder}/{layer.folder}/index.html",
                            "base": f"{view.folder}/{layer.folder}/",
                            "tiles": tiles(
                                layer, examples(layer), f"{view.folder}/{layer.folder}/"
                            ),
                        }
                        for place, layer in enumerate(view.layers)
                    ],
                }
                for number, view in enumerate(networks)
            ],
            total=sum((view.counts for view in networks), Counts()),
            layers=sum(len(view.layers) for view in networks),
        )
    )


def layer_page(view: NetworkView, place: int) -> str:
    """``NET/LAYER/index.html`` of layer number `place` of the plan."""
    layer = view.layers[place]
    every = tiles(layer, layer.units)
    branches: dict[str, int] = {}
    badges: dict[str, int] = {}
    for tile in every:
        if tile.branch:
            branches[tile.branch] = branches.get(tile.branch, 0) + 1
        for badge in tile.badges:
            badges[badge] = badges.get(badge, 0) + 1
    return (
        _environment()
        .get_template("layer.html")
        .render(
            network=_network(view),
            layer=_layer(layer, view),
            tiles=every,
            panels=_whole(layer.studies),
            tile_of={tile.channel: tile for tile in every},
            keys=sort_keys(layer.units),
            badges=badges,
            branches=branches if len(branches) > 1 else {},
            **_neighbor_layers(view, place),
        )
    )


def unit_page(view: NetworkView, place: int, index: int) -> str:
    """``NET/LAYER/CHANNEL.html`` of unit number `index` of layer number `place`."""
    layer = view.layers[place]
    unit = layer.units[index]
    command = next((v.panel.command for v in unit.studies if v.panel and v.panel.command), "")
    return (
        _environment()
        .get_template("unit.html")
        .render(
            network=_network(view),
            layer=_layer(layer, view, unit),
            unit=unit,
            picture=large_picture(layer.planned, unit),
            drawing=scale_drawing(view.plan.network, layer.planned, unit),
            panels=_panels(unit),
            command=command,
            seed=unit.seed,
            recipe={name: _plain(value) for name, value in sorted(view.plan.recipe.items())},
            preprocessing={
                name: _plain(value)
                for name, value in sorted(view.plan.network.preprocessing.items())
            },
            plan=view.plan,
            previous=layer.units[index - 1] if index > 0 else None,
            next=layer.units[index + 1] if index + 1 < len(layer.units) else None,
            **_neighbor_layers(view, place),
        )
    )


@cache
def _environment() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    pages = environment(ChoiceLoader([folder, FunctionLoader(_panel_template)]))
    pages.globals["generator"] = GENERATOR
    pages.filters["slug"] = slug
    return pages


def _panel_template(name: str) -> tuple[str, None, Callable[[], bool]] | None:
    """What draws the details of a study, ``"studies/NAME.html"``; None without."""

    def text() -> str:
        study = find(name.removeprefix("studies/").removesuffix(".html"))
        return "" if study is None else study.asset("panel.html")

    known = text()
    return (known, None, lambda: text() == known) if known else None


def _network(view: NetworkView) -> dict[str, Any]:
    network = view.plan.network
    return {
        "source": network.source,
        "name": network.name,
        "weights": network.weights,
        "random": network.random,
        "origin": network.origin,
        "sha256": network.sha256,
        "input": _size(network.input[1:]),
        "gray": network.input[0] == 1,
        "counts": view.counts,
        "version": view.plan.vizkit,
    }


def _layer(layer: LayerView, view: NetworkView, unit: UnitView | None = None) -> dict[str, Any]:
    """What pages say of a layer; on a unit's own page what this unit sees, not the others."""
    planned = layer.planned
    if unit is not None and unit.extent is not None:
        planned = replace(planned, extent=unit.extent[0], covers=unit.extent[1])
    names = (*planned.aliases, planned.module)
    scale = tile_scale(*planned.canvas)
    return {
        "name": planned.name,
        "folder": layer.folder,
        "module": planned.module,
        "aliases": list(dict.fromkeys(a for a in names if a != planned.name)),
        "op": planned.op,
        "shape": " × ".join(str(size) for size in planned.shape),
        "channels": planned.shape[0],
        "shown": len(layer.units),
        "counts": layer.counts,
        "canvas": _size(planned.canvas),
        "sees": sees(planned, view.plan.network),
        "extent": _size(planned.extent) if planned.extent else "",
        "scale": scale,
        "tile": scale.size(planned.canvas[1], planned.canvas[0])[0],
        "numbers": format_channels(planned.channels),
        "labeled": bool(planned.labels),
    }


def sees(layer: PlannedLayer, network: PlannedNetwork) -> str:
    """Words for what one unit of the layer sees; empty when it was not measured."""
    size = _size(network.input[1:])
    if layer.covers:
        return f"the whole {size} input"
    if layer.extent is None:
        return ""
    inside = layer.extent[0] <= network.input[1] and layer.extent[1] <= network.input[2]
    return f"{_size(layer.extent)} px {'of' if inside else 'and so beyond'} the {size} input"


def _size(size: tuple[int, ...]) -> str:
    return f"{size[0]} × {size[1]}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _whole(studies: Sequence[StudyView]) -> list[dict[str, Any]]:
    """What studies show of a layer or a network as a whole."""
    return [
        {"title": each.title, "name": each.name, "details": each.panel.details}
        for each in studies
        if each.panel
    ]


def _panels(unit: UnitView) -> list[dict[str, Any]]:
    """Every study of the unit; the picture that heads the page is not shown again."""
    panels = []
    for view in unit.studies:
        pictures = view.panel.pictures if view.panel else ()
        if view is unit.shown:
            pictures = pictures[1:]
        panels.append(
            {
                "title": view.title,
                "name": view.name,
                "error": view.error,
                "pending": view.panel is None and view.error is None,
                "facts": view.panel.facts if view.panel else (),
                "details": view.panel.details if view.panel else {},
                "head": view is unit.shown,
                "pictures": [
                    {
                        "src": picture_url(view, picture),
                        "size": large_scale(picture.height, picture.width, main=False).size(
                            picture.width, picture.height
                        ),
                        "scale": large_scale(picture.height, picture.width, main=False).text,
                        "picture": picture,
                    }
                    for picture in pictures
                ],
            }
        )
    return panels


def _neighbor_layers(view: NetworkView, place: int) -> dict[str, Any]:
    def at(number: int) -> dict[str, str] | None:
        if not 0 <= number < len(view.layers):
            return None
        layer = view.layers[number]
        return {"name": layer.planned.name, "href": f"../{layer.folder}/index.html"}

    return {"previous_layer": at(place - 1), "next_layer": at(place + 1)}
