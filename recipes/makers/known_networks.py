"""Make the tables of what is known of networks by their names, vizkit/networks/known/tables.

    python recipes/makers/known_networks.py

They are of the installed torchvision and timm. Make them again when these are updated, and when one
of our own networks, or what is told of a layer, changes; the tests compare them with the networks.
"""

from __future__ import annotations

import json
from dataclasses import astuple
from importlib import metadata
from pathlib import Path
from typing import Any

import timm

from vizkit.files import write_text
from vizkit.layer_info import LayerInfo
from vizkit.networks import registry, torchvision_networks
from vizkit.networks.outline import layers_of
from vizkit.networks.weights.sources import Packaged, Url, WeightsFile, Wheel

TABLES = Path(__file__).parents[2] / "vizkit" / "networks" / "known" / "tables"
MOST_ASKED = (
    *("alexnet", "googlenet", "inception_v3", "squeezenet1_0", "squeezenet1_1", "densenet121"),
    *(f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")),
    *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152)),
    *("mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0"),
    *("shufflenet_v2_x1_0", "mnasnet1_0", "convnext_tiny"),
)
"""Those of torchvision whose layers are kept; all of them would take 2 MB."""


def networks() -> dict[str, Any]:
    """Names, tags and weights files of all networks."""
    ours = [name for name in registry.NETWORKS if registry.NETWORKS.is_built_in(name)]
    return {
        "versions": {name: metadata.version(name) for name in ("torchvision", "timm")},
        "vizkit": {
            name: {plan.tag: weights(plan.weights) for plan in registry.NETWORKS[name]}
            for name in ours
        },
        "torchvision": {
            name: weights(torchvision_networks.blueprint(name, "imagenet").weights)
            for name in torchvision_networks.listed()
        },
        "timm": timm.list_models(),
    }


def weights(file: WeightsFile | None) -> dict[str, Any] | None:
    """File and road as plain data; what converts a wheel's member is left out."""
    if file is None:
        return None
    road = file.road
    return {
        **{"file": file.file, "sha256": file.sha256, "origin": file.origin},
        **({"url": road.url} if isinstance(road, Url) else {}),
        **({"wheel": astuple(road)[:6]} if isinstance(road, Wheel) else {}),
        **({"packaged": True} if isinstance(road, Packaged) else {}),
    }


def layers() -> dict[str, str]:
    """Text of each file of layers, and of ``layers.json``, which says whose they are."""
    texts: dict[str, str] = {}
    files: dict[str, str] = {}
    ours = [name for name in registry.NETWORKS if registry.NETWORKS.is_built_in(name)]
    for name in sorted({*ours, *MOST_ASKED}):
        for tag in registry.tags(name):
            text = "".join(f"{row(layer)}\n" for layer in layers_of(f"{name}@{tag}"))
            file = next((each for each, known in texts.items() if known == text), None)
            if file is None:
                file = f"{name}-{tag}.jsonl" if f"{name}.jsonl" in texts else f"{name}.jsonl"
            texts[file] = text
            files[f"{name}@{tag}"] = file
    return texts | {"layers.json": to_json(files)}


def row(layer: LayerInfo) -> str:
    """A layer as a line of JSON."""
    branches = [[each.name, each.start, each.stop] for each in layer.branches]
    values = (layer.name, layer.aliases, layer.op, layer.shape, layer.calls, layer.activation)
    return json.dumps([*values, branches, int(layer.published)], separators=(",", ":"))


def to_json(data: Any) -> str:
    """JSON with a line for each network."""
    return json.dumps(data, indent=1) + "\n"


def main() -> None:
    """Write all tables."""
    for file, text in {"networks.json": to_json(networks()), **layers()}.items():
        write_text(TABLES / file, text)
    print(*sorted(path.name for path in TABLES.iterdir()))


if __name__ == "__main__":
    main()
