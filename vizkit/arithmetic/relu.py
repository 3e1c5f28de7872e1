"""ReLU: every activation by itself."""

from __future__ import annotations

from dataclasses import dataclass

from vizkit.arithmetic.layer import Layer
from vizkit.arithmetic.volume import AnyVolume, Volume


@dataclass(frozen=True, slots=True)
class ReLU:
    """A ReLU, or anything else that works on each activation by itself."""

    def on(self, volume: AnyVolume) -> Layer:
        """Numbers of the layer for the input `volume`."""
        given = Volume.of(volume)
        return Layer(self, given, given, {}, given.activations)

    def __str__(self) -> str:
        return "ReLU"
