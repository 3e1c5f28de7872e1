"""The receptive fields of all layers of a network, calculated from one pass of shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from vizkit.address import parse_address
from vizkit.errors import LayerNotFoundError, UnitNotFoundError, UsageError, nearest
from vizkit.layer_info import LayerInfo
from vizkit.receptive_fields.layer_field import LayerField
from vizkit.receptive_fields.layer_table import csv_table, layer_table
from vizkit.receptive_fields.middle import middle_of_map, middle_position
from vizkit.receptive_fields.projective_field import ProjectiveField
from vizkit.receptive_fields.propagation.graph import Graph, Value
from vizkit.receptive_fields.propagation.lowering import Lowered
from vizkit.receptive_fields.propagation.propagate import (
    Propagation,
    propagate,
    reached_from,
    seen_by,
)
from vizkit.receptive_fields.propagation.relations import Mask
from vizkit.receptive_fields.unit_field import UnitField
from vizkit.result import Result
from vizkit.unit import Position, Unit


@dataclass(frozen=True, eq=False, repr=False)
class ReceptiveFields(Result):
    """What every unit of every layer of a network can see.

    Iterating gives the layers in forward order, functions and containers included.

    Attributes
    ----------
    network : name of the network, which is all that its fields depend on.
    title : the network as it was asked for, with the tag of its weights: ``"vgg16@hed"``.
    input_size : (height, width) of the image.
    parameters : number of parameters of the network.
    source : name of the layer whose units are seen; empty for the image.
    chosen : names of the layers of `rows`; None for all.
    """

    plot = "receptive_field_growth"

    network: str
    title: str
    input_size: tuple[int, int]
    graph: Graph
    lowered: Lowered
    aliases: Mapping[str, tuple[str, ...]]
    propagation: Propagation
    parameters: int
    source: str = ""
    chosen: frozenset[str] | None = None

    def __repr__(self) -> str:
        height, width = self.input_size
        seen = f", of layer {self.source}" if self.source else ""
        named = sum(bool(layer.name) for layer in self.layers)  # one more is the network itself
        return f"<ReceptiveFields {self.title} at {height} x {width}, {named} layers{seen}>"

    def __str__(self) -> str:
        return self.table()

    def as_dict(self) -> dict[str, Any]:
        """Numbers of the network, and of each of its `rows`."""
        return {
            "network": self.title,
            "input": list(self.input_size),
            **({"to": self.source} if self.source else {}),
            "layers": [row.as_dict() for row in self.rows],
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
            "activation_bytes": self.activation_bytes,
        }

    def table(
        self, *, every: bool = False, unfold: str = "table(every=True)", width: int | None = None
    ) -> str:
        """What ``print`` gives; with `every`, no row is folded away, as `unfold` tells.

        Parameters
        ----------
        width : characters of a line; columns that do not fit are left out, and it says so.
        """
        return layer_table(self, every=every, unfold=unfold, width=width)

    def csv(self) -> str:
        """`rows` as comma-separated values, with a line of names; empty where there is no value."""
        return csv_table(self.rows)

    @cached_property
    def layers(self) -> tuple[LayerField, ...]:
        """One row for each call of a module that returns a tensor, and for each function."""
        costs = np.cumsum([0, *(operation.multiply_adds for operation in self.graph.operations)])
        return tuple(
            LayerField(
                place,
                self.aliases.get(place.name, ()) if place.module else (),
                self.propagation,
                int(costs[place.end] - costs[place.begin]),
                self.title,
                self.source,
            )
            for place in self.graph.places
        )

    @property
    def rows(self) -> tuple[LayerField, ...]:
        """Layers that have a name, as all but the network itself do; its last one says the same."""
        return tuple(
            layer
            for layer in self.layers
            if layer.name and (self.chosen is None or layer.name in self.chosen)
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
        calls = [layer for layer in self.layers if name == layer.name]
        calls = calls or [layer for layer in self.layers if name in layer.aliases]
        if not calls:
            known = [n for layer in self.layers for n in (layer.name, *layer.aliases)]
            raise LayerNotFoundError(
                f"{name!r} is not a layer of {self.network}.\n  "
                + f"{nearest(name, known)} ".lstrip()
                + f"List all {len(self.layers)} with: vizkit rf {self.network}"
            )
        if not 1 <= call <= len(calls):
            raise LayerNotFoundError(
                f"{name!r} of {self.network} is called {len(calls)} times, not {call}."
            )
        return calls[call - 1]

    def only(self, layers: Iterable[str]) -> ReceptiveFields:
        """The same, with these layers alone in its table, its dictionary and its CSV.

        Raises
        ------
        LayerNotFoundError : there is no such layer.
        """
        return replace(self, chosen=frozenset(self.layer(name).name for name in layers))

    def unit(
        self, layer: str, channel: int = 0, position: Position | None = None, call: int = 1
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
        if ":" in layer and not any(layer == row.name for row in self.layers):
            address = parse_address(f"x/{layer}")
            layer, channel, position = address.layer, address.channel, address.position or position
        row = self.layer(layer, call)
        axes, shape = row.map_axes, row.place.shape
        if axes is None and (len(shape) != 2 or position is not None):
            raise UnitNotFoundError(
                f"{layer!r} of {self.network} gives {row.shape}, which has no positions (y, x).\n"
                f"  {'Leave the position out.' if len(shape) == 2 else 'Name another layer.'}"
            )
        channels = shape[1] if axes is None else shape[axes[0]]
        if not 0 <= channel < channels:
            raise UnitNotFoundError(
                f"{layer!r} of {self.network} has no channel {channel}: "
                f"it has {channels}, from 0 to {channels - 1}."
            )
        index: tuple[int, ...] = 0, channel
        if axes is not None:
            height, width = row.shape[1:]
            y, x = position = position or middle_position(row) or middle_of_map(height, width)
            if not (0 <= y < height and 0 <= x < width):
                raise UnitNotFoundError(
                    f"position {y},{x} is outside of {layer!r} of {self.network} at this input: "
                    f"its map has {height} rows and {width} columns.\n"
                    f"  Give y,x from 0,0 to {height - 1},{width - 1}."
                )
            index = row.index(channel, position)
        info = LayerInfo(row.name, row.aliases, row.op, channels, row.shape)
        return UnitField(self, row, Unit(self.title, info, channel, position), index)

    def projective_field(self, layer: str, pixel: Position, call: int = 1) -> ProjectiveField:
        """Units of `layer` that the pixel (y, x) can change: the mirror of the receptive field.

        Raises
        ------
        LayerNotFoundError : there is no such layer.
        UnitNotFoundError : the pixel is outside the source.
        """
        row = self.layer(layer, call)
        mask = self.reached(pixel).get(row.number, np.zeros(row.place.shape, bool))
        units = mask[0] if mask.shape[:1] == (1,) else mask
        if row.map_axes is not None:
            units = mask.transpose(0, *row.map_axes)[0]
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
        return sum(operation.multiply_adds for operation in self.graph.operations)

    @property
    def activation_bytes(self) -> int:
        """Memory of all outputs together, for one image in float32."""
        sizes = {
            place.value.number: 4 * prod(place.shape)
            for place in self.graph.places
            if place.value is not None
        }
        return sum(sizes.values())

    @property
    def source_size(self) -> tuple[int, int]:
        """Rows and columns of what is seen: of the image, or of the layer `source`."""
        rows, columns = self.propagation.tables
        return rows.lines, columns.lines

    def pixels_of(self, value: Value, index: tuple[int, ...]) -> Mask:
        """Exact set of what one element of `value` sees, boolean (height, width)."""
        mask = np.zeros(value.shape, bool)
        mask[index] = True
        (seen,) = seen_by(self.lowered, value, mask, [self.propagation.source])
        rows, columns = self._source_axes
        others = tuple(i for i in range(seen.ndim) if i not in (rows, columns))
        pixels: Mask = np.asarray(seen.any(others))
        return pixels if rows < columns else pixels.T

    def reached(self, pixel: Position) -> dict[int, Mask]:
        """Elements of every value, by its number, that the pixel (y, x) can change.

        Raises
        ------
        UnitNotFoundError : the pixel is outside the source.
        """
        source, sizes = self.propagation.source, self.source_size
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

    @property
    def _source_axes(self) -> tuple[int, int]:
        rows, columns = self.propagation.fields[self.propagation.source.number].axes
        assert rows.axis is not None and columns.axis is not None
        return rows.axis, columns.axis
