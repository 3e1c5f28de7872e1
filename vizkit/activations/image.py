"""What one image leaves in a network: volumes, the channels that answer it, and its classes."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vizkit.activations.hooks import capture
from vizkit.activations.kinds import is_channelwise, kind_of
from vizkit.activations.maps import map_strip
from vizkit.errors import LayerNotFoundError, UsageError, nearest
from vizkit.filenames import file_name
from vizkit.files import write_bytes, write_text
from vizkit.layer_info import LayerInfo
from vizkit.networks.given import Given, given_network
from vizkit.networks.network import Network
from vizkit.result import Result, plain
from vizkit.text import aligned, random_badge
from vizkit.unit import Unit

if TYPE_CHECKING:
    from vizkit.images.photo import Photo


@dataclass(frozen=True, slots=True)
class ChannelResponse:
    """Response of one channel to one image, after the ReLU where the layer has one.

    Attributes
    ----------
    unit : the channel.
    mean, max : over all positions.
    positive : share of the positions above zero.
    branch : branch and number in it, for a channel of a concatenated block.
    map : the response itself, H x W; 1 x N for a layer without a map.
    """

    unit: Unit
    mean: float
    max: float
    positive: float
    branch: str | None
    map: Tensor = field(repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The numbers, without the layer and the map."""
        numbers = {name: getattr(self, name) for name in ("mean", "max", "positive", "branch")}
        return {"channel": self.unit.channel, **plain(numbers)}


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Score of one class for one image: its name (None when unknown) and probability."""

    channel: int
    name: str | None
    logit: float
    probability: float


@dataclass(frozen=True, slots=True)
class LayerActivations:
    """One layer's output for one image.

    Attributes
    ----------
    layer : public name of the layer.
    kind : what it does, ``"conv"``, ``"norm, relu"``, ``"pool"``, ``"block"``, ...
    shape : of the whole output: (C, H, W), or (C,) without a map.
    strongest : the channels with the largest means, the largest first.
    channels : numbers of the channels that `maps` has: those that vary most over the positions.
    maps : the output as it is, before any later ReLU, K x H x W; K x 1 x 1 without a map.
    kept : `channels` are those of the layer before, which go through this one by one.
    """

    layer: str
    kind: str
    shape: tuple[int, ...]
    strongest: tuple[ChannelResponse, ...]
    channels: tuple[int, ...]
    maps: Tensor = field(repr=False, compare=False)
    kept: bool

    @property
    def activations(self) -> int:
        """Number of values of the whole output."""
        return prod(self.shape)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ImageActivations(Result):
    """What an image leaves in some layers of a network; its table has the strongest channels.

    Attributes
    ----------
    source : network and weights tag.
    random : the weights were never trained.
    name : of the image's file; empty where it came from none.
    image : C H W in [0, 1].
    layers : in the order asked for.
    classes : the best ones, the best first; empty without a classifier.
    """

    source: str
    random: bool
    name: str
    image: Tensor
    layers: tuple[LayerActivations, ...]
    classes: tuple[ClassScore, ...]

    plot = "activation_chart"

    def __getitem__(self, layer: str) -> LayerActivations:
        by_name = {seen.layer: seen for seen in self.layers}
        if layer not in by_name:
            hint = nearest(layer, by_name) or f"There are: {', '.join(by_name)}."
            raise LayerNotFoundError(f"{layer!r} is not one of these layers.\n  {hint}")
        return by_name[layer]

    def __repr__(self) -> str:
        of = f"{self.name or 'an image'} in {len(self.layers)} layers of {self.source}"
        return f"<ImageActivations of {of}{', RANDOM WEIGHTS' if self.random else ''}>"

    def __str__(self) -> str:
        rows = [("ADDRESS", "MEAN", "MAX", "POSITIVE", "BRANCH")]
        for response in (best for layer in self.layers for best in layer.strongest):
            share = f"{100 * response.positive:.0f} %"
            numbers = (f"{response.mean:.4g}", f"{response.max:.4g}", share)
            rows.append((response.unit.address, *numbers, response.branch or ""))
        badge = f"\n{random_badge(self.source)}" if self.random else ""
        if not self.classes:
            return f"{aligned(rows)}{badge}"
        best = [("CLASS", "NAME", "PROBABILITY")]
        best += [
            (str(score.channel), score.name or "", f"{100 * score.probability:.1f} %")
            for score in self.classes
        ]
        return f"{aligned(rows)}\n\n{aligned(best)}{badge}"

    def as_dict(self) -> dict[str, Any]:
        """The strongest channels and the best classes."""
        return {
            "image": self.name or None,
            "network": self.source,
            "random": self.random,
            "layers": [
                {
                    "name": layer.layer,
                    "channels": [best.as_dict() for best in layer.strongest],
                }
                for layer in self.layers
            ],
            "classes": [plain(asdict(score)) for score in self.classes],
        }

    def save(self, folder: Path) -> None:
        """Write ``activations.json``, and for each layer the maps of its strongest channels."""
        for layer in self.layers:
            strip = io.BytesIO()
            map_strip(self.image, [best.map for best in layer.strongest]).save(strip, "PNG")
            write_bytes(folder / f"{file_name(layer.layer)}.png", strip.getvalue())
        write_text(folder / "activations.json", json.dumps(self.as_dict(), indent=1) + "\n")


def image_activations(
    network: Given,
    layers: str | Sequence[str] | None = None,
    *,
    image: Photo,
    channels: int = 5,
    classes: int = 5,
) -> ImageActivations:
    """What `image` leaves in `layers` of a network, in one pass.

    Shown of each layer are the channels that vary most over the positions. A layer that treats
    every channel for itself (activation, normalization, pooling) and follows one with as many
    channels in `layers` shows the same channels, so that its effect is seen; the last such layer
    with positions decides.

    Parameters
    ----------
    network : a name, a network of `vizkit.load`, or a module.
    layers : names or aliases, in the order of depth; by default those that a gallery shows.
    image : a photograph, which is made to fit as by `Network.prepare`, or a tensor 1 C H W in
        [0, 1], which is taken as it is.
    channels, classes : how many of each layer, and how many classes, at most.

    Raises
    ------
    LayerNotFoundError : the network has no such layer.
    UsageError : no layer, or no photograph.

    Examples
    --------
    >>> seen = image_activations("lenet5@random", ["c1", "s2"], image=torch.rand(1, 1, 32, 32))
    >>> [(layer.layer, layer.shape) for layer in seen.layers]
    [('c1', (6, 28, 28)), ('s2', (6, 14, 14))]
    >>> seen["c1"].channels == seen["s2"].channels
    True
    """
    net = given_network(network)
    names = [layers] if isinstance(layers, str) else layers
    infos = [net.layer(name) for name in (net.default_layers() if names is None else names)]
    if not infos:
        raise UsageError("there are no layers to look at.\n  Name one layer or more.")
    whole = isinstance(image, Tensor) and image.ndim == 4
    pixels = image if isinstance(image, Tensor) and whole else net.prepare(image)
    scores = [layer.name for layer in net.layers if "logits" in {layer.name, *layer.aliases}]
    with torch.no_grad(), capture(net, [*(info.name for info in infos), *scores]) as acts:
        net(pixels)
    outputs = [
        _Output(info, kind_of(net.module.get_submodule(info.name)), acts[info.name][0])
        for info in infos
    ]
    return ImageActivations(
        net.source,
        net.weights.random,
        Path(image).name if isinstance(image, str | Path) else "",
        pixels[0],
        tuple(seen for group in _groups(outputs) for seen in _shown(net.source, group, channels)),
        _best_classes(net, acts[scores[0]][0], classes) if scores else (),
    )


@dataclass(frozen=True, slots=True)
class _Output:
    """A layer's whole output for one image."""

    layer: LayerInfo
    kind: str
    values: Tensor

    @property
    def maps(self) -> Tensor:
        """The output as maps of channels, C x H x W."""
        if self.values.ndim == 3:
            return self.values
        flat = self.values.flatten(1) if self.values.ndim > 1 else self.values.unsqueeze(1)
        return flat.unsqueeze(2)

    def strongest(self, source: str, count: int) -> tuple[ChannelResponse, ...]:
        """The `count` channels with the largest means."""
        maps = (self.maps.relu() if self.layer.activation == "relu" else self.maps).double().cpu()
        means = maps.flatten(1).mean(1)
        shape = maps.shape[1:] if self.values.ndim == 3 else (1, -1)
        return tuple(
            ChannelResponse(
                Unit(source, self.layer, channel),
                mean=float(means[channel]),
                max=float(maps[channel].max()),
                positive=float((maps[channel] > 0).double().mean()),
                branch=self.layer.branch_of(channel),
                map=maps[channel].float().reshape(shape),
            )
            for channel in means.argsort(descending=True, stable=True)[:count].tolist()
        )


def _groups(outputs: Sequence[_Output]) -> list[list[_Output]]:
    """Runs of layers that show the same channels."""
    groups: list[list[_Output]] = []
    for output in outputs:
        if groups and is_channelwise(output.kind) and len(groups[-1][0].maps) == len(output.maps):
            groups[-1].append(output)
        else:
            groups.append([output])
    return groups


def _shown(source: str, group: Sequence[_Output], count: int) -> list[LayerActivations]:
    """What is kept of layers that show the same channels."""
    maps = [output.maps.float().cpu() for output in group]
    placed = [values for values in maps if values[0].numel() > 1]
    spread = placed[-1].flatten(1).double().std(1) if placed else maps[-1].flatten()
    chosen = spread.argsort(descending=True, stable=True)[:count].tolist()
    return [
        LayerActivations(
            output.layer.public_name,
            output.kind,
            tuple(output.values.shape),
            output.strongest(source, count),
            tuple(chosen),
            shown[chosen],
            kept=place > 0,
        )
        for place, (output, shown) in enumerate(zip(group, maps, strict=True))
    ]


def _best_classes(network: Network, scores: Tensor, count: int) -> tuple[ClassScore, ...]:
    """Classes with the largest logits."""
    logits = scores.flatten().double().cpu()
    probabilities = logits.softmax(0)
    return tuple(
        ClassScore(
            channel,
            None if network.classes is None else network.classes[channel],
            logit=float(logits[channel]),
            probability=float(probabilities[channel]),
        )
        for channel in logits.argsort(descending=True, stable=True)[:count].tolist()
    )
