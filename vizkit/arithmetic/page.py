"""The numbers of a layer, or of a choice of paddings, laid out to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vizkit.arithmetic.padding import spelled
from vizkit.arithmetic.volume import BYTES
from vizkit.arithmetic.window import Window
from vizkit.text import aligned, byte_count

if TYPE_CHECKING:
    from vizkit.arithmetic.fitting import Fitting
    from vizkit.arithmetic.layer import Layer


def layer_page(layer: Layer) -> str:
    """Everything about one layer: formulas, the numbers put in, results, remarks.

    Examples
    --------
    >>> from vizkit.arithmetic import Pooling
    >>> print(Pooling(2).on("32x32x12"))
    pooling 2x2, stride 2
    32x32x12 -> 16x16x12
    <BLANKLINE>
    height         (H1 - F)/S + 1  (32 - 2)/2 + 1        16
    width          (W1 - F)/S + 1  (32 - 2)/2 + 1        16
    parameters                                            0
    multiply-adds                                         0
    activations    H2*W2*D2        16*16*12           3,072
    memory         4 bytes each    4*3,072         12.0 KiB
    connections                                      12,288
    <BLANKLINE>
    The windows do not overlap.
    75 % of the activations are gone.
    """
    head = [str(layer.operation), f"{layer.input} -> {layer.output}", ""]
    table = aligned(list(_rows(layer)), right=[3])
    return "\n".join([*head, table, *_paragraph(list(_sentences(layer)))])


def _rows(layer: Layer) -> Iterator[tuple[str, str, str, str]]:
    for name in ("height", "width", "parameters", "multiply_adds"):
        formula = layer.formulas.get(name)
        label = name.replace("_", "-")
        if formula is not None:
            yield label, formula.symbols, formula.numbers, formula.result
        elif name in ("parameters", "multiply_adds"):
            yield label, "", "", "0"
    out = layer.output
    count = f"{out.activations:,}"
    yield "activations", "H2*W2*D2", f"{out.height}*{out.width}*{out.depth}", count
    yield "memory", f"{BYTES} bytes each", f"{BYTES}*{count}", byte_count(out.memory)
    left_out = layer.parameters and layer.connections != layer.multiply_adds
    yield "connections", "without the padding" if left_out else "", "", f"{layer.connections:,}"
    if layer.parameters:
        numbers = f"{layer.input.activations:,}*{count}"
        yield "if dense", "(H1*W1*D1)*(H2*W2*D2)", numbers, f"{layer.dense_connections:,}"


def _sentences(layer: Layer) -> Iterator[str]:
    yield from layer.remarks
    if layer.parameters and 0 < layer.connections < layer.dense_connections:
        connections = _times(layer.dense_connections / layer.connections)
        weights = _times(layer.dense_connections / layer.parameters)
        yield f"A dense layer between the same volumes has {connections} the connections"
        yield f"and {weights} the weights."
    elif layer.axes is not None and not layer.parameters:
        rows, columns = layer.axes
        several = max(rows.output, columns.output) > 1
        if several and isinstance(rows, Window) and isinstance(columns, Window):
            yield from _overlap(rows.overlap, columns.overlap)
        if layer.dropped > 0:
            yield f"{100 * layer.dropped:.3g} % of the activations are gone."


def _overlap(rows: int, columns: int) -> Iterator[str]:
    if rows == columns == 0:
        yield "The windows do not overlap."
    elif rows == columns > 0:
        yield f"The windows overlap by {rows}."
    elif max(rows, columns) > 0:
        yield f"The windows overlap by {max(0, rows)} x {max(0, columns)}."


def fitting_page(fitting: Fitting) -> str:
    """The paddings that fit, what each one gives, and what floor does without any."""
    head = [f"{fitting.operation}, on {fitting.input}: which padding fits?", ""]
    choices = [[(w.before, w.after) for w in axis] for axis in (fitting.rows, fitting.columns)]
    if not any(choices):
        body = ["None."]
    elif choices[0] == choices[1] and fitting.input.height == fitting.input.width:
        rows = [("PADDING", "OUTPUT", "HEIGHT AND WIDTH", "MULTIPLY-ADDS")]
        for window, layer in zip(fitting.columns, fitting.layers, strict=True):
            cost = f"{layer.multiply_adds:,}"
            rows.append((_padding(window), str(layer.output), str(window.formula), cost))
        shown = 4 if "multiply_adds" in fitting.layers[0].formulas else 3
        body = [aligned([row[:shown] for row in rows], right=[3])]
    else:
        body = [_choices("HEIGHT", fitting.rows), "", _choices("WIDTH", fitting.columns)]
    return "\n".join([*head, *body, *_paragraph(list(_notes(fitting)))])


def _paragraph(sentences: list[str]) -> list[str]:
    """The sentences with an empty line before them, if there are any."""
    return ["", *sentences] if sentences else []


def _choices(name: str, windows: Sequence[Window]) -> str:
    if not windows:
        return f"No padding fits the {name.lower()}."
    return aligned([("PADDING", name), *((_padding(w), str(w.formula)) for w in windows)])


def _padding(window: Window) -> str:
    ends = window.before, window.after
    return spelled((ends, ends))


def _notes(fitting: Fitting) -> Iterator[str]:
    rows, columns = (
        next(((w.before, w.after) for w in axis if w.output == w.size), None)
        for axis in (fitting.rows, fitting.columns)
    )
    if rows is not None and columns is not None:
        yield f"Padding {spelled((rows, columns))} keeps the size."
    if any(w.before != w.after for w in (*fitting.rows, *fitting.columns)):
        yield "Only an odd total fits: 1+2 is 1 before the first and 2 behind the last."
    plain = fitting.unpadded
    if plain is None:
        yield "Without padding the kernel is larger than the input."
        return
    windows = [axis for axis in plain.axes or () if isinstance(axis, Window) and not axis.fits]
    for formula in dict.fromkeys(str(window.formula) for window in windows):
        yield f"Without padding it does not fit: {formula}."
    if windows:
        yield from plain.remarks


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.1f} times"
