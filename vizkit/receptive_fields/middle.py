"""The unit in the middle: the one definition for pictures, fields, probes and pages."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from vizkit.unit import Position

if TYPE_CHECKING:
    from vizkit.receptive_fields.layer_field import LayerField


def middle_of_map(height: int, width: int) -> Position:
    """Position in the middle of a map whose units have no places in the image.

    Examples
    --------
    >>> middle_of_map(7, 4)
    (3, 1)
    """
    return (height - 1) // 2, (width - 1) // 2


def middle_position(
    field: LayerField,
    map_size: tuple[int, int] | None = None,
    input_size: tuple[int, int] | None = None,
) -> Position | None:
    """Position whose field's center is nearest to the image's center; of two, the lower index.

    Padding that is not the same on both sides, as of pooling that rounds up, moves it off the
    middle of the map. Where all units see the same, it is the middle of the map. None without one.

    Parameters
    ----------
    map_size, input_size : (height, width) of map and image, where the network is shown images of
        another size than the field was calculated for.

    Examples
    --------
    >>> from vizkit.receptive_fields import receptive_field
    >>> middle_position(receptive_field("googlenet").layer("inception3a"))
    (13, 13)
    """
    if field.map_axes is None:
        return None
    height, width = map_size or field.shape[1:]
    lines = input_size or [table.lines for table in field.propagation.tables]
    place = middle_of_map(height, width)
    rows = _nearest(field, 0, (height, width), Fraction(lines[0] - 1, 2))
    columns = _nearest(field, 1, (height, width), Fraction(lines[1] - 1, 2))
    return place[0] if rows is None else rows, place[1] if columns is None else columns


def _nearest(
    field: LayerField, axis: int, map_size: tuple[int, int], image_middle: Fraction
) -> int | None:
    """Line of the map, along `axis`, whose field is nearest to the middle of the image."""
    first, stride = field.center[axis], field.stride[axis]
    if first is not None and stride:
        nearest = ceil((image_middle - first) / stride - Fraction(1, 2))
        return min(max(nearest, 0), map_size[axis] - 1)
    if map_size != tuple(field.shape[1:]):
        return None
    distances = {}
    place = middle_of_map(*map_size)
    for line in range(map_size[axis]):
        seen = field.union(axis, (line, place[1]) if axis == 0 else (place[0], line), [0])
        if seen is not None:
            distances[line] = abs(Fraction(sum(seen), 2) - image_middle)
    if len(set(distances.values())) < 2:
        return None
    return min(distances, key=lambda line: (distances[line], line))
