"""The units of a layer as points of the image, and how to read its map between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.networks.network import Network
from vizkit.probing.equivariance.motion import snapped
from vizkit.receptive_fields import LayerField, receptive_field


@dataclass(frozen=True, eq=False)
class UnitGrid:
    """Units of a layer's map in the image.

    Attributes
    ----------
    size : (height, width) of the map.
    stride : (y, x), in pixels from one unit to the next.
    center : middle of the field of unit (0, 0), in pixels; between two pixels for even fields.
    boxes : first and last pixel that the rows, and the columns, of units see, clipped to the image.
    interior : units that no padding can reach, boolean, height x width.
    """

    size: tuple[int, int]
    stride: tuple[int, int]
    center: Tensor
    boxes: tuple[Tensor, Tensor]
    interior: Tensor

    @classmethod
    def of(cls, field: LayerField, input_size: tuple[int, int]) -> UnitGrid | None:
        """Grid of a layer; None where its units have no places in the image."""
        if field.map_axes != (1, 2, 3):
            return None
        center, boxes, strides, inside = [], [], [], []
        for axis in (0, 1):
            size, stride, padding = field.size[axis], field.stride[axis], field.padding[axis]
            if size is None or padding is None or not stride:
                return None
            lines, last = field.shape[1 + axis], input_size[axis] - 1
            start = torch.arange(lines) * stride - padding
            center.append((size - 1) / 2 - padding)
            strides.append(stride)
            boxes.append(torch.stack([start, start + size - 1], 1).clamp(0, last))
            free, bounds = torch.zeros(lines, dtype=torch.bool), field.interior[axis]
            if bounds is not None:
                free[bounds[0] : bounds[1] + 1] = True
            inside.append(free)
        return cls(
            (field.shape[1], field.shape[2]),
            (strides[0], strides[1]),
            torch.tensor(center, dtype=torch.float64),
            (boxes[0], boxes[1]),
            inside[0][:, None] & inside[1],
        )

    def places(self) -> Tensor:
        """Middles of the units' fields in the image, height x width x 2."""
        axes = [
            center + stride * torch.arange(side, dtype=torch.float64)
            for center, stride, side in zip(self.center, self.stride, self.size, strict=True)
        ]
        return torch.stack(torch.meshgrid(*axes, indexing="ij"), 2)

    def indices(self, places: Tensor) -> Tensor:
        """Row and column, with fractions, of places in the image."""
        return snapped((places - self.center) / torch.tensor(self.stride, dtype=torch.float64))

    def seeing_only(self, valid: Tensor) -> Tensor:
        """Units all of whose pixels are `valid`, boolean, height x width."""
        count = torch.zeros(valid.shape[0] + 1, valid.shape[1] + 1, dtype=torch.long)
        count[1:, 1:] = (~valid).long().cumsum(0).cumsum(1)
        (top, bottom), (left, right) = (box.T for box in self.boxes)
        rows = count[bottom + 1] - count[top]
        return (rows[:, right + 1] - rows[:, left]) == 0


def unit_grids(
    network: Network, names: Sequence[str], window: tuple[int, int]
) -> dict[str, UnitGrid | None]:
    """Grids of the layers `names` for inputs of `window`; None where units have no places."""
    fields = receptive_field(network, (network.input_channels, *window))
    return {name: UnitGrid.of(fields[name], window) for name in names}


def is_on_grid(indices: Tensor) -> bool:
    """Whether `indices` name units and nothing between them."""
    return bool((indices == indices.round()).all())


def within(indices: Tensor, size: tuple[int, int]) -> Tensor:
    """Indices that lie in a map of `size`, boolean, height x width."""
    last = torch.tensor(size, dtype=torch.float64) - 1
    return ((indices >= 0) & (indices <= last)).all(-1)


def read(maps: Tensor, indices: Tensor) -> Tensor:
    """Maps, ... h w, at `indices`, H x W x 2: exact at units, bilinear between them.

    What lies beyond the map is read at its border; see `within`.

    Examples
    --------
    >>> read(torch.tensor([[0.0, 10.0]]), torch.tensor([[[0.0, 1.0], [0.0, 0.25]]]))
    tensor([[10.0000,  2.5000]])
    """
    height, width = maps.shape[-2:]
    last = torch.tensor([height - 1, width - 1], dtype=indices.dtype)
    indices = torch.minimum(indices.clamp(min=0), last)
    low = indices.floor().long()
    high = torch.minimum(low + 1, last.long())
    flat = maps.flatten(-2)

    def at(y: Tensor, x: Tensor) -> Tensor:
        return flat[..., (y * width + x).to(maps.device)]

    (y0, x0), (y1, x1) = low.unbind(-1), high.unbind(-1)
    fraction = (indices - low).to(maps.device, maps.dtype)
    if not fraction.any():
        return at(y0, x0)
    down, right = fraction.unbind(-1)
    upper = torch.lerp(at(y0, x0), at(y0, x1), right)
    lower = torch.lerp(at(y1, x0), at(y1, x1), right)
    return torch.lerp(upper, lower, down)
