"""One layer's numbers: volumes, parameters, multiply-adds, memory, connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from vizkit.arithmetic.formula import Formula
from vizkit.arithmetic.page import layer_page
from vizkit.arithmetic.volume import AnyVolume, Volume
from vizkit.result import Result


class Axis(Protocol):
    """What happens along the height or the width."""

    @property
    def output(self) -> int:
        """Length of the output."""

    @property
    def taps(self) -> int:
        """Pairs of an output and an input that it is computed from, padding left out."""

    @property
    def unused(self) -> int:
        """Inputs at the end that no output is computed from."""

    @property
    def formula(self) -> Formula | None:
        """Formula of the output's length; None when that is given."""

    def remarks(self, noun: str) -> Iterator[str]:
        """Sentences about what is special."""


class Operation(Protocol):
    """A layer before it meets its input."""

    def on(self, volume: AnyVolume) -> Layer:
        """Numbers of the layer for the input `volume`."""


@dataclass(frozen=True, slots=True, repr=False)
class Layer(Result):
    """An operation on an input of known size; its text is a page with all the numbers.

    Attributes
    ----------
    operation : the operation; its text names it.
    input, output : the volumes.
    formulas : by ``"height"``, ``"width"``, ``"parameters"``, ``"multiply_adds"``; only those that
        the operation has.
    connections : pairs of an output and an input that it is computed from. Zeros of the padding
        are no inputs.
    axes : what happens along height and width; None where there is nothing to slide.
    """

    operation: Operation
    input: Volume
    output: Volume
    formulas: Mapping[str, Formula]
    connections: int
    axes: tuple[Axis, Axis] | None = None

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return self._value("parameters")

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one image, products with zeros of the padding included, biases not."""
        return self._value("multiply_adds")

    @property
    def unused(self) -> tuple[int, int]:
        """Rows and columns at the end of the input that no output is computed from."""
        return (0, 0) if self.axes is None else (self.axes[0].unused, self.axes[1].unused)

    @property
    def dense_connections(self) -> int:
        """Connections of a dense layer between the same volumes: its number of weights, too."""
        return self.input.activations * self.output.activations

    @property
    def dropped(self) -> float:
        """Share of the activations that are gone behind the layer; negative when it adds some."""
        return 1 - self.output.activations / self.input.activations

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about what does not come out even."""
        if self.axes is None:
            return ()
        rows, columns = self.axes
        of_both = tuple(rows.remarks("row and column"))
        if of_both == tuple(columns.remarks("row and column")):
            return of_both
        return tuple(dict.fromkeys([*rows.remarks("row"), *columns.remarks("column")]))

    def as_dict(self) -> dict[str, Any]:
        """The numbers for JSON; volumes are [height, width, depth].

        ``dropped`` is None where nothing is gone.
        """
        return {
            "operation": str(self.operation),
            "input": self.input.sides,
            "output": self.output.sides,
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
            "activations": self.output.activations,
            "memory_bytes": self.output.memory,
            "connections": self.connections,
            "dense_connections": self.dense_connections,
            "dropped": self.dropped if self.dropped > 0 else None,
            "unused": list(self.unused),
            "formulas": {name: str(formula) for name, formula in self.formulas.items()},
            "remarks": list(self.remarks),
        }

    def __repr__(self) -> str:
        return f"<Layer {self.operation}: {self.input} -> {self.output}>"

    def __str__(self) -> str:
        return layer_page(self)

    def _value(self, name: str) -> int:
        return self.formulas[name].value if name in self.formulas else 0


def side_formulas(axes: tuple[Axis, Axis]) -> dict[str, Formula]:
    """Formulas of height and width, for `Layer.formulas`."""
    named = {"height": axes[0].formula, "width": axes[1].formula}
    return {name: formula for name, formula in named.items() if formula is not None}
