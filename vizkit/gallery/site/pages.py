"""Pages as text: what is read from the store, put into the templates."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
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
from vizkit.gallery.site.tiles import examples, slug, sort_keys, sort_values, tile_size
from vizkit.gallery.site.views import NetworkView, picture_url
from vizkit.gallery.states import Counts
from vizkit.pages import environment

GENERATOR = "vizkit gallery"
"""Mark in the head of every page, by which stale pages are told from anybody else's."""


def index_page(views: tuple[NetworkView, ...]) -> str:
    """``index.html``."""
    total = sum((view.counts for view in views), Counts())
    return _environment().get_template("index.html").render(views=views, total=total)


def layer_page(view: NetworkView, place: int) -> str:
    """``NET/LAYER/index.html`` of layer number `place` of the plan."""
    layer = view.layers[place]
    branches = Counter(branch for unit in layer.units if (branch := _branch_name(unit.branch)))
    return (
        _environment()
        .get_template("layer.html")
        .render(
            **_around(view, place),
            layer=layer.planned,
            units=layer.units,
            studies=layer.studies,
            tile_of={unit.channel: unit for unit in layer.units},
            keys=sort_keys(layer.units),
            badges=Counter(badge for unit in layer.units for badge in unit.badges),
            branches=branches if len(branches) > 1 else {},
        )
    )


def unit_page(view: NetworkView, place: int, index: int) -> str:
    """``NET/LAYER/CHANNEL.html`` of unit number `index` of layer number `place`."""
    units = view.layers[place].units
    unit, layer = units[index], units[index].layer
    drawing = scale_drawing(view.plan.network, unit)
    if unit.extent is not None:  # what this unit sees, not the others
        layer = replace(layer, extent=unit.extent[0], covers=unit.extent[1])
    return (
        _environment()
        .get_template("unit.html")
        .render(
            **_around(view, place),
            layer=layer,
            unit=unit,
            picture=large_picture(unit),
            drawing=drawing,
            previous=units[index - 1] if index > 0 else None,
            next=units[index + 1] if index + 1 < len(units) else None,
        )
    )


def _around(view: NetworkView, place: int) -> dict[str, Any]:
    """What the pages of a layer and of its units say of the network and of its other layers."""
    layers = view.layers
    return {
        "plan": view.plan,
        "network": view.plan.network,
        "previous_layer": layers[place - 1] if place > 0 else None,
        "next_layer": layers[place + 1] if place + 1 < len(layers) else None,
    }


@cache
def _environment() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    pages = environment(ChoiceLoader([folder, FunctionLoader(_panel_template)]))
    pages.globals |= {
        "generator": GENERATOR,
        "examples": examples,
        "large_scale": large_scale,
        "picture_url": picture_url,
        "sees": sees,
        "tile_scale": tile_scale,
        "tile_size": tile_size,
        "sort_values": sort_values,
    }
    pages.filters |= {
        "aliases": lambda layer: dict.fromkeys(
            name for name in (*layer.aliases, layer.module) if name != layer.name
        ),
        "branch_name": _branch_name,
        "numbers": format_channels,
        "plain": lambda value: (
            value or "none" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        ),
        "slug": slug,
        "times": _times,
    }
    return pages


def _panel_template(name: str) -> tuple[str, None, Callable[[], bool]] | None:
    """What draws the details of a study, ``"studies/NAME.html"``; None without."""

    def text() -> str:
        study = find(name.removeprefix("studies/").removesuffix(".html"))
        return "" if study is None else study.asset("panel.html")

    template = text()
    return (template, None, lambda: text() == template) if template else None


def sees(layer: PlannedLayer, network: PlannedNetwork) -> str:
    """Words for what one unit of the layer sees; empty when it was not measured."""
    size = _times(network.input[1:])
    if layer.covers:
        return f"the whole {size} input"
    if layer.extent is None:
        return ""
    inside = layer.extent[0] <= network.input[1] and layer.extent[1] <= network.input[2]
    return f"{_times(layer.extent)} px {'of' if inside else 'and so beyond'} the {size} input"


def _times(size: Iterable[int]) -> str:
    return " × ".join(map(str, size))


def _branch_name(branch: str) -> str:
    """Module path of a unit's branch, without the number in it."""
    return branch.rpartition(":")[0]
