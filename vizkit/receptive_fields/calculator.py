"""The receptive fields of all layers of a network, calculated from one pass of shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from vizkit.address import parse_address
from vizkit.errors import LayerNotFoundError, UnitNotFoundError, UsageError, nearest
from vizkit.receptive_fields.layer_field import LayerField
from vizkit.receptive_fields.middle import middle_of_map, middle_position
from vizkit.receptive_fields.propagation.graph import Graph, Value
from vizkit.receptive_fields.propagation.lowering import Lowered
from vizkit.receptive_fields.propagation.propagate import (
    Propagation,
    propagate,
    reached_from,
    seen_by,
)
from vizkit.receptive_fields.propagation.relations import Mask
from vizkit.receptive_fields.unit_field import Box, ProjectiveField, UnitField
from vizkit.text import aligned


@dataclass(frozen=True, eq=False, repr=False)
class ReceptiveFields:
    """What every unit of every layer of a network can see.

    Iterating gives the layers in forward order, functions and containers included.

    Attributes
    ----------
    network : name of the network.
    input_size : (height, width) of the image.
    parameters : number of parameters of the network.
    source : name of the layer whose units are seen; empty for the image.
    """

    network: str
    input_size: tuple[int, int]
    graph: Graph
    lowered: Lowered
    aliases: Mapping[str, tuple[str, ...]]
    propagation: Propagation
    parameters: int
    source: str = ""

    def __repr__(self) -> str:
        height, width = self.input_size
        seen = f", of layer {self.source}" if self.source else ""
        return f"<ReceptiveFields {self.network} at {height} x {width}, {len(self)} layers{seen}>"

    def __str__(self) -> str:
        """Name, output, size and stride of every layer, a line each."""
        rows = [
            (
                each.name or "(the network)",
                " x ".join(map(str, each.shape)),
                *(_sides(pair) for pair in (each.size, each.stride, each.padding)),
            )
            for each in self
        ]
        return "\n".join([repr(self), aligned([_COLUMNS, *rows])])

    @cached_property
    def layers(self) -> tuple[LayerField, ...]:
        """One row for each call of a module that returns a tensor, and for each function."""
        costs = np.cumsum([0, *(each.multiply_adds for each in self.graph.operations)])
        return tuple(
            LayerField(
                place,
                self.aliases.get(place.name, ()) if place.module else (),
                self.propagation,
                int(costs[place.end] - costs[place.begin]),
            )
            for place in self.graph.places
        )

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[LayerField]:
        return iter(self.layers)

    def __getitem__(self, name: str) -> LayerField:
        return self.layer(name)

    def layer(self, name: str, call: int = 1) -> LayerField:
        """Layer whose path or alias is `name`, at its first call or a later one.

        Raises
        ------
        LayerNotFoundError : there is no such layer, or it is not called so often.
        """
        found = [each for each in self.layers if name == each.name]
        found = found or [each for each in self.layers if name in each.aliases]
        if not found:
            known = [n for each in self.layers for n in (each.name, *each.aliases)]
            raise LayerNotFoundError(
                f"{name!r} is not a layer of {self.network}.\n  "
                + f"{nearest(name, known)} ".lstrip()
                + f"List all {len(self.layers)} with: vizkit rf {self.network}"
            )
        if not 1 <= call <= len(found):
            raise LayerNotFoundError(
                f"{name!r} of {self.network} is called {len(found)} times, not {call}."
            )
        return found[call - 1]

    def unit(
        self, layer: str, channel: int = 0, position: tuple[int, int] | None = None, call: int = 1
    ) -> UnitField:
        """What one unit sees.

        Parameters
        ----------
        layer : path or alias, or all of it at once: ``"inception4c:12@3,3"``.
        position : (y, x) in the layer's map; by default the unit in the middle of the image.

        Raises
        ------
        LayerNotFoundError, UnitNotFoundError : there is no such layer or unit.
        """
        row, index, channel, position = self._locate(layer, channel, position, call)
        rows, columns = (row.element(axis, index) for axis in (0, 1))
        boxes: list[Box | None] = []
        for y, x in zip(rows, columns, strict=True):
            boxes.append(None if y is None or x is None else (y[0], x[0], y[1], x[1]))
        return UnitField(row.name, channel, position, boxes[0], boxes[1])

    def pixels(
        self, layer: str, channel: int = 0, position: tuple[int, int] | None = None, call: int = 1
    ) -> Mask:
        """Exact set of what a unit sees, boolean (height, width): its box with the holes in it.

        Parameters and errors are those of `unit`.
        """
        row, index, _, _ = self._locate(layer, channel, position, call)
        height, width = (table.lines for table in self.propagation.tables)
        if row.place.value is None:
            return np.zeros((height, width), bool)
        mask = np.zeros(row.place.shape, bool)
        mask[index] = True
        (seen,) = seen_by(self.lowered, row.place.value, mask, [self.propagation.source])
        return _to_map(seen, self._source_axes)

    def density(
        self, layer: str, channel: int = 0, position: tuple[int, int] | None = None, call: int = 1
    ) -> float:
        """Share of a unit's clipped box that it really reads; below 1 where there are holes."""
        unit = self.unit(layer, channel, position, call)
        if unit.clipped is None:
            return 0.0
        y0, x0, y1, x1 = unit.clipped
        seen = self.pixels(layer, channel, position, call)[y0 : y1 + 1, x0 : x1 + 1]
        return float(seen.mean())

    def projective_field(
        self, layer: str, pixel: tuple[int, int], call: int = 1
    ) -> ProjectiveField:
        """Units of `layer` that the pixel (y, x) can change: the mirror of the receptive field.

        Raises
        ------
        LayerNotFoundError : there is no such layer.
        UnitNotFoundError : the pixel is outside the source.
        """
        row = self.layer(layer, call)
        masks = self._reached(pixel)
        number = -1 if row.place.value is None else row.place.value.number
        mask = masks.get(number, np.zeros(row.place.shape, bool))
        axes = row.map_axes
        units = mask[0] if mask.shape[:1] == (1,) else mask
        if axes is not None:
            units = mask.transpose(0, *axes)[0]
        return ProjectiveField(row.name, pixel, units)

    def relative_to(self, layer: str, call: int = 1) -> ReceptiveFields:
        """The same layers, with what they see of `layer`'s output instead of the image.

        Raises
        ------
        LayerNotFoundError : there is no such layer.
        UsageError : its output is not a map, or does not depend on the image.
        """
        row = self.layer(layer, call)
        value, axes = row.place.value, row.map_axes
        if value is None or axes is None:
            raise UsageError(
                f"{layer!r} of {self.network} gives {row.shape}, which is not a map of channels, "
                "rows and columns.\n  Name a layer before it."
            )
        propagation = propagate(self.lowered, value, (axes[1], axes[2]))
        return replace(self, propagation=propagation, source=row.name)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of its convolutions and matrix products, for one image."""
        return sum(each.multiply_adds for each in self.graph.operations)

    @property
    def activation_bytes(self) -> int:
        """Memory of all outputs together, for one image in float32."""
        sizes = {
            each.place.value.number: 4 * int(np.prod(each.place.shape))
            for each in self.layers
            if each.place.value is not None
        }
        return sum(sizes.values())

    @property
    def _source_axes(self) -> tuple[int, int]:
        rows, columns = self.propagation.fields[self.propagation.source.number].axes
        assert rows.axis is not None and columns.axis is not None
        return rows.axis, columns.axis

    def _reached(self, pixel: tuple[int, int]) -> dict[int, Mask]:
        source = self.propagation.source
        sizes = tuple(table.lines for table in self.propagation.tables)
        if len(pixel) != 2 or not all(0 <= at < n for at, n in zip(pixel, sizes, strict=True)):
            raise UnitNotFoundError(
                f"pixel {pixel} is outside of {self.source or 'the image'}, which has "
                f"{sizes[0]} rows and {sizes[1]} columns.\n"
                f"  Give (y, x) from (0, 0) to ({sizes[0] - 1}, {sizes[1] - 1})."
            )
        index: list[int | slice] = [slice(None)] * len(source.shape)
        for axis, at in zip(self._source_axes, pixel, strict=True):
            index[axis] = at
        mask = np.zeros(source.shape, bool)
        mask[tuple(index)] = True
        return reached_from(self.lowered, source, mask)

    def _locate(
        self, layer: str, channel: int, position: tuple[int, int] | None, call: int
    ) -> tuple[LayerField, tuple[int, ...], int, tuple[int, int] | None]:
        """Row, index into its output, channel and position of a unit."""
        if ":" in layer:
            asked = parse_address(f"x/{layer}")
            layer, channel, position = asked.layer, asked.channel, asked.position or position
        row = self.layer(layer, call)
        axes, shape = row.map_axes, row.place.shape
        flat = axes is None
        channels = shape[1] if axes is None else shape[axes[0]]
        if axes is None and (len(shape) != 2 or position is not None):
            raise UnitNotFoundError(
                f"{layer!r} of {self.network} gives {row.shape}, which has no positions (y, x).\n"
                f"  {'Leave the position out.' if len(shape) == 2 else 'Name another layer.'}"
            )
        if not 0 <= channel < channels:
            raise UnitNotFoundError(
                f"{layer!r} of {self.network} has no channel {channel}: "
                f"it has {channels}, from 0 to {channels - 1}."
            )
        if flat:
            return row, (0, channel), channel, None
        assert axes is not None
        height, width = shape[axes[1]], shape[axes[2]]
        y, x = position or middle_position(row) or middle_of_map(height, width)
        if not (0 <= y < height and 0 <= x < width):
            raise UnitNotFoundError(
                f"position {y},{x} is outside of {layer!r} of {self.network} at this input: its "
                f"map has {height} rows and {width} columns.\n"
                f"  Give y,x from 0,0 to {height - 1},{width - 1}."
            )
        index = [0, 0, 0, 0]
        for axis, at in zip(axes, (channel, y, x), strict=True):
            index[axis] = at
        return row, tuple(index), channel, (y, x)


def _to_map(mask: Mask, axes: tuple[int, int]) -> Mask:
    others = tuple(i for i in range(mask.ndim) if i not in axes)
    seen: Mask = np.asarray(mask.any(others))
    return seen if axes[0] < axes[1] else seen.T


_COLUMNS = ("LAYER", "OUTPUT", "R", "STRIDE", "PADDING")


def _sides(pair: Sequence[int | None]) -> str:
    texts = ["-" if side is None else str(side) for side in pair]
    return texts[0] if texts[0] == texts[1] else "x".join(texts)


def fields_of(
    name: str,
    graph: Graph,
    lowered: Lowered,
    aliases: Mapping[str, tuple[str, ...]],
    parameters: int,
) -> ReceptiveFields:
    """Receptive fields of a recorded pass whose input is batch, channels, rows, columns."""
    source: Value = graph.source
    propagation = propagate(lowered, source, (2, 3))
    size = (source.shape[2], source.shape[3])
    return ReceptiveFields(name, size, graph, lowered, aliases, propagation, parameters)
