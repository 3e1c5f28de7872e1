"""How the fields of a network grow with depth: theoretical, effective, and of the null model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given, given_network
from vizkit.progress import OnProgress
from vizkit.receptive_fields.effective.effective_field import (
    EffectiveField,
    Weight,
    effective_fields,
)
from vizkit.receptive_fields.effective.null_model import NullField, null_fields
from vizkit.result import Result, plain
from vizkit.text import aligned, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = ("LAYER", "THEORY", "SEEN", "95 %", "NULL 95 %", "SIGMA", "NULL SIGMA", "R2", "SHIFT")
_LEGEND = """\
In pixels. theory: side of the field; seen: its share within the input; 95 %: side of the square
with that much of the gradient; null: the same of the null model, with weights of no preference;
sigma: along x; r2: of the Gaussian fitted to the map; shift: of the center of mass from the
field's, which is the border's doing."""


@dataclass(frozen=True, eq=False, repr=False)
class LayerGrowth(Result):
    """The fields of the middle units of one layer, at the same positions and input size."""

    plot = "field_map"

    effective: EffectiveField
    null: NullField

    def __repr__(self) -> str:
        field = self.effective
        badge = ", RANDOM WEIGHTS" if field.random else ""
        return (
            f"<LayerGrowth {field.network}/{self.layer}: effective {field.size:.1f} px of "
            f"{self.theory:g}{badge}>"
        )

    def __str__(self) -> str:
        return f"{self.effective}\n{self.null}"

    def figure(self, **options: Any) -> Figure:
        """Map of the effective field, with the null model beside it."""
        return self.effective.figure(null=self.null, **options)

    @property
    def layer(self) -> str:
        """Public name of the layer."""
        return self.effective.layer

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
        names = {"size": "effective_size", "ratio": "effective_ratio"}
        measures = self.effective.measures()
        return {
            "network": self.effective.network,
            "random": self.effective.random,
            "layer": self.layer,
            **{names.get(name, name): number for name, number in measures.items()},
            "null_size": self.null.size,
            "null_mass_95": self.null.mass(0.95),
            "null_sigma": list(self.null.sigma),
            "null_inside": self.null.inside,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Growth(Result):
    """Fields of the layers of one network, from the input on.

    Attributes
    ----------
    network : name and weights tag.
    random : True when the weights were never trained.
    input_size : (height, width) of the images in pixels.
    layers : in forward order.
    """

    plot = "growth_curves"

    network: str
    random: bool
    input_size: tuple[int, int]
    layers: tuple[LayerGrowth, ...]

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        return (
            f"<Growth {self.network}: {len(self.layers)} layers, log-log slope "
            f"{self.slope:.2f}{badge}>"
        )

    def __str__(self) -> str:
        """Lengths of each layer in pixels; `SEEN` is the share of the field within the input."""
        rows: list[tuple[str, ...]] = [_COLUMNS]
        for layer in self.layers:
            field, null = layer.effective, layer.null
            lengths = (field.mass(0.95), null.mass(0.95))
            sigmas = (field.sigma[1], null.sigma[1])
            rows.append(
                (
                    *(layer.layer, f"{layer.theory:.0f}", percent(field.visible)),
                    *(f"{length:.0f}" for length in lengths),
                    *(f"{sigma:.1f}" for sigma in sigmas),
                    *(f"{field.fit.r2:.2f}", f"{max(map(abs, field.shift)):.1f}"),
                )
            )
        head = "{} at {} x {}".format(self.network, *self.input_size)
        badge = ", RANDOM WEIGHTS" if self.random else ""
        slopes = f"log-log slope {self.slope:.2f}, null model {self.null_slope:.2f}"
        return "\n".join([head + badge, aligned(rows, right=range(1, 9)), slopes, _LEGEND])

    def as_dict(self) -> dict[str, Any]:
        """Plain data; lengths in pixels of the input."""
        return {
            "network": self.network,
            "random": self.random,
            "input": list(self.input_size),
            "layers": [layer.as_dict() for layer in self.layers],
            **plain({"slope": self.slope, "null_slope": self.null_slope}),
        }

    @property
    def slope(self) -> float:
        """Slope of the effective over the theoretical size, both in logarithms.

        The effective size is the side of the square with 95 % of the mass. Of the layers whose
        fields lie within the input; NaN with fewer than two of them. A chain of equal convolutions
        without any preference tends to 1/2, strides raise it towards 1.
        """
        return loglog_slope([(layer.theory, layer.effective.mass(0.95)) for layer in self._whole()])

    @property
    def null_slope(self) -> float:
        """The same slope of the null model."""
        return loglog_slope([(layer.theory, layer.null.mass(0.95)) for layer in self._whole()])

    def _whole(self) -> list[LayerGrowth]:
        return [layer for layer in self.layers if layer.whole]


def growth(
    network: Given,
    layers: Sequence[str] | None = None,
    *,
    images: ImageSource = "photographs",
    weight: Weight = "energy",
    input_size: int | Sequence[int] | None = None,
    progress: OnProgress | None = None,
) -> Growth:
    """Theoretical, effective and null fields of `layers` of `network`, of their middle units.

    To see what training did, hold it against the same network with other weights, for example
    ``growth(vizkit.load("vgg16@random"))``.

    Parameters
    ----------
    network : a name such as ``"googlenet@distilled"``, what `vizkit.load` returned, or a module.
    layers : module paths or aliases; by default the layers that the network shows.
    images, input_size, progress : as for `effective_field`.
    weight : by default the energy, for which random weights are expected to follow the null model;
        magnitudes spread wider, a Gaussian's by the root of 2.

    Raises
    ------
    UsageError : no layers.

    Examples
    --------
    >>> fields = growth("lenet5", ["c1", "c3"], images="noise")
    >>> [(layer.layer, layer.theory) for layer in fields.layers]
    [('c1', 5.0), ('c3', 14.0)]
    """
    network = given_network(network)
    names = list(network.default_layers() if layers is None else layers)
    if not names:
        raise UsageError(f"no layers of {network.name} were given.\n  Name one or more.")
    order = [layer.name for layer in network.layers]
    names.sort(key=lambda name: order.index(network.layer(name).name))
    fields = effective_fields(
        network,
        dict.fromkeys(names),
        images=images,
        weight=weight,
        input_size=input_size,
        progress=progress,
    )
    size = fields[names[0]].input_size
    positions = {name: fields[name].positions for name in names}
    nulls = null_fields(network, positions, input_size=size)
    layers_growth = tuple(LayerGrowth(fields[name], nulls[name]) for name in names)
    return Growth(network.source, network.weights.random, size, layers_growth)


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
