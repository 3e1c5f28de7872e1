"""What a gallery run has to do: pure data, ordered, the same for whoever computes it.

A plan is written to ``plan.json`` before any work, and everything later (resume, shards, status,
the site) reads it from there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from vizkit.address import escape_layer
from vizkit.layer_info import Branch, LayerInfo

SCHEMA = 2

Scope = Literal["block", "layer", "network"]
"""What is computed at one go: a block of units, all of a layer, or all of the network's layers."""


@dataclass(frozen=True, slots=True)
class PlannedLayer:
    """A layer with the channels that the gallery shows.

    Attributes
    ----------
    name : public name, the literature's alias where there is one; names the folder and addresses.
    module : module path.
    op : class of the module.
    shape : (C, H, W) or (C,) at the network's own input size.
    channels : channel numbers to show, ascending.
    block_size : units rendered together.
    canvas : (height, width) of the pictures in pixels.
    extent : (height, width) in input pixels of what one unit sees, as if the input had no borders;
        None when it could not be calculated.
    covers : True when a unit in the middle sees the whole input.
    studies : names of the studies, in order.
    aliases : further names of the layer.
    branches : (module path, start, stop) of each branch of a concatenated block.
    labels : class names by channel, for logits.
    recipe : hyperparameters of the layer's pictures, with nothing left to choose.
    """

    name: str
    module: str
    op: str
    shape: tuple[int, ...]
    channels: tuple[int, ...]
    block_size: int
    canvas: tuple[int, int]
    extent: tuple[int, int] | None
    covers: bool
    studies: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    branches: tuple[tuple[str, int, int], ...] = ()
    labels: dict[int, str] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)

    def info(self) -> LayerInfo:
        """The layer as the network had it."""
        aliases = tuple(
            dict.fromkeys(name for name in (self.name, *self.aliases) if name != self.module)
        )
        branches = tuple(Branch(*branch) for branch in self.branches)
        channels = self.shape[0]
        return LayerInfo(self.module, aliases, self.op, channels, self.shape, branches=branches)


@dataclass(frozen=True, slots=True)
class PlannedNetwork:
    """The network of a plan, with the facts that every picture of it must carry.

    Attributes
    ----------
    name, weights : together the source, ``vgg16@hed``.
    sha256, origin, random : of the weights record.
    weights_file : True when the weights came from ``--weights FILE``.
    input : (C, H, W).
    preprocessing : mean, std, scale and channel order, as stated in the record.
    """

    name: str
    weights: str
    sha256: str
    origin: str
    random: bool
    weights_file: bool
    input: tuple[int, int, int]
    preprocessing: dict[str, Any]

    @property
    def source(self) -> str:
        """Network and weights tag, e.g. ``"vgg16@hed"``."""
        return f"{self.name}@{self.weights}"


@dataclass(frozen=True, slots=True)
class PlannedStudy:
    """A study as one network's plan has it, so that its records can be judged without it.

    Attributes
    ----------
    scope : what is computed at one go.
    depends : names of attributes of the plan or of its layers that the records depend on too.
    options : what the user asked of the study.
    settings : what the study made of that; plain data.
    """

    scope: Scope = "block"
    depends: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a run of one network has to do, in order.

    Attributes
    ----------
    network : the network and its weights.
    recipe : hyperparameters that were asked for; None what the kind of unit decides.
    seed : the user's seed.
    layers : in forward order.
    vizkit, torch : versions that the plan was made with.
    studies : the layers' studies by name.
    considered : names of the studies that every layer was considered for, so that a study that is
        added later is noticed.
    defaults : module paths of the layers that the network shows by default, planned or not.
    """

    network: PlannedNetwork
    recipe: dict[str, Any]
    seed: int
    layers: tuple[PlannedLayer, ...]
    vizkit: str
    torch: str
    schema: int = SCHEMA
    studies: dict[str, PlannedStudy] = field(default_factory=dict)
    considered: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()

    def layer(self, name: str) -> PlannedLayer:
        """Layer of that public name."""
        return next(layer for layer in self.layers if layer.name == name)

    def address(self, layer: PlannedLayer, channel: int) -> str:
        """Address of a unit of the plan."""
        return f"{self.network.source}/{escape_layer(layer.name)}:{channel}"

    def fingerprint(self, layer: PlannedLayer, study: str) -> str:
        """Hash of all that records of a study of `layer` depend on, the channels excepted."""
        planned = self.studies[study]
        further = {
            name: getattr(layer if hasattr(layer, name) else self, name) for name in planned.depends
        }
        depends = {
            "network": asdict(self.network),
            "module": layer.module,
            "study": study,
            "settings": planned.settings,
            "further": further,
            "versions": [self.vizkit, self.torch],
        }
        return hashlib.sha256(to_json(depends).encode()).hexdigest()[:16]


def to_json(data: Any) -> str:
    """JSON text with a fixed layout, so that equal data are equal bytes."""
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def plan_from_json(data: dict[str, Any]) -> Plan:
    """Plan from the parsed contents of ``plan.json``."""
    layers = []
    for layer in map(_with_tuples, data["layers"]):
        labels = {int(channel): label for channel, label in layer["labels"].items()}
        layers.append(PlannedLayer(**{**layer, "labels": labels}))
    studies = {name: PlannedStudy(**_with_tuples(study)) for name, study in data["studies"].items()}
    if unplanned := {name for layer in layers for name in layer.studies} - studies.keys():
        raise KeyError(*unplanned)
    network = PlannedNetwork(**_with_tuples(data["network"]))
    rest = {"network": network, "layers": tuple(layers), "studies": studies}
    return Plan(**_with_tuples(data) | rest)


def _with_tuples(data: dict[str, Any]) -> dict[str, Any]:
    """`data` with tuples for its lists, as our classes have them; dictionaries are left alone."""

    def frozen(value: Any) -> Any:
        return tuple(map(frozen, value)) if isinstance(value, list) else value

    return {name: frozen(value) for name, value in data.items()}
