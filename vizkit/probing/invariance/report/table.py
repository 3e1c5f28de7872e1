"""A report as text."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from vizkit.probing.invariance.result import Invariance
from vizkit.probing.invariance.words import (
    NONE,
    distance_text,
    number_text,
    percent_text,
    score_text,
)
from vizkit.probing.readers import PIXELS
from vizkit.text import aligned

if TYPE_CHECKING:
    from vizkit.probing.invariance.report.result import InvarianceReport

_WIDTH = 100


def table(report: InvarianceReport) -> str:
    """Layers down, transforms across, and what was found."""
    parts = (_head, _distances, _scores, _layers, _findings)
    return "\n\n".join(part(report) for part in parts)


def _head(report: InvarianceReport) -> str:
    values = ", ".join(f"{len(each.values)} of {each.transform}" for each in report)
    badge = "  RANDOM WEIGHTS" if report.random else ""
    lines = [
        f"{report.network}{badge}: {len(report.layers)} layers, {report.images} images",
        *textwrap.wrap(f"values: {values}", _WIDTH),
        f"{report.passes} images went through the network"
        + (f", {report.random_passes} with random weights" if report.random_passes else ""),
        *(f"skipped {name}: {reason}" for name, reason in report.skipped),
    ]
    return "\n".join(lines)


def _distances(report: InvarianceReport) -> str:
    note = (
        "How far each layer moves, mean over the values: 0 is invariance, 1 as far as another "
        "image. Half the width of the interval of 95 % over images; after the bar, random weights."
    )

    def cell(found: Invariance, name: str) -> str:
        random = None
        if found.baseline is not None and name != PIXELS:
            random = found.baseline.distance(name).value
        return distance_text(found.beside_baseline.distance(name), random)

    last = report.layers[-1]
    null = [distance_text(found.beside_baseline.null(last)) for found in report]
    rows = _rows(report.layers, report.transforms, cell)
    return _noted(note, [*rows, ["another image", *null]])


def _scores(report: InvarianceReport) -> str:
    fine = [found for found in report if not found.beside_baseline.coarse]
    note = (
        f"Score of Goodfellow et al., best {100 * report.share:g} % of channels, firing rate "
        f"{100 * report.rate:g} %: 1 is chance, {1 / report.rate:g} the most. In brackets the "
        "interval of 95 % over images; after the bar, random weights."
    )
    left = ", ".join(found.transform for found in report if found not in fine)
    if left:
        note += f" Too coarse, channels fire for fewer than ten samples: {left}."

    def cell(found: Invariance, name: str) -> str:
        random = None
        if found.baseline is not None and name != PIXELS:
            random = found.baseline.score(name, report.share).value
        return score_text(found.beside_baseline.score(name, report.share), random)

    return _noted(note, _rows(report.layers, fine, cell))


def _rows(
    layers: Iterable[str], found: Sequence[Invariance], cell: Callable[[Invariance, str], str]
) -> list[list[str]]:
    """Transforms across; below them the pixels and the layers."""
    head = ["layer", *(each.transform for each in found)]
    rows = [[name or "pixels", *(cell(each, name) for each in found)] for name in (PIXELS, *layers)]
    return [head, *rows]


def _layers(report: InvarianceReport) -> str:
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
            name,
            "x".join(map(str, report.shapes[name])),
            percent_text(report.silent[name])
            + (f"|{percent_text(report.random_silent[name])}" if report.random_silent else ""),
            number_text(report.sparseness[name]),
            NONE if tuned is None else percent_text(tuned.tuned.value),
            NONE if tuned is None else number_text(tuned.width.value, 0),
            NONE
            if tuned is None
            else f"{number_text(tuned.variance.value)}|{number_text(tuned.floor)}",
        ]
        split = None if report.motion is None else report.motion[name].split
        cells += [
            NONE if split is None else number_text(float(getattr(split, part)[0]), 3)
            for part in ("total", "padding", "interpolation", "phase", "rest")
        ]
        contrast = report.contrast.get(name)
        cells.append(NONE if contrast is None else f"{contrast.own:.2f}|{contrast.unbiased:.2g}")
        rows.append(cells)
    return _noted(note, [head, *rows])


def _findings(report: InvarianceReport) -> str:
    lines = ["Findings"]
    for each in report.findings:
        first, *rest = str(each).splitlines()
        lines += textwrap.wrap(first, _WIDTH, subsequent_indent="    ")
        for line in rest:
            lines += textwrap.wrap(
                line.strip(), _WIDTH, initial_indent="    ", subsequent_indent="    "
            )
    return "\n".join(lines)


def _noted(note: str, rows: Sequence[Sequence[str]]) -> str:
    return "\n".join([*textwrap.wrap(note, _WIDTH), aligned(rows, range(1, len(rows[0])))])
