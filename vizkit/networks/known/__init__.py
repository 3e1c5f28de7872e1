"""What is known of networks by their names, from tables: without torch, torchvision or timm.

Importing these takes seconds, which a list of names or a typing error should not. The tables are
made by ``recipes/makers/known_networks.py`` of the libraries themselves, and say of which versions;
of other versions only the layers are taken from them, which published networks do not change.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import metadata, resources
from typing import Any

from vizkit.layer_info import Branch, LayerInfo
from vizkit.networks.weights.sources import Packaged, Url, WeightsFile, Wheel


@cache
def _table() -> dict[str, Any]:
    """The table of networks; empty where it is of other versions than are installed."""
    table: dict[str, Any] = json.loads(_text("networks.json"))
    try:
        versions = {name: metadata.version(name) for name in table["versions"]}
    except metadata.PackageNotFoundError:
        return {}
    return table if versions == table["versions"] else {}


def of_torchvision() -> tuple[str, ...] | None:
    """Names of torchvision's classification networks; None where the table is not of its version.

    Examples
    --------
    >>> "googlenet" in (of_torchvision() or ["googlenet"])
    True
    """
    return tuple(_table()["torchvision"]) if _table() else None


def of_timm() -> tuple[str, ...] | None:
    """Names of timm's networks, without prefix; None where the table is not of its version."""
    return tuple(_table()["timm"]) if _table() else None


def built_in(name: str) -> tuple[str, ...] | None:
    """Tags of the blueprints of `name` that are a part of vizkit; None if the table has none."""
    found: tuple[str, ...] | None = None
    if name in _table().get("vizkit", {}):
        found = tuple(_table()["vizkit"][name])
    return found


def weights_of_torchvision(name: str) -> WeightsFile | None:
    """File of the weights ``imagenet`` of one of torchvision's networks."""
    return _file(_table()["torchvision"][name])


def weights_of_ours(name: str, tag: str) -> WeightsFile | None:
    """File of the weights that are a part of vizkit's own blueprints; None where there is none."""
    return _file(_table()["vizkit"][name][tag])


def _file(row: dict[str, Any] | None) -> WeightsFile | None:
    if row is None:
        return None
    road: Url | Wheel | Packaged = Packaged()
    if "url" in row:
        road = Url(row["url"])
    elif "wheel" in row:
        road = Wheel(*row["wheel"])
    return WeightsFile(row["file"], row["sha256"], row["origin"], road)


@cache
def layers(source: str) -> tuple[LayerInfo, ...] | None:
    """Layers of a published network, ``"vgg16@hed"``, or None where there is no table of it.

    Examples
    --------
    >>> [layer.public_name for layer in layers("alexnet@imagenet") if layer.published]
    ['conv1', 'conv2', 'conv3', 'conv4', 'conv5']
    """
    file = json.loads(_text("layers.json")).get(source)
    if file is None:
        return None
    return tuple(
        LayerInfo(
            name=name,
            aliases=tuple(aliases),
            op=op,
            channels=shape[0],
            shape=tuple(shape),
            calls=calls,
            activation=activation,
            branches=tuple(Branch(*branch) for branch in branches),
            published=bool(published),
        )
        for name, aliases, op, shape, calls, activation, branches, published in map(
            json.loads, _text(file).splitlines()
        )
    )


def _text(file: str) -> str:
    return resources.files(__name__).joinpath("tables", file).read_text("utf-8")
