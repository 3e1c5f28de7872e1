"""A report as text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence

from vizkit.probing.invariance.report.findings import Finding
from vizkit.probing.invariance.report.measurements import Measurements, TransformReport
from vizkit.probing.readers import PIXELS
from vizkit.probing.uncertainty import Estimate

_WIDTH = 100
_NONE = "-"


def table(report: Measurements, findings: Sequence[Finding]) -> str:
    """Layers down, transforms across, and what was found."""
    parts = [_head(report), _distances(report), _scores(report), _layers(report)]
    return "\n\n".join([*parts, _found(findings)])


def _head(report: Measurements) -> str:
    values = ", ".join(f"{len(each.full.values)} of {each.name}" for each in report)
    badge = "  RANDOM WEIGHTS" if report.weights_random else ""
    lines = [
        f"{report.network}{badge}: {len(report.layers)} layers, {report.images} images",
        *textwrap.wrap(f"values: {values}", _WIDTH),
        f"{report.passes} images went through the network"
        + (f", {report.random_passes} with random weights" if report.random_passes else ""),
    ]
    for name, reason in report.skipped:
        lines.append(f"skipped {name}: {reason}")
    return "\n".join(lines)


def _distances(report: Measurements) -> str:
    note = (
        "How far each layer moves, mean over the values: 0 is invariance, 1 as far as another "
        "image. Half the width of the interval of 95 % over images; after the bar, random weights."
    )

    def cell(transform: TransformReport, name: str) -> str:
        other = transform.random if name != PIXELS else None
        return _cell(
            transform.trained.distance(name), None if other is None else other.distance(name)
        )

    null = [_cell(transform.trained.null(report.layers[-1]), None) for transform in report]
    return _grid(report.layers, report.transforms, note, cell, [("another image", null)])


def _scores(report: Measurements) -> str:
    fine = [each for each in report if not each.coarse]
    note = (
        f"Score of Goodfellow et al., best {100 * report.share:g} % of channels, firing rate "
        f"{100 * report.rate:g} %: 1 is chance, {1 / report.rate:g} the most. In brackets the "
        "interval of 95 % over images; after the bar, random weights."
    )
    left = ", ".join(each.name for each in report if each not in fine)
    if left:
        note += f" Too coarse, channels fire for fewer than ten samples: {left}."

    def cell(transform: TransformReport, name: str) -> str:
        other = transform.random if name != PIXELS else None
        found = transform.trained.score(name, report.share)
        # Scores have a ceiling, which their intervals end at: they have no half-width.
        own = f"{_number(found.value, 1)} [{_number(found.low, 1)}, {_number(found.high, 1)}]"
        untrained = None if other is None else other.score(name, report.share).value
        return own if untrained is None else f"{own}|{_number(untrained, 1)}"

    return _grid(report.layers, fine, note, cell, [])


def _grid(
    layers: Sequence[str],
    transforms: Sequence[TransformReport],
    note: str,
    cell: Callable[[TransformReport, str], str],
    below: Sequence[tuple[str, Sequence[str]]],
) -> str:
    rows = [("pixels", [cell(transform, PIXELS) for transform in transforms])]
    rows += [(name, [cell(transform, name) for transform in transforms]) for name in layers]
    rows += [(name, list(cells)) for name, cells in below]
    return _aligned(note, ["layer", *(transform.name for transform in transforms)], rows)


def _layers(report: Measurements) -> str:
    note = (
        "Of each layer: share of silent channels (after the bar, random weights); median "
        "sparseness; share of channels tuned to orientation beyond filters of noise, their median "
        "width in degrees, median circular variance (after the bar, its floor); a shift of one "
        "pixel: error of equivariance, the parts that padding, interpolation and strides (phase) "
        "make, and the rest; departure from proportionality to contrast (after the bar, without "
        "biases)."
    )
    head = ["layer", "shape", "silent", "sparse", "tuned", "width", "variance"]
    head += ["1 px", "padding", "interp.", "phase", "rest", "contrast"]
    rows = []
    for name in report.layers:
        tuned = report.orientation.get(name)
        cells = [
            "x".join(map(str, report.shapes[name])),
            _percent(report.silent[name])
            + (f"|{_percent(report.random_silent[name])}" if report.random_silent else ""),
            _number(report.sparseness[name]),
            _NONE if tuned is None else _percent(tuned.tuned.value),
            _NONE if tuned is None else _number(tuned.width.value, 0),
            _NONE if tuned is None else f"{_number(tuned.variance.value)}|{_number(tuned.floor)}",
        ]
        split = None if report.motion is None else report.motion[name].split
        cells += [
            _NONE if split is None else _number(float(getattr(split, part)[0]), 3)
            for part in ("total", "padding", "interpolation", "phase", "rest")
        ]
        contrast = report.contrast.get(name)
        cells.append(_NONE if contrast is None else f"{contrast.own:.2f}|{contrast.unbiased:.2g}")
        rows.append((name, cells))
    return _aligned(note, head, rows)


def _found(findings: Sequence[Finding]) -> str:
    lines = ["Findings"]
    for each in findings:
        first, *rest = str(each).splitlines()
        lines += textwrap.wrap(first, _WIDTH, subsequent_indent="    ")
        for line in rest:
            lines += textwrap.wrap(
                line.strip(), _WIDTH, initial_indent="    ", subsequent_indent="    "
            )
    return "\n".join(lines)


def _aligned(note: str, head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    columns = [head, *([name, *cells] for name, cells in rows)]
    widths = [max(len(row[i]) for row in columns) for i in range(len(head))]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in columns
    ]
    return "\n".join([*textwrap.wrap(note, _WIDTH), *(line.rstrip() for line in lines)])


def _cell(own: Estimate, random: Estimate | None) -> str:
    half = (own.high - own.low) / 2
    found = f"{_number(own.value)}±{_number(half)}"
    return found if random is None else f"{found}|{_number(random.value)}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _number(value: float, digits: int = 2) -> str:
    return _NONE if math.isnan(value) else f"{value:.{digits}f}"
