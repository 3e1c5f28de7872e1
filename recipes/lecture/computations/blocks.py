"""A network in a few words: its blocks with their volumes, its depth, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from vizkit.receptive_fields import LayerField, ReceptiveFields
from vizkit.receptive_fields.trunk import depths, merges, trunk


@dataclass(frozen=True, slots=True)
class Block:
    """A volume of a network and the kind of layer that makes it.

    Attributes
    ----------
    kind : ``"image"``, ``"convolution"``, ``"branches, joined"``, ``"residual block"``,
        ``"pooling"`` or ``"fully connected"``.
    channels, height, width : of the volume; a vector has 1 x 1 positions.
    """

    kind: str
    channels: int
    height: int
    width: int


def blocks(fields: ReceptiveFields) -> tuple[Block, ...]:
    """The image and what each block, or layer between blocks, makes of it, in forward order.

    Examples
    --------
    >>> from vizkit.receptive_fields import receptive_field
    >>> [(b.kind, b.channels, b.height) for b in blocks(receptive_field("lenet5"))][:3]
    [('image', 1, 32), ('convolution', 6, 28), ('pooling', 6, 14)]
    """
    at, before = depths(fields), 0
    channels = fields.graph.source.shape[1]
    found = [Block("image", channels, *fields.input_size)]
    for row in trunk(fields):
        value = row.place.value
        depth = before if value is None else at[value.number]
        # Partial connections are joined, too, but they are one convolution deep.
        joined = joins(fields, row) if depth - before > 1 else None
        kind = {"add": "residual block", "cat": "branches, joined"}.get(joined or "", "convolution")
        if depth == before:
            kind = "pooling"
        elif len(row.shape) == 1:
            kind = "fully connected"
        channels, height, width = (*row.shape, 1, 1)[:3]
        found.append(Block(kind, channels, height, width))
        before = depth
    return tuple(found)


def joins(fields: ReceptiveFields, row: LayerField) -> str | None:
    """How a block brings its branches together: ``"add"``, ``"cat"``, or None for other layers.

    Examples
    --------
    >>> from vizkit.receptive_fields import receptive_field
    >>> fields = receptive_field("resnet18")
    >>> joins(fields, fields["layer1.0"]), joins(fields, fields["conv1"])
    ('add', None)
    """
    inside = fields.graph.operations[row.place.begin : row.place.end]
    return next((each.name for each in reversed(inside) if merges(each)), None)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a network is told by.

    Attributes
    ----------
    depth : layers with weights on the longest way from the image.
    parameters, multiply_adds : of the whole network, for one image.
    field : side in pixels of the receptive field of the last convolution, or block of them,
        borders ignored; 0 where no convolution has one.
    """

    depth: int
    parameters: int
    multiply_adds: int
    field: int


def numbers(fields: ReceptiveFields) -> Numbers:
    """Depth, costs and receptive field of a network.

    Examples
    --------
    >>> from vizkit.receptive_fields import receptive_field
    >>> numbers(receptive_field("lenet5"))
    Numbers(depth=5, parameters=60000, multiply_adds=326520, field=32)
    """
    convolved = ("convolution", "branches, joined", "residual block")
    rows = zip(trunk(fields), blocks(fields)[1:], strict=True)
    sizes = [row.size for row, each in rows if each.kind in convolved]
    sides = [max(size[0], size[1]) for size in sizes if size[0] and size[1]]
    depth = max(depths(fields).values())
    return Numbers(depth, fields.parameters, fields.multiply_adds, sides[-1] if sides else 0)
