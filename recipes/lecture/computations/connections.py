"""Connections between the units of layers that lie in one column, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vizkit.errors import UsageError
from vizkit.receptive_fields.network_fields import ReceptiveFields
from vizkit.receptive_fields.propagation.relations import Mask


@dataclass(frozen=True, eq=False)
class Connections:
    """Which units of one column of maps are connected, layer after layer.

    Made by `connections`. Units of the image are its pixels.

    Attributes
    ----------
    fields : the network; its maps are one unit wide.
    layers : names of the layers above the image.
    matrices : one for each layer, boolean, units of the layer by units of the layer below it.
    """

    fields: ReceptiveFields
    layers: tuple[str, ...]
    matrices: tuple[Mask, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of units in the image and in each layer."""
        return self.matrices[0].shape[1], *(len(each) for each in self.matrices)

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of connections below each layer."""
        return tuple(int(each.sum()) for each in self.matrices)

    @property
    def places(self) -> tuple[NDArray[np.float64], ...]:
        """Where the units lie along the image: in the middle of what each of them sees.

        Those of a layer that sees all of the image are spread evenly over it.
        """
        width = self.sizes[0]
        places = [np.arange(width, dtype=float)]
        for name, count in zip(self.layers, self.sizes[1:], strict=True):
            row = self.fields.layer(name)
            center, stride = row.center[0], row.stride[0]
            if center is None or stride is None:
                places.append((np.arange(count) + 0.5) * width / count - 0.5)
            else:
                places.append(float(center) + stride * np.arange(count, dtype=float))
        return tuple(places)

    def from_below(self, unit: int) -> tuple[Mask, ...]:
        """Units that the image's `unit` reaches, in the image and in each layer."""
        start = np.arange(self.sizes[0]) == unit
        reached = (
            self.fields.projective_field(layer, (unit, 0)).units[0, :, 0] for layer in self.layers
        )
        return start, *reached

    def from_above(self, unit: int) -> tuple[Mask, ...]:
        """Units that the last layer's `unit` sees, in the image and in each layer."""
        last = self.layers[-1]
        below = [self.fields, *map(self.fields.relative_to, self.layers[:-1])]
        seen = (fields.unit(last, 0, (unit, 0)).pixels[:, 0] for fields in below)
        return *seen, np.arange(self.sizes[-1]) == unit


def connections(fields: ReceptiveFields, layers: Sequence[str] | None = None) -> Connections:
    """Connections between the units of `layers`, from the image upward.

    Parameters
    ----------
    fields : of a network on a column of pixels, ``vizkit.receptive_field(net, (1, 9, 1))``.
    layers : from below; by default all layers of it, which must be a chain.

    Raises
    ------
    UsageError : a map is more than one unit wide, or has more than one channel.

    Examples
    --------
    >>> import vizkit
    >>> from torch import nn
    >>> net = nn.Sequential(nn.Conv2d(1, 1, (3, 1), padding=(1, 0)))
    >>> found = connections(vizkit.receptive_field(net, (1, 5, 1)))
    >>> found.counts, found.from_above(2)[0].nonzero()[0].tolist()
    ((13,), [1, 2, 3])
    """
    named = tuple(layers or [each.name for each in fields if each.name])
    matrices, below = [], fields
    for name in named:
        shape = fields.layer(name).shape
        if len(shape) != 3 or shape[0] != 1 or shape[2] != 1:
            raise UsageError(
                f"{name!r} gives {shape}, which is not a column of units.\n"
                "  Take one channel, and an image of one column: "
                "vizkit.receptive_field(net, (1, 9, 1))."
            )
        rows = [below.unit(name, 0, (unit, 0)).pixels[:, 0] for unit in range(shape[1])]
        matrices.append(np.array(rows))
        below = fields.relative_to(name)
    return Connections(fields, named, tuple(matrices))
