"""What an objective sees: the pictures and what the network makes of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from torch import Tensor

from vizkit.rendering.silent_units import waking_relu


@dataclass(frozen=True, slots=True)
class Seen:
    """Pictures of a batch and the outputs of the layers that an objective names.

    Attributes
    ----------
    images : the pictures themselves, before any view, B C H W in [0, 1].
    outputs : by module path.
    rectified : layers whose output the network's next operation passes through a ReLU.
    sharpness : of waking, while a block wakes; else None.
    """

    images: Tensor
    outputs: Mapping[str, Tensor]
    rectified: Collection[str] = ()
    sharpness: float | None = None

    def raw(self, layer: str) -> Tensor:
        """Output of a layer, by its module path, as the network has it: B C H W or B C."""
        return self.outputs[layer]

    def __getitem__(self, layer: str) -> Tensor:
        """Response of a layer: what passes its ReLU where there is one, float32."""
        return self.response(layer, self.raw(layer))

    def response(self, layer: str, maps: Tensor) -> Tensor:
        """What passes the ReLU of a layer, if it has one, of `maps` made from its raw output.

        Cheaper than indexing where a few channels are wanted. While a block wakes, silent images
        get a gradient through it.
        """
        maps = maps.float()
        if layer not in self.rectified:
            return maps
        if self.sharpness is None:
            return maps.clamp(min=0)
        if maps.dim() == 3:
            return waking_relu(maps[:, None], self.sharpness)[:, 0]
        return waking_relu(maps, self.sharpness)
