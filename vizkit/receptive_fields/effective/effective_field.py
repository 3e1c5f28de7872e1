"""The effective receptive field: how much each pixel of the field matters to a unit.

Measured by gradients of the unmodified network, on images, in the frame of the unit's own field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.errors import FieldError, UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given, given_network
from vizkit.networks.network import Network, WeightsRecord
from vizkit.progress import OnProgress, Progress
from vizkit.receptive_fields.effective.density import Density, mean_density
from vizkit.receptive_fields.effective.units import (
    as_maps,
    check_units,
    size_of,
    theoretical_boxes,
)
from vizkit.result import Result
from vizkit.unit import Position

Weight = Literal["magnitude", "energy"]
_BATCH = 4
"""Images in one pass; VGG16 keeps 200 MB per image for its gradients."""


@dataclass(frozen=True, eq=False, repr=False)
class EffectiveField(Density, Result):
    """Mean sensitivity of units of one layer to the pixels of their field.

    Attributes
    ----------
    network, layer : names, as in an address.
    weights : where the network's weights come from.
    weight : ``"magnitude"`` of the gradient, or its ``"energy"`` (square).
    images : number of images.
    input_size : (height, width) of the images in pixels.
    positions : (y, x) of the units in the layer's map.
    silent : number of gradients that were zero, and left out.
    """

    plot = "field_map"

    network: str
    layer: str
    weights: WeightsRecord
    weight: Weight
    images: int
    input_size: tuple[int, int]
    positions: tuple[Position, ...]
    silent: int

    @property
    def random(self) -> bool:
        """True when the weights were never trained."""
        return self.weights.random

    def __repr__(self) -> str:
        height, width = self.field
        badge = ", RANDOM WEIGHTS" if self.random else ""
        return (
            f"<EffectiveField {self.network}/{self.layer}: effective {self.size:.1f} px of "
            f"{height} x {width}, {self.images} images{badge}>"
        )

    def __str__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        head = f"{self.network}/{self.layer}, {self.weight} on {self.images} images{badge}"
        return f"{head}\n{self.table()}"

    def as_dict(self) -> dict[str, Any]:
        """Whose field it is, how it was measured, and its measures in pixels."""
        return {
            "network": self.network,
            "layer": self.layer,
            "random": self.random,
            "weight": self.weight,
            "images": self.images,
            "input": list(self.input_size),
            "positions": [list(position) for position in self.positions],
            "silent": self.silent,
            **self.measures(),
        }


def effective_field(
    network: Given,
    layer: str,
    *,
    images: ImageSource = "photographs",
    channels: Sequence[int] | None = None,
    positions: Sequence[Position] | None = None,
    weight: Weight = "magnitude",
    input_size: int | Sequence[int] | None = None,
    progress: OnProgress | None = None,
) -> EffectiveField:
    """Effective receptive field of units of `layer`, averaged over images and units.

    The gradient of the units by the image, its magnitude (or square) averaged over the color
    channels and divided by its sum for each image, so that no image outweighs another. Several
    channels are added up with random signs, other ones for each image: their gradients then do not
    cancel, and the expected square is the sum of the channels' own squares. One backward pass per
    batch serves them all. Positions and images take turns, and every unit's gradient is laid into
    the frame of that unit's own field.

    Parameters
    ----------
    network : a name such as ``"googlenet@distilled"``, what `vizkit.load` returned, or a module;
        never changed, not even gradients are left in its parameters.
    layer : module path or alias.
    images : ``"photographs"`` (eight that scikit-image brings along), ``"noise"``, or a tensor,
        B C H W in [0, 1].
    channels : by default all.
    positions : (y, x) in the layer's map; by default the one, two or four units in the middle, far
        from the border. At the border `shift` and `fit` tell how much is cut off.
    weight : ``"magnitude"`` or ``"energy"``, the square, which follows the null model's law for
        random weights.
    input_size : side or (height, width) of the images of a set; by default the network's own.
    progress : told how many images are done.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError : the network has no such layer or units.
    UsageError : images or a weight that cannot be meant.
    FieldError : no image moves the units, or a gradient is not finite.

    Examples
    --------
    >>> field = effective_field("lenet5", "c3", images="noise")
    >>> field.field, field.map.shape, field.mass(1.0), field.random
    ((14, 14), torch.Size([14, 14]), 14.0, False)
    """
    return effective_fields(
        given_network(network),
        {layer: positions},
        images=images,
        channels=channels,
        weight=weight,
        input_size=input_size,
        progress=progress,
    )[layer]


def effective_fields(
    network: Network,
    layers: Mapping[str, Sequence[Position] | None],
    *,
    images: ImageSource = "photographs",
    channels: Sequence[int] | None = None,
    weight: Weight = "magnitude",
    input_size: int | Sequence[int] | None = None,
    progress: OnProgress | None = None,
) -> dict[str, EffectiveField]:
    """`effective_field` of several layers, at the given positions of each, by shared passes."""
    if weight not in ("magnitude", "energy"):
        raise UsageError(f"weight={weight!r} is unknown.\n  Give 'magnitude' or 'energy'.")
    for layer in layers:
        network.layer(layer)
    batch = network.images(images, size_of(input_size)).tensor()
    size = (batch.shape[2], batch.shape[3])
    power = 1 if weight == "magnitude" else 2
    maps: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    used: dict[str, list[Position]] = {layer: [] for layer in layers}
    silent = dict.fromkeys(layers, 0)
    for layer, place, gradient in _gradients(network, layers, channels, batch, progress):
        total = gradient.abs().pow(power).mean(0)
        total = total / total.sum() if float(total.sum()) > 0 else total
        if not bool(total.isfinite().all()):
            raise FieldError(
                f"the gradient of {layer} of {network.name} is not finite.\n"
                "  Check the weights, and that the images are in [0, 1]."
            )
        if bool(total.any()):
            maps[layer].append(total)
            used[layer].append(place)
        else:
            silent[layer] += 1
    for layer in layers:
        if not maps[layer]:
            raise FieldError(
                f"no image moves {layer} of {network.name}: all gradients are zero.\n"
                "  Give other images, or other channels."
            )
    places = {layer: tuple(dict.fromkeys(used[layer])) for layer in layers}
    boxes = theoretical_boxes(network, places, size, channels)
    fields = {}
    for layer in layers:
        by_place = dict(zip(places[layer], boxes[layer], strict=True))
        mean = mean_density(maps[layer], [by_place[place] for place in used[layer]])
        fields[layer] = EffectiveField(
            **vars(mean),
            network=network.source,
            layer=network.layer(layer).public_name,
            weights=network.weights,
            weight=weight,
            images=len(batch),
            input_size=size,
            positions=places[layer],
            silent=silent[layer],
        )
    return fields


def _gradients(
    network: Network,
    layers: Mapping[str, Sequence[Position] | None],
    channels: Sequence[int] | None,
    images: Tensor,
    progress: OnProgress | None,
) -> Iterator[tuple[str, Position, Tensor]]:
    """Layer, position and gradient, C H W, float64, of every turn of an image and a position."""
    generators = {layer: torch.Generator().manual_seed(0) for layer in layers}
    first = 0
    for part in torch.split(images, _BATCH):
        acts = capture(network, list(layers))
        shown = part.clone().requires_grad_()
        with torch.enable_grad(), acts:
            network(shown)
        for layer, positions in layers.items():
            maps = as_maps(acts[layer])
            units, places = check_units(network, layer, maps, channels, positions)
            numbers = torch.arange(first, first + len(part))
            # More positions than images: the images come round again.
            for turn in range(-(-len(places) // len(images))):
                chosen = [places[(int(n) + turn * len(images)) % len(places)] for n in numbers]
                shape = (len(part), len(units))
                signs = torch.randint(0, 2, shape, generator=generators[layer]) * 2 - 1
                rows = torch.tensor([y for y, _ in chosen])[:, None]
                columns = torch.tensor([x for _, x in chosen])[:, None]
                image = torch.arange(len(part))[:, None]
                with torch.enable_grad():
                    picked = maps[image, torch.tensor(units)[None, :], rows, columns]
                    total = (picked * signs.to(maps)).sum()
                gradient = torch.autograd.grad(total, shown, retain_graph=True)[0]
                yield from (
                    (layer, place, gradients)
                    for place, gradients in zip(chosen, gradient.double().cpu(), strict=True)
                )
        acts.clear()
        first += len(part)
        if progress is not None:
            progress(Progress(first, len(images), f"fields of {network.source}"))
