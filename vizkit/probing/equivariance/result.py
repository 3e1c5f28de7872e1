"""Errors of equivariance of the layers of a network, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from vizkit.probing.invariance.words import number_text
from vizkit.result import Result, plain_dict
from vizkit.text import aligned

PARTS = ("padding", "interpolation", "phase", "rest")


@dataclass(frozen=True, eq=False)
class Split:
    """Parts of the squared error of equivariance, for V transforms; they sum to `total`.

    All are in units of the squared distance between two images at the same units: 0 is
    equivariance, 1 is no better than another image.

    Attributes
    ----------
    total : over all units, with `low` and `high`, its interval of 95 % from resampled images.
    padding : what the units at the border add to the error of those that no padding can reach; it
        is negative where the border is better than the interior.
    interpolation : what reading the map between its units costs, from going there and back on the
        layer's own maps, which blurs twice: a quarter of that error's square.
    phase : what disappears when the image is moved by so few pixels that the transform takes units
        to units: aliasing of the strides.
    rest : what is left; the filters themselves, or operations that know where they are.
    separable : whether `phase` could be told from `rest`; where not, it is 0.

    The parts are NaN for layers without units that padding cannot reach.
    """

    total: Tensor
    low: Tensor
    high: Tensor
    padding: Tensor
    interpolation: Tensor
    phase: Tensor
    rest: Tensor
    separable: Tensor

    @property
    def interior(self) -> Tensor:
        """Error of the units that no padding can reach."""
        return self.interpolation + self.phase + self.rest


@dataclass(frozen=True, eq=False)
class LayerEquivariance:
    """Error of equivariance of one layer, over V values of a transform.

    Attributes
    ----------
    layer : name as it was asked for.
    split : the error and its parts, V each.
    channels : error of each channel alone, V x C, over units that no padding can reach, or over
        all where the units have no places; NaN for a channel that no image moves.
    stride : (y, x) in pixels; None where units have no places in the image.
    units : units that were compared, and those of them that no padding can reach, V x 2.
    """

    layer: str
    split: Split
    channels: Tensor
    stride: tuple[int, int] | None
    units: Tensor

    def as_dict(self) -> dict[str, Any]:
        """Plain data; NaN becomes None."""
        content = {"layer": self.layer, "stride": self.stride, "units": self.units}
        return plain_dict(content | vars(self.split))


@dataclass(frozen=True, eq=False, repr=False)
class Equivariance(Result):
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
    identity : the value that changes nothing.
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
    identity: float = 0.0

    plot = "equivariance_split"

    def __getitem__(self, layer: str) -> LayerEquivariance:
        return self.layers[layer]

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        return (
            f"<Equivariance of {self.network} to {self.transform} at {len(self.values)} "
            f"values, {len(self.layers)} layer{'s'[: len(self.layers) != 1]}, {self.images} images"
            f"{badge}>"
        )

    def __str__(self) -> str:
        numbers = ("total", *PARTS)
        head = ["LAYER", f"{self.transform} [{self.unit}]", *map(str.upper, numbers)]
        rows = [
            [
                name,
                f"{value:g}",
                *(number_text(float(getattr(layer.split, part)[at]), 3) for part in numbers),
            ]
            for name, layer in self.layers.items()
            for at, value in enumerate(self.values)
        ]
        return f"{repr(self)[1:-1]}\n{aligned([head, *rows], range(1, len(head)))}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data; NaN becomes None."""
        return {
            "network": self.network,
            "random": self.random,
            "family": self.transform,
            "unit": self.unit,
            "parameter": list(self.values),
            "floor": list(self.floor),
            "images": self.images,
            "layers": [layer.as_dict() for layer in self.layers.values()],
        }
