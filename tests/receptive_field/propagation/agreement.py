"""Comparison of calculated fields with what trying every pixel of the image shows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from vizkit.receptive_field import LayerField, ReceptiveFields, receptive_field
from vizkit.receptive_field.oracle import influences
from vizkit.receptive_field.oracle.fields import By
from vizkit.receptive_field.propagation.propagate import reached_from


def assert_agrees_with_every_pixel(
    network: nn.Module, image: Tensor, *, by: By = "nan"
) -> ReceptiveFields:
    """Boxes and exact sets of all units of all modules are those that the oracle measures."""
    fields = receptive_field(network, tuple(image.shape[1:]))
    measured = influences(network, image, by=by)
    rows = {(row.name, row.call - 1): row for row in fields if row.place.module}
    assert rows.keys() == measured.keys()
    for key, row in rows.items():
        assert_boxes(row, measured[key], f"{key} {row.op}")
    assert_sets(fields, rows, measured)
    return fields


def assert_boxes(row: LayerField, reached: np.ndarray, told: str) -> None:
    """The first and last line of every unit, and what is derived from them."""
    shape = reached.shape[:-2]
    for axis in (0, 1):
        lines = reached.any(-1 - axis if axis == 0 else -2)
        length = lines.shape[-1]
        some = lines.any(-1)
        first = np.where(some, lines.argmax(-1), -1)
        last = np.where(some, length - 1 - lines[..., ::-1].argmax(-1), -1)
        start, end = (_one_image(ends, row, shape) for ends in row.ends(axis))
        none = start > end
        np.testing.assert_array_equal(~none, some, f"{told}: axis {axis}, what sees nothing")
        np.testing.assert_array_equal(np.where(none, -1, start), first, f"{told}: axis {axis}")
        np.testing.assert_array_equal(np.where(none, -1, end), last, f"{told}: axis {axis}")


def _one_image(ends: np.ndarray, row: LayerField, shape: tuple[int, ...]) -> np.ndarray:
    full = np.broadcast_to(ends, row.place.shape)
    return full.reshape(shape)


def assert_sets(
    fields: ReceptiveFields,
    rows: dict[tuple[str, int], LayerField],
    measured: dict[tuple[str, int], np.ndarray],
) -> None:
    """The units that each pixel reaches, with all holes."""
    height, width = fields.input_size
    for y, x in np.ndindex(height, width):
        mask = np.zeros(fields.graph.source.shape, bool)
        mask[:, :, y, x] = True
        found = reached_from(fields.lowered, fields.graph.source, mask)
        for key, row in rows.items():
            reached = measured[key][..., y, x]
            own = found.get(row.place.value.number) if row.place.value is not None else None
            own = np.zeros(row.place.shape, bool) if own is None else own
            np.testing.assert_array_equal(
                own.reshape(reached.shape), reached, f"{key} {row.op}: pixel {y}, {x}"
            )
