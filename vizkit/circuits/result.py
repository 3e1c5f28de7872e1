"""Weights between layers, as results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.layer_info import LayerInfo
from vizkit.result import Result, plain_dict
from vizkit.text import aligned
from vizkit.unit import Direction, Unit

_TOP = 8


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Kernels(Result):
    """Weights between a unit and the channels of another layer.

    Attributes
    ----------
    unit : the one.
    random : the weights were never trained.
    layer : the other layer; None is the image.
    kernels : C x H x W, a map of weights for each channel of `layer`.
    removed : activation functions and maximum poolings between, by name, with their number: the
        weights are those of the network without them.
    """

    unit: Unit | Direction
    random: bool
    layer: LayerInfo | None
    kernels: Tensor
    removed: dict[str, int]

    plot = "kernel_sheet"
    side: ClassVar[str]
    """``"upstream"`` or ``"downstream"``."""
    _joint: ClassVar[str]

    @property
    def layer_name(self) -> str:
        """Name of the other layer, ``"input"`` for the image."""
        return "input" if self.layer is None else self.layer.public_name

    @property
    def totals(self) -> Tensor:
        """Sum of each kernel, C: the effect of a map that is 1 everywhere."""
        return self.kernels.flatten(1).sum(1)

    @property
    def norms(self) -> Tensor:
        """Euclidean norm of each kernel, C."""
        return self.kernels.flatten(1).square().sum(1).sqrt()

    def strongest(self, count: int = _TOP, *, negative: bool = False) -> list[int]:
        """At most `count` channels whose kernel has a positive sum, by norm, largest first.

        Parameters
        ----------
        negative : those with a negative sum instead.
        """
        order = self.norms.argsort(descending=True, stable=True).tolist()
        totals = -self.totals if negative else self.totals
        return [channel for channel in order if totals[channel] > 0][:count]

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        count, height, width = self.kernels.shape
        between = f"{count} kernels of {height} x {width} {self._joint} {self.layer_name}"
        return f"<{type(self).__name__} of {self.unit}: {between}{badge}>"

    def __str__(self) -> str:
        return f"{self!r}\n{self.caveat}\n\n{self.table()}"

    @property
    def caveat(self) -> str:
        """What the weights leave out, in a sentence."""
        if not self.removed:
            return "The network is linear in between: nothing is left out."
        parts = [f"{count} {name}" for name, count in self.removed.items()]
        return f"Linearized: without {', '.join(parts)} in between."

    def table(self, count: int = _TOP) -> str:
        """The strongest kernels, `count` of each sign."""
        branches = self.layer is not None and bool(self.layer.branches)
        rows = [("CHANNEL", *(["BRANCH"] if branches else []), "SUM", "NORM")]
        totals, norms = self.totals.tolist(), self.norms.tolist()
        for negative in (False, True):
            for channel in self.strongest(count, negative=negative):
                branch = self.layer and self.layer.branch_of(channel)
                rows.append(
                    (
                        f"{self.layer_name}:{channel}",
                        *([branch or ""] if branches else []),
                        f"{totals[channel]:+.3g}",
                        f"{norms[channel]:.3g}",
                    )
                )
        return aligned(rows, right=range(len(rows[0]) - 2, len(rows[0])))

    def as_dict(self) -> dict[str, Any]:
        """The strongest kernels of each sign as lists, and what was left out."""
        totals, norms = self.totals, self.norms
        channels = [*self.strongest(), *self.strongest(negative=True)]
        return plain_dict(
            {
                "address": self.unit.address,
                "layer": self.layer_name,
                "removed": self.removed,
                "channels": [
                    {
                        "channel": channel,
                        "sum": float(totals[channel]),
                        "norm": float(norms[channel]),
                        "kernel": self.kernels[channel],
                    }
                    for channel in channels
                ],
                "random": self.random,
            }
        )


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Upstream(Kernels):
    """What a unit is made of: its weights over the channels of a layer before it.

    Attributes
    ----------
    corner : (y, x) in the map of `layer` of the first row and column of `kernels`.
    offset : response where all of `layer` is 0: what biases give. None where something goes around
        `layer`, so that its channels are not all that the unit is made of.
    """

    corner: tuple[int, int]
    offset: float | None

    side = "upstream"
    _joint = "over"

    def contributions(self, values: Tensor) -> Tensor:
        """What each channel adds to the response, B x C.

        Where `removed` is empty and `offset` is a number, the sum over channels and `offset` are
        the unit's response before its activation function.

        Parameters
        ----------
        values : of `layer` after its ReLU, B x C x H x W or B x C, as `vizkit.capture` gives them;
            of the image, B x C x H x W in [0, 1].

        Raises
        ------
        UsageError : values of another shape than the layer's.

        Examples
        --------
        >>> import torch, vizkit
        >>> found = vizkit.circuits.upstream("lenet5", "c1:0")
        >>> found.contributions(torch.rand(2, 1, 32, 32)).shape
        torch.Size([2, 1])
        """
        channels, height, width = self.kernels.shape
        maps = values[..., None, None] if values.ndim == 2 else values
        y, x = self.corner
        seen = maps[..., y : y + height, x : x + width]
        if seen.ndim != 4 or seen.shape[1:] != self.kernels.shape:
            raise UsageError(
                f"values of shape {tuple(values.shape)} are not those of {self.layer_name}.\n"
                f"  Give B x {channels} x ..., as vizkit.capture does for the network's input size."
            )
        return (seen * self.kernels.to(seen)).flatten(2).sum(2)

    def as_dict(self) -> dict[str, Any]:
        """As of all kernels, with their place and what biases give."""
        return Kernels.as_dict(self) | {"corner": list(self.corner), "offset": self.offset}


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Downstream(Kernels):
    """What a channel feeds: its weights in the channels of a layer behind it.

    The kernel of channel k is what the middle neuron of k weighs the unit's own map with.
    """

    side = "downstream"
    _joint = "in"
