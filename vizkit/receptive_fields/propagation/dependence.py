"""What one output of an operation depends on: chains of relations from its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vizkit.receptive_fields.propagation.graph import Shape, Value
from vizkit.receptive_fields.propagation.relations import Broadcast, Couple, Relation, View

Chain = tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One input of an operation and how the output depends on it.

    Attributes
    ----------
    value : the input; None for a constant, which matters only as a part of a concatenation.
    chain : relations from the input to the output, or to the part of a concatenation.
    length : along the axis of a concatenation.
    """

    value: Value | None
    chain: Chain
    length: int = 0


@dataclass(frozen=True, slots=True)
class Dependence:
    """What one output of an operation depends on.

    Attributes
    ----------
    shape : of the output.
    parts : the inputs; the output depends on the union of what they say.
    axis : axis along which the parts stand one behind the other instead; None for a union.
    measured : True when the operation has no rule and was probed.
    """

    shape: Shape
    parts: tuple[Part, ...]
    axis: int | None = None
    measured: bool = False


def elementwise(shape: Shape, values: Sequence[Value]) -> Dependence:
    """Each element depends on the elements that broadcasting puts in its place."""
    return Dependence(shape, tuple(Part(v, (Broadcast(v.shape, shape),)) for v in values))


def single(shape: Shape, value: Value, chain: Sequence[Relation]) -> Dependence:
    """One input and its chain of relations."""
    return Dependence(shape, (Part(value, tuple(chain)),))


def values_in(args: object) -> list[Value]:
    """All values among arguments, in order."""
    if isinstance(args, Value):
        return [args]
    if isinstance(args, list | tuple):
        return [value for each in args for value in values_in(each)]
    if isinstance(args, dict):
        return values_in(tuple(args.values()))
    return []


def reshaped(source: Shape, target: Shape) -> Chain:
    """Relations that give a tensor another shape."""
    return () if source == target else (View(source, target),)


def all_along(source: Shape, axes: Sequence[int], output: Shape) -> Chain:
    """Relations of an output each of whose elements reads all elements along `axes`.

    The other axes of `source` are those of `output`, which they are broadcast to.
    """
    kept = tuple(1 if axis in axes else n for axis, n in enumerate(source))
    return Couple(source, tuple(axes)), Broadcast(kept, output)


def everything(source: Shape, output: Shape) -> Chain:
    """Relations of an output each of whose elements reads all elements of `source`."""
    ones, axes = (1,) * len(output), tuple(range(len(source)))
    return Couple(source, axes), *reshaped((1,) * len(source), ones), Broadcast(ones, output)
