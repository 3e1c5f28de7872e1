"""How the fields of a network grow with depth: theoretical, effective, and of the null model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.network import Network
from vizkit.receptive_fields.effective.arguments import network_of, size_of
from vizkit.receptive_fields.effective.effective_field import (
    EffectiveField,
    Weight,
    effective_fields,
)
from vizkit.receptive_fields.effective.null_model import NullField, null_fields


@dataclass(frozen=True, eq=False)
class LayerGrowth:
    """The fields of the middle units of one layer, at the same positions and input size."""

    effective: EffectiveField
    null: NullField

    @property
    def layer(self) -> str:
        """Public name of the layer."""
        return self.effective.layer

    def __repr__(self) -> str:
        return (
            f"<LayerGrowth {self.layer}: effective {self.effective.size:.1f} px of {self.theory:g}>"
        )

    @property
    def theory(self) -> float:
        """Side in pixels of a square as large as the whole theoretical field."""
        return math.sqrt(self.effective.field[0] * self.effective.field[1])

    @property
    def whole(self) -> bool:
        """True when the border of the input cuts nothing off."""
        return self.effective.visible == 1

    def as_dict(self) -> dict[str, Any]:
        """Plain data; lengths in pixels of the input."""
        return {
            "layer": self.layer,
            "field": list(self.effective.field),
            "visible": self.effective.visible,
            "effective_size": self.effective.size,
            "effective_ratio": self.effective.ratio,
            "mass_50": self.effective.mass(0.5),
            "mass_95": self.effective.mass(0.95),
            "sigma": list(self.effective.sigma),
            "shift": list(self.effective.shift),
            "gaussian_sigma": list(self.effective.fit.sigma),
            "gaussian_r2": self.effective.fit.r2,
            "gaussian_outside": self.effective.fit.outside,
            "null_size": self.null.size,
            "null_mass_95": self.null.mass(0.95),
            "null_sigma": list(self.null.sigma),
            "null_inside": self.null.inside,
        }


@dataclass(frozen=True, eq=False)
class Growth:
    """Fields of the layers of one network, from the input on.

    Attributes
    ----------
    network : name and weights tag.
    random : True when the weights were never trained.
    input_size : (height, width) of the images in pixels.
    layers : in forward order.
    """

    network: str
    random: bool
    input_size: tuple[int, int]
    layers: tuple[LayerGrowth, ...]

    def __repr__(self) -> str:
        return f"<Growth {self.network}: {len(self.layers)} layers, log-log slope {self.slope:.2f}>"

    @property
    def slope(self) -> float:
        """Slope of the effective over the theoretical size, both in logarithms.

        The effective size is the side of the square with 95 % of the mass. Of the layers whose
        fields lie within the input; NaN with fewer than two of them. A chain of equal convolutions
        without any preference tends to 1/2, strides raise it towards 1.
        """
        return loglog_slope([(each.theory, each.effective.mass(0.95)) for each in self._whole()])

    @property
    def null_slope(self) -> float:
        """The same slope of the null model."""
        return loglog_slope([(each.theory, each.null.mass(0.95)) for each in self._whole()])

    def _whole(self) -> list[LayerGrowth]:
        return [each for each in self.layers if each.whole]


def growth(
    network: str | Network,
    layers: Sequence[str] | None = None,
    images: ImageSource = "photographs",
    *,
    weight: Weight = "energy",
    input_size: int | Sequence[int] | None = None,
) -> Growth:
    """Theoretical, effective and null fields of `layers` of `network`, of their middle units.

    To see what training did, hold it against the same network with other weights, for example
    ``growth(vizkit.load("vgg16@random"))``.

    Parameters
    ----------
    network : or its name, such as ``"googlenet@distilled"``.
    layers : module paths or aliases; by default the layers that the network shows.
    images, input_size : as for `effective_field`.
    weight : by default the energy, for which random weights are expected to follow the null model;
        magnitudes spread wider, a Gaussian's by the root of 2.

    Raises
    ------
    UsageError : no layers.

    Examples
    --------
    >>> import vizkit
    >>> found = growth(vizkit.load("lenet5"), ["c1", "c3"], "noise")
    >>> [(each.layer, each.theory) for each in found.layers]
    [('c1', 5.0), ('c3', 14.0)]
    """
    network = network_of(network)
    names = list(network.default_layers() if layers is None else layers)
    if not names:
        raise UsageError(f"no layers of {network.name} were given.\n  Name one or more.")
    order = [layer.name for layer in network.layers]
    names.sort(key=lambda name: order.index(network.layer(name).name))
    middles = dict.fromkeys(names)
    measured = effective_fields(
        network, middles, images, weight=weight, input_size=size_of(input_size)
    )
    size = measured[names[0]].input_size
    nulls = null_fields(
        network, {name: measured[name].positions for name in names}, input_size=size
    )
    rows = tuple(LayerGrowth(measured[name], nulls[name]) for name in names)
    return Growth(network.source, network.weights.random, size, rows)


def loglog_slope(points: Sequence[tuple[float, float]]) -> float:
    """Slope of the least-squares line through the logarithms of (x, y); NaN below two places.

    Examples
    --------
    >>> loglog_slope([(1, 3), (4, 6), (9, 9)])
    0.5
    """
    xs = [math.log(x) for x, _ in points]
    ys = [math.log(y) for _, y in points]
    if len(set(xs)) < 2:
        return math.nan
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    over = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return over / sum((x - x_mean) ** 2 for x in xs)
