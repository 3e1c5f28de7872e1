"""Figures of effective receptive fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, name_ticks, new_figure, weights_color
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

    from vizkit.receptive_fields.effective.density import Density
    from vizkit.receptive_fields.effective.effective_field import EffectiveField
    from vizkit.receptive_fields.effective.growth import Growth
    from vizkit.receptive_fields.effective.null_model import NullField

_SHARE = "#ffffff"
_BEYOND = "#e4e4e4"
_DECADES = 3


def field_map(field: EffectiveField, null: NullField | None = None) -> Figure:
    """Map of an effective field within its theoretical one, and its profile beside it.

    The map is drawn in logarithms, three decades down from the peak. Gray is what the border of
    the input cuts off. The profile is the map summed over rows, with the Gaussian fitted to the map
    and, where given, the null model at the same place.

    Parameters
    ----------
    field : result of `vizkit.receptive_fields.effective_field`.
    null : of `null_field`, for the same layer, positions and input size.

    Raises
    ------
    UsageError : `null` is in another frame than `field`.
    """
    if null is not None and null.map.shape != field.map.shape:
        raise UsageError(
            f"the null field's map has {tuple(null.map.shape)} pixels, the field's "
            f"{tuple(field.map.shape)}.\n"
            f"  Give null_field(net, {field.layer!r}, positions=field.positions, "
            "input_size=field.input_size)."
        )
    figure = new_figure(7.2, 3.5)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    _draw_map(figure, left, field)
    _draw_profile(right, field, null)
    add_head(figure, f"{field.network}  {field.layer}  effective receptive field", field.random)
    return figure


def growth_curves(*growths: Growth) -> Figure:
    """Fields over the depth of one architecture, with one curve for each of its weights.

    At the left over the layers; at the right the effective over the theoretical size, both in
    logarithms, with the slopes of the layers whose fields lie within the input. Hollow marks are
    fields that the border of the input cuts off.

    Parameters
    ----------
    growths : results of `vizkit.receptive_fields.growth` for the same layers and input size, the
        trained weights and random ones for example.

    Raises
    ------
    UsageError : none, or such of different layers or input sizes.
    """
    if not growths:
        raise UsageError("there is no growth to draw.\n  Give vizkit.receptive_fields.growth(...).")
    first = growths[0]
    for other in growths[1:]:
        if _frame(other) != _frame(first):
            raise UsageError(
                f"{other.network} was measured at other layers or another input size than "
                f"{first.network}.\n  One figure takes one architecture; draw them one by one."
            )
    figure = new_figure(7.6, 3.7)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    _draw_depth(left, growths)
    _draw_slopes(right, growths)
    weight = first.layers[0].effective.weight
    what = "squared gradient" if weight == "energy" else "gradient magnitude"
    name = ", ".join(growth.network for growth in growths)
    trained = not all(growth.random for growth in growths)
    add_head(figure, f"{name}  sides of the squares that hold 95 % of the {what}", not trained)
    return figure


def _draw_map(figure: Figure, axes: Axes, field: EffectiveField) -> None:
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Rectangle

    center_y, center_x = field.center
    high, wide = field.map.shape
    extent = (-0.5 - center_x, wide - 0.5 - center_x, high - 0.5 - center_y, -0.5 - center_y)
    shades = (field.map / field.map.max()).clamp(min=10.0**-_DECADES).numpy()
    shown = axes.imshow(
        shades,
        cmap="magma",
        norm=LogNorm(10.0**-_DECADES, 1),
        extent=extent,
        interpolation="none",
    )
    half_y, half_x, half = field.field[0] / 2, field.field[1] / 2, field.mass(0.95) / 2
    room = 0.04 * max(field.field)
    axes.set_xlim(-half_x - room, half_x + room)
    axes.set_ylim(half_y + room, -half_y - room)
    corner, sides = (-half_x, -half_y), (2 * half_x, 2 * half_y)
    axes.add_patch(Rectangle(corner, *sides, facecolor=_BEYOND, lw=0, zorder=-1))
    for y, x, color, style in (
        (half_y, half_x, STYLE["ink"], "-"),
        (half, half, _SHARE, "--"),
    ):
        axes.add_patch(
            Rectangle((-x, -y), 2 * x, 2 * y, fill=False, ec=color, lw=1, ls=style, zorder=3)
        )
    height, width = field.field
    axes.set_title(f"field {height} × {width} px, solid; 95 % in {2 * half:.0f} px, dashed")
    axes.set_xlabel("x from the field's center [px]")
    axes.set_ylabel("y from the field's center [px]")
    if high < field.field[0] or wide < field.field[1]:
        gray, size = STYLE["faint"], STYLE["caption_pt"]
        axes.text(0, half_y - room, "beyond the image", ha="center", color=gray, fontsize=size)
    bar = figure.colorbar(shown, ax=axes, fraction=0.046, pad=0.03)
    bar.set_label(f"mean {_measure(field)}, share of peak")
    bar.ax.tick_params(which="minor", length=0)


def _draw_profile(axes: Axes, field: EffectiveField, null: NullField | None) -> None:
    import torch

    color = weights_color(field.random)
    width = _bin(field)
    x, shares = _binned(_shares(field), field, width)
    axes.fill_between(x, shares, color=color, alpha=0.3, lw=0, step="mid")
    words = f"{_measure(field)} of {field.images} images, σ {field.sigma[1]:.1f} px"
    axes.step(x, shares, color=color, lw=0.9, where="mid", label=words)
    fit = field.fit
    if fit.sigma[1] < float("inf"):
        columns = torch.arange(field.map.shape[1], dtype=torch.float64)
        bell = (-0.5 * ((columns - fit.center[1]) / fit.sigma[1]) ** 2).softmax(0)
        words = f"Gaussian, σ {fit.sigma[1]:.1f} px, R² {fit.r2:.2f} of the map"
        line = {"color": STYLE["faint"], "lw": 1.1, "ls": "--"}
        axes.plot(columns - field.center[1], 100 * bell, label=words, **line)
    if null is not None:
        words = f"null model, σ {null.sigma[1]:.1f} px"
        axes.plot(
            *_binned(_shares(null), null, width), color=STYLE["ink"], lw=1.2, ls=":", label=words
        )
    half = field.field[1] / 2
    axes.set_xlim(-half * 1.08, half * 1.08)
    for edge in (-half, half):
        axes.axvline(edge, color=STYLE["ink"], lw=1)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.3)
    axes.set_xlabel("x from the field's center [px]")
    over = f", means over {width} columns" if width > 1 else ""
    axes.set_ylabel(f"share of mass per column [%]{over}")
    axes.legend(loc="upper center", frameon=False)


def _draw_depth(axes: Axes, growths: Sequence[Growth]) -> None:
    first = growths[0]
    places = range(len(first.layers))
    theory = [layer.theory for layer in first.layers]
    _draw_curves(axes, places, growths, ("theory", *map(_name, growths), "null model"))
    side = min(first.input_size)
    if max(theory) > side:
        axes.axhline(side, color=STYLE["faint"], lw=0.7, ls=(0, (6, 4)))
        axes.annotate(
            f"input {side} px",
            (0, side),
            xytext=(0, -8),
            textcoords="offset points",
            color=STYLE["faint"],
            fontsize=STYLE["caption_pt"],
        )
    name_ticks(axes, [layer.layer for layer in first.layers])
    axes.set_ylim(0)
    axes.set_ylabel("side [px]")
    axes.legend(loc="upper left", frameon=False)
    if not all(layer.whole for layer in first.layers):
        axes.set_xlabel("hollow: the border of the input cuts the field off")


def _draw_slopes(axes: Axes, growths: Sequence[Growth]) -> None:
    from matplotlib.ticker import LogFormatter

    first = growths[0]
    axes.set_xscale("log")
    axes.set_yscale("log")
    slopes = (f"{_name(growth)}, slope {growth.slope:.2f}" for growth in growths)
    names = ("theory, slope 1", *slopes, f"null model, slope {first.null_slope:.2f}")
    _draw_curves(axes, [layer.theory for layer in first.layers], growths, names)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))
    axes.tick_params(which="minor", labelsize=STYLE["caption_pt"])
    axes.set_xlabel("theoretical side [px]")
    axes.set_ylabel("side with 95 % [px]")
    axes.legend(loc="lower right", frameon=False)


def _draw_curves(
    axes: Axes, xs: Sequence[float], growths: Sequence[Growth], names: Sequence[str]
) -> None:
    """Theory, each network and the null model, by the names given in this order."""
    layers, (theory, *measured, null) = growths[0].layers, names
    axes.plot(xs, [layer.theory for layer in layers], color=STYLE["faint"], lw=1.3, label=theory)
    for growth, name in zip(growths, measured, strict=True):
        sizes = [layer.effective.mass(0.95) for layer in growth.layers]
        axes.plot(xs, sizes, color=weights_color(growth.random), lw=1.3, label=name)
        _marks(axes, growth, xs, sizes)
    sizes = [layer.null.mass(0.95) for layer in layers]
    axes.plot(xs, sizes, color=STYLE["ink"], lw=1.1, ls=":", label=null)


def _marks(axes: Axes, growth: Growth, xs: Sequence[float], ys: Sequence[float]) -> None:
    for x, y, layer in zip(xs, ys, growth.layers, strict=True):
        fill = weights_color(growth.random) if layer.whole else STYLE["paper"]
        axes.plot(x, y, "o", ms=3.2, mew=0.9, color=weights_color(growth.random), mfc=fill)


def _bin(density: Density) -> int:
    """Columns to average: strides weigh every other column, or every fourth, more than the rest."""
    width: int = density.map.shape[1]
    return 1 if width < 48 else 1 << (width // 16).bit_length() - 1


def _shares(density: Density) -> Tensor:
    """Mass per column in percent."""
    return 100 * density.map.sum(0)


def _binned(shares: Tensor, density: Density, width: int) -> tuple[Tensor, Tensor]:
    """Places of bins of columns from the field's center on, and the means in them."""
    import torch

    places = torch.arange(len(shares), dtype=torch.float64) - density.center[1]
    number = ((places + width / 2) / width).floor().long()
    number = number - number[0]
    count = number.bincount()
    return number.bincount(places) / count, number.bincount(shares) / count


def _measure(field: EffectiveField) -> str:
    return "|gradient|" if field.weight == "magnitude" else "gradient²"


def _frame(growth: Growth) -> tuple[object, ...]:
    return growth.input_size, tuple((layer.layer, layer.effective.field) for layer in growth.layers)


def _name(growth: Growth) -> str:
    return "random weights" if growth.random else growth.network
