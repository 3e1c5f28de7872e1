"""The square of equivariance in pictures, and how far each transform is from closing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vizkit.errors import UsageError
from vizkit.plots.frame import new_figure, show_image, show_title
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

    from computations.square import CommutingSquare
    from vizkit.probing.equivariance import Equivariance

_NOTHING, _EQUAL, _REACHED, _BROKEN = "#d9d9d9", "#f4f1e8", "#e0a03c", "#c8452f"
_TITLE_PT, _TEXT_PT = 13.0, 10.5


def commuting_diagram(found: CommutingSquare, channel: int | None = None) -> Figure:
    """One image on both ways around the square, with what differs at the end.

    Left to right and then down: x, f(x) and g f(x); below them g x, f(g x) and the difference of
    the two ways, all maps in one scale of brightness. At the right the units that differ in any
    channel, below the prediction of which ones can.

    Parameters
    ----------
    found : result of `computations.square.commuting_square`.
    channel : whose maps are drawn; by default the one with the largest mean response.

    Raises
    ------
    UsageError : the layer has no such channel.
    """
    number = int(found.before.mean((1, 2)).argmax()) if channel is None else channel
    if not 0 <= number < len(found.before):
        raise UsageError(
            f"channel {channel} is not one of {found.layer}.\n"
            f"  Allowed: 0 to {len(found.before) - 1}."
        )
    figure = new_figure(10.6, 6.3)
    grid = figure.subplots(2, 4, gridspec_kw={"wspace": 0.16, "hspace": 0.12})
    scale = float(max(found.before[number].max(), found.after[number].max())) or 1.0
    _show_image(grid[0, 0], found.image, "$x$", "image")
    _show_image(grid[1, 0], found.transformed, "$g(x)$", _transform(found))
    _show_map(grid[0, 1], found.before[number], scale, "$f(x)$")
    _show_map(grid[0, 2], found.moved[number], scale, "$g(f(x))$")
    _show_map(grid[1, 1], found.after[number], scale, "$f(g(x))$")
    _show_map(grid[1, 2], found.difference[number].abs(), scale, "$|f(g(x)) - g(f(x))|$")
    _show_units(grid[0, 3], ~found.interior & found.compared, found, _REACHED)
    _show_units(grid[1, 3], found.broken, found, _BROKEN)
    reached = int((found.compared & ~found.interior).sum())
    broken, inside = int(found.broken.sum()), int((found.broken & found.interior).sum())
    units = int(found.compared.sum())
    grid[0, 3].set_title("calculated: padding can reach", fontsize=_TEXT_PT)
    grid[0, 3].set_xlabel(f"{reached} of {units} units", fontsize=_TEXT_PT)
    grid[1, 3].set_title("measured: the two ways differ", fontsize=_TEXT_PT)
    grid[1, 3].set_xlabel(f"{broken} of {units} units, {inside} inside", fontsize=_TEXT_PT)
    _arrow(grid[0, 0], (1.03, 0.5), (1.18, 0.5), "$f$")
    _arrow(grid[0, 1], (1.03, 0.5), (1.18, 0.5), "$g$")
    _arrow(grid[1, 0], (1.03, 0.5), (1.18, 0.5), "$f$")
    _arrow(grid[0, 0], (0.12, -0.04), (0.12, -0.19), "$g$")
    rows, columns = found.before.shape[1:]
    title = (
        f"{found.network}  {found.layer}:{number}   {rows} x {columns} units, "
        f"stride {found.stride[0]} px"
    )
    show_title(figure, title, found.random)
    return figure


def equivariance_bars(founds: Sequence[Equivariance], layer: str) -> Figure:
    """Errors of one layer under several families of transforms, a bar for each value.

    A bar is the squared error of units that no padding can reach, in units of the distance to
    another image: 0 is equivariance, and at 1 it is no better than another image. The dark part is
    what reading the map between its units costs.

    Parameters
    ----------
    founds : results of `vizkit.equivariance` for one network.

    Raises
    ------
    UsageError : nothing to draw, results of several networks, or a layer that one of them lacks.
    """
    if not founds or len({each.network for each in founds}) != 1:
        raise UsageError("equivariance_bars takes results of vizkit.equivariance for one network.")
    if missing := [each.transform for each in founds if layer not in each.layers]:
        raise UsageError(f"{layer!r} was not measured under {', '.join(missing)}.")
    bars = [
        (f"{each.transform} {value:g}{_symbol(each.unit)}", each[layer].split, place, family)
        for family, each in enumerate(founds)
        for place, value in enumerate(each.values)
    ]
    figure = new_figure(8.6, 0.34 * len(bars) + 1.5)
    axes = figure.subplots()
    colors = ("#2a6f97", "#c8452f", "#7a5195", "#e0a03c", "#4b8b3b")
    for row, (_, split, place, family) in enumerate(bars):
        error = float(split.interior[place])
        axes.barh(row, error, color=colors[family % len(colors)], height=0.68)
        axes.barh(row, float(split.interpolation[place]), color=STYLE["ink"], height=0.68)
        said = "0, exactly" if error == 0 else f"{error:.2g}"
        axes.text(error + 0.012, row, said, va="center", fontsize=_TEXT_PT)
    axes.axvline(1, color=STYLE["faint"], lw=1, ls=(0, (6, 4)))
    axes.text(1.01, -0.9, "another image", fontsize=_TEXT_PT, color=STYLE["faint"], va="bottom")
    axes.set_yticks(range(len(bars)), [name for name, *_ in bars], fontsize=_TEXT_PT)
    axes.set_ylim(len(bars) - 0.4, -1)
    axes.set_xlim(0, max(1.2, *(float(s.interior[p]) + 0.15 for _, s, p, _ in bars)))
    axes.set_xlabel(
        "squared error of f(g x) against g f(x)   [distance to another image]   "
        "dark: interpolation of the map",
        fontsize=_TEXT_PT,
    )
    axes.tick_params(labelsize=_TEXT_PT)
    axes.spines[["top", "right"]].set_visible(False)
    title = (
        f"{founds[0].network}  {layer}, units that no padding reaches, {founds[0].images} images"
    )
    show_title(figure, title, founds[0].random)
    return figure


def _show_image(axes: Axes, image: Tensor, title: str, label: str) -> None:
    show_image(axes, image)
    _plain(axes, title, label)


def _show_map(axes: Axes, values: Tensor, scale: float, title: str) -> None:
    from matplotlib import colormaps

    colors = colormaps["magma"].with_extremes(bad=_NOTHING)
    axes.imshow(values.numpy(), cmap=colors, vmin=0, vmax=scale, interpolation="nearest")
    largest = float(values.nan_to_num(0.0).abs().max())
    _plain(axes, title, "all 0, exactly" if largest == 0 else f"0 to {largest:.3g}")


def _show_units(axes: Axes, marked: Tensor, found: CommutingSquare, color: str) -> None:
    from matplotlib.colors import ListedColormap

    kinds = found.compared.long() + (found.compared & marked).long()
    colors = ListedColormap([_NOTHING, _EQUAL, color])
    axes.imshow(kinds.numpy(), cmap=colors, vmin=0, vmax=2, interpolation="nearest")
    high, wide = kinds.shape
    axes.set_xticks([n - 0.5 for n in range(wide + 1)], minor=True)
    axes.set_yticks([n - 0.5 for n in range(high + 1)], minor=True)
    axes.grid(which="minor", color="white", lw=0.4)
    _plain(axes, "", "")


def _plain(axes: Axes, title: str, label: str) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=_TITLE_PT)
    axes.set_xlabel(label, fontsize=_TEXT_PT)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], text: str) -> None:
    style: dict[str, Any] = {"arrowstyle": "-|>", "lw": 1.6, "color": STYLE["ink"]}
    places = {"xycoords": "axes fraction", "textcoords": "axes fraction"}
    axes.annotate("", end, start, arrowprops=style, annotation_clip=False, **places)
    aside = (0.0, 0.05) if start[1] == end[1] else (0.06, 0.0)
    x, y = ((a + b) / 2 + c for a, b, c in zip(start, end, aside, strict=True))
    axes.text(x, y, text, transform=axes.transAxes, ha="center", va="center", fontsize=13)


def _transform(found: CommutingSquare) -> str:
    return f"{found.transform} {found.value:g}{_symbol(found.unit)}"


def _symbol(unit: str) -> str:
    return {"pixels": " px", "degrees": "°"}.get(unit, "")
