"""Equivariance of layers: f(g x) against g f(x), and what the difference is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.network import Network
from vizkit.probing.equivariance.correspondence import correspond
from vizkit.probing.equivariance.motion import Action, action_of
from vizkit.probing.equivariance.scenes import Scenes, scenes_of
from vizkit.probing.equivariance.tally import LayerEquivariance, LayerTally
from vizkit.probing.equivariance.unit_grid import unit_grids
from vizkit.probing.passes import Passes
from vizkit.transforms import Transform
from vizkit.transforms import transform as find_transform

_BATCH = 4


@dataclass(frozen=True, eq=False)
class Equivariance:
    """Errors of equivariance of the layers of a network under one transform.

    Attributes
    ----------
    network : name and weights tag; `random` is true for weights that were never trained.
    transform, unit : the transform's name and the unit of its parameter.
    values : of the parameter, V.
    layers : in the order asked for.
    floor : error of the transform itself, V: of going there and back on the images, in their
        standard deviations. It is what an identity network shows.
    images : number of images.
    passes : number of images that went through the network.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    network: str
    random: bool
    transform: str
    unit: str
    values: tuple[float, ...]
    layers: Mapping[str, LayerEquivariance]
    floor: tuple[float, ...]
    images: int
    passes: int
    skipped: tuple[tuple[str, str], ...] = ()

    def __getitem__(self, layer: str) -> LayerEquivariance:
        return self.layers[layer]

    def as_dict(self) -> dict[str, Any]:
        """Plain data; NaN becomes None."""
        parts = ("total", "low", "high", "padding", "interpolation", "phase", "rest", "separable")
        return {
            "network": self.network,
            "family": self.transform,
            "unit": self.unit,
            "parameter": list(self.values),
            "floor": list(self.floor),
            "images": self.images,
            "layers": [
                {
                    "layer": each.layer,
                    "stride": None if each.stride is None else list(each.stride),
                    "units": each.units.tolist(),
                    **{name: _plain(getattr(each.split, name)) for name in parts},
                }
                for each in self.layers.values()
            ],
        }


def equivariance(
    network: Network | nn.Module,
    layers: str | Iterable[str] | None = None,
    transform: str | Transform = "translation",
    values: Sequence[float] | None = None,
    images: ImageSource = "photographs",
    *,
    input_size: tuple[int, int] | None = None,
    after_activation: bool = False,
) -> Equivariance:
    """Error of equivariance of each layer, f(g x) against g f(x), split into its causes.

    The images are transformed as scenes that are larger than what the network sees, so that what
    comes in is more of the image. A layer's map is moved as the middles of its units' receptive
    fields are. Transforms that move no pixel, such as brightness, should change nothing: there the
    error is that of invariance.

    Parameters
    ----------
    layers : names or aliases; by default the layers that the network shows.
    transform : name or instance of a transform. Crops are shifts here, because the scene
        is larger than what is seen; for circular shifts see `vizkit.probing.commuting_shifts`.
    values : of its parameter; by default the transform's own sweep.
    images : ``"photographs"``, ``"noise"``, a folder, or a tensor, B C H W in [0, 1]; two images or
        more, which are all kept in memory.
    input_size : (height, width) of what the network sees, in the middle of the images; by default
        the network's own. Images of just that size are filled with gray from outside, and units
        that see any of it are left out.
    after_activation : as for `vizkit.capture`.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or transform.
    UsageError : a value that is not allowed, or images that cannot be used.

    Examples
    --------
    >>> import torch
    >>> net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU())
    >>> images = torch.rand(3, 1, 20, 20)
    >>> found = equivariance(net, "1", "shift_x", (0, 3), images, input_size=(14, 14))
    >>> found["1"].split.rest.tolist(), bool(found["1"].split.padding[1] > 0)
    ([0.0, 0.0], True)
    """
    chosen = find_transform(transform)
    swept = tuple(chosen.values if values is None else map(float, values))
    if not swept:
        raise UsageError(f"no values of {chosen.name} were given.\n  Give one or more.")
    names = layer_names(network, layers)
    scenes = scenes_of(network, images, input_size, room=chosen.moves)
    for value in swept:
        chosen.check(value, tuple(scenes.images.shape[1:]))
    actions = [action_of(chosen, value, scenes.size) for value in swept]
    still = action_of(chosen, chosen.identity, scenes.size)
    found, passes = measure(network, names, scenes, still, actions, after_activation)
    floor = tuple(chosen.floor(scenes.images, value) for value in swept)
    return Equivariance(
        *source_of(network),
        chosen.name,
        chosen.unit,
        swept,
        found,
        floor,
        len(scenes.images),
        passes,
        scenes.skipped,
    )


def source_of(network: Network | nn.Module) -> tuple[str, bool]:
    """Name of the network, and whether its weights are known never to have been trained."""
    if isinstance(network, Network):
        return network.source, network.weights.random
    return type(network).__name__, False


def layer_names(network: Network | nn.Module, layers: str | Iterable[str] | None) -> list[str]:
    """Names of `layers`, by default those that the network shows."""
    if layers is None:
        if not isinstance(network, Network):
            raise UsageError("layers=None needs a network of vizkit.load.\n  Name the layers.")
        return list(network.default_layers())
    return [layers] if isinstance(layers, str) else list(layers)


def measure(
    network: Network | nn.Module,
    names: Sequence[str],
    scenes: Scenes,
    still: Action,
    actions: Sequence[Action],
    after_activation: bool = False,
) -> tuple[dict[str, LayerEquivariance], int]:
    """Equivariance of the layers for each action, and how many images went through the network."""
    passes = Passes(network, names, after_activation=after_activation)
    grids = unit_grids(network, names, scenes.images.shape[1], scenes.window)
    plans = [
        {name: correspond(grid, scenes, still, action) for name, grid in grids.items()}
        for action in actions
    ]
    tallies = {name: LayerTally(grids[name], len(actions)) for name in names}
    for batch in scenes.batches(_BATCH):
        before = passes.outputs(scenes.seen(still.apply(batch)))
        for number, (action, plan) in enumerate(zip(actions, plans, strict=True)):
            transformed = action.apply(batch)
            nudges = {(0, 0)} | {each.nudge for each in plan.values() if each and each.nudge}
            for nudge in sorted(nudges, key=lambda each: (each != (0, 0), each)):
                after = passes.outputs(scenes.seen(transformed, *nudge))
                for name in names:
                    tallies[name].add(number, plan[name], nudge, before[name], after[name])
    return {name: tallies[name].result(name, plans) for name in names}, passes.count


def _plain(values: Tensor) -> list[float | bool | None]:
    return [None if each != each else each for each in values.tolist()]
