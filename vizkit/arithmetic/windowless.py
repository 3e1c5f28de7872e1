"""Layers without windows: fully connected ones see the whole volume, ReLUs one activation."""

from __future__ import annotations

from dataclasses import dataclass

from vizkit.arithmetic.formula import costs, count
from vizkit.arithmetic.layer import Layer
from vizkit.arithmetic.volume import AnyVolume, Volume
from vizkit.errors import UsageError


@dataclass(frozen=True, slots=True)
class FullyConnected:
    """A fully connected (linear, dense) layer with `units` units on the flattened volume.

    Examples
    --------
    >>> print(FullyConnected(4096).on("7x7x512").formulas["parameters"])
    (7*7*512)*4096 + 4096 = 102,764,544
    """

    units: int
    bias: bool = True

    def on(self, volume: AnyVolume) -> Layer:
        """Numbers of the layer for the input `volume`."""
        if self.units < 1:
            raise UsageError(f"units={self.units} is not allowed.\n  Give a number above zero.")
        given, units = Volume.of(volume), count("K", self.units)
        formulas = costs(given.product("H1*W1*D1"), units, units, self.units * self.bias)
        weights = given.activations * self.units
        return Layer(self, given, Volume(1, 1, self.units), formulas, weights)

    def __str__(self) -> str:
        text = f"fully connected, {self.units} unit" + "s" * (self.units > 1)
        return text if self.bias else text + ", no bias"


@dataclass(frozen=True, slots=True)
class ReLU:
    """A ReLU, or anything else that works on each activation by itself."""

    def on(self, volume: AnyVolume) -> Layer:
        """Numbers of the layer for the input `volume`."""
        given = Volume.of(volume)
        return Layer(self, given, given, {}, given.activations)

    def __str__(self) -> str:
        return "ReLU"
