"""Layers one after the other, with all their volumes and the totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vizkit.arithmetic.layer import Layer, Operation
from vizkit.arithmetic.volume import BYTES, AnyVolume, Volume
from vizkit.errors import UsageError
from vizkit.result import Result
from vizkit.text import aligned, byte_count


@dataclass(frozen=True, slots=True, repr=False)
class Stack(Result):
    """A chain of layers; its text is a table with the totals.

    Attributes
    ----------
    input : the volume that goes in.
    layers : the layers in order.
    """

    input: Volume
    layers: tuple[Layer, ...]

    @property
    def output(self) -> Volume:
        """The volume that comes out."""
        return self.layers[-1].output if self.layers else self.input

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one image."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def activations(self) -> int:
        """Values of all volumes of one image, its own included."""
        return self.input.activations + sum(layer.output.activations for layer in self.layers)

    @property
    def memory(self) -> int:
        """Bytes of all activations."""
        return BYTES * self.activations

    def as_dict(self) -> dict[str, Any]:
        """The numbers for JSON; volumes are [height, width, depth]."""
        return {
            "input": self.input.sides,
            "layers": [layer.as_dict() for layer in self.layers],
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
            "activations": self.activations,
            "memory_bytes": self.memory,
        }

    def __repr__(self) -> str:
        return f"<Stack of {len(self.layers)} layers: {self.input} -> {self.output}>"

    def __str__(self) -> str:
        rows = [("LAYER", "OUTPUT", "ACTIVATIONS", "MEMORY", "PARAMETERS", "MULTIPLY-ADDS")]
        rows.append(("input", *_size(self.input), "", ""))
        for layer in self.layers:
            costs = (f"{layer.parameters:,}", f"{layer.multiply_adds:,}")
            rows.append((str(layer.operation), *_size(layer.output), *costs))
        total = (f"{self.activations:,}", byte_count(self.memory))
        rows.append(("total", "", *total, f"{self.parameters:,}", f"{self.multiply_adds:,}"))
        return aligned(rows, right=range(2, 6))


def _size(volume: Volume) -> tuple[str, str, str]:
    return str(volume), f"{volume.activations:,}", byte_count(volume.memory)


def stack(volume: AnyVolume, operations: Sequence[Operation]) -> Stack:
    """Numbers of `operations` one after the other, the first one on `volume`.

    Raises
    ------
    UsageError : a layer does not fit what the one before gives; the message names it.

    Examples
    --------
    >>> from vizkit.arithmetic import Convolution, FullyConnected, Pooling, ReLU
    >>> net = [Convolution(12, 3, padding=1), ReLU(), Pooling(2), FullyConnected(10)]
    >>> cifar = stack("32x32x3", net)
    >>> cifar.parameters, cifar.multiply_adds, cifar.memory
    (31066, 362496, 122920)
    """
    given = Volume.of(volume)
    layers: list[Layer] = []
    for number, operation in enumerate(operations, 1):
        try:
            layers.append(operation.on(layers[-1].output if layers else given))
        except UsageError as error:
            before = layers[-1].output if layers else given
            raise UsageError(f"Layer {number} on {before}: {error}") from error
    return Stack(given, tuple(layers))
