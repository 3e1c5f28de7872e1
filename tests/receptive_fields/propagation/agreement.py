"""Comparison of calculated fields with what trying every pixel of the image shows."""

from __future__ import annotations

from itertools import islice

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.receptive_fields.ground_truth.every_pixel import By, influences
from vizkit.receptive_fields import LayerField, ReceptiveFields, receptive_field
from vizkit.receptive_fields.oracle.boxes import Key
from vizkit.receptive_fields.propagation.propagate import reached_from

Bools = NDArray[np.bool_]


def assert_agrees_with_every_pixel(
    network: nn.Module, image: Tensor, *, by: By = "nan"
) -> ReceptiveFields:
    """Boxes and exact sets of all units of all modules are those that the oracle measures."""
    fields, rows, sets = _calculated(network, image)
    measured = influences(network, image, by=by)
    assert rows.keys() == measured.keys()
    for key, row in rows.items():
        np.testing.assert_array_equal(sets[key], measured[key], f"{key} {row.op}")
        assert_boxes(row, measured[key])
    return fields


def assert_between_both_oracles(network: nn.Module, image: Tensor) -> None:
    """The calculated sets hold all that has a derivative, and nothing that NaN does not reach.

    For networks with taps of weight 0, which NaN passes, and values of 0, which derivatives do not.
    """
    _, rows, sets = _calculated(network, image)
    least, most = (influences(network, image, by=by) for by in ("gradient", "nan"))
    assert rows.keys() == most.keys()
    for key, row in rows.items():
        assert not (sets[key] & ~most[key]).any(), f"{key} {row.op}: more than NaN reaches"
        assert not (least[key] & ~sets[key]).any(), f"{key} {row.op}: less than has a derivative"
        assert_boxes(row, sets[key])


def assert_boxes(row: LayerField, seen: Bools) -> None:
    """First and last line of every unit of `row` are those of the sets that the units see."""
    shape, told = seen.shape[:-2], f"{row.name!r} {row.op}"
    for axis in (0, 1):
        lines = seen.any(-2 if axis else -1)
        some = lines.any(-1)
        first = np.where(some, lines.argmax(-1), -1)
        last = np.where(some, lines.shape[-1] - 1 - lines[..., ::-1].argmax(-1), -1)
        start, end = (
            np.broadcast_to(each, row.place.shape).reshape(shape) for each in row.ends(axis)
        )
        none = start > end
        np.testing.assert_array_equal(none, ~some, f"{told}: which units see nothing")
        np.testing.assert_array_equal(np.where(none, -1, start), first, f"{told}: axis {axis}")
        np.testing.assert_array_equal(np.where(none, -1, end), last, f"{told}: axis {axis}")


def assert_consistent(row: LayerField, lines: tuple[int, int]) -> None:
    """What is said of a map as a whole holds for its units."""
    if row.map_axes is None or row.status == "whole":
        return
    only = len(row.groups) == 1 == row.shape[0]
    for axis in (0, 1):
        along = row.map_axes[1 + axis]
        stride, padding, size = row.stride[axis], row.padding[axis], row.size[axis]
        for index in islice(np.ndindex(*row.place.shape), 0, None, 3):
            box, clipped = row.element(axis, index)
            if box is None:
                continue
            told = f"{row.name!r} {row.op}: axis {axis}, {index}"
            if size is not None:
                # Where channels differ, it is what they see together.
                length = box[1] - box[0] + 1
                assert length == size if only else length <= size, told
            if stride is not None and padding is not None:
                start = index[along] * stride - padding
                assert box[0] == start if only else box[0] >= start, told
            if all(
                span is not None and span[0] <= index[at] <= span[1]
                for span, at in zip(row.interior, row.map_axes[1:], strict=True)
            ):
                assert clipped is not None, told
                # A part that reads nothing at all here, as between the strides of a transposed
                # convolution, counts in the box of a sum, but reads no pixel.
                assert 0 <= box[0] <= clipped[0] <= clipped[1] <= box[1] < lines[axis], told


def _calculated(
    network: nn.Module, image: Tensor
) -> tuple[ReceptiveFields, dict[Key, LayerField], dict[Key, Bools]]:
    """Fields, their rows of modules, and what each unit of them sees (units, then the image)."""
    fields = receptive_field(network, tuple(image.shape[1:]))
    rows = {(row.name, row.call - 1): row for row in fields if row.place.module}
    sets: dict[Key, list[Bools]] = {key: [] for key in rows}
    for y, x in np.ndindex(*fields.input_size):
        mask = np.zeros(fields.graph.source.shape, bool)
        mask[:, :, y, x] = True
        found = reached_from(fields.lowered, fields.graph.source, mask)
        for key, row in rows.items():
            number = -1 if row.place.value is None else row.place.value.number
            own = found.get(number, np.zeros(row.place.shape, bool))
            sets[key].append(own[0] if len(own) == 1 else own)
    for row in rows.values():
        assert_consistent(row, fields.input_size)
    stacked = {
        key: np.stack(each, -1).reshape(*each[0].shape, *fields.input_size)
        for key, each in sets.items()
    }
    return fields, rows, stacked
