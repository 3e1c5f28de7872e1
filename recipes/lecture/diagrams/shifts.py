"""Heat maps of the errors of equivariance over shifts along both axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from computations.shift_maps import ShiftMaps

_LEAST = 1e-4


def shift_heat_maps(found: ShiftMaps, layers: Sequence[str] | None = None) -> Figure:
    """Errors over all shifts, one column per layer: whole maps, interiors, and phases below.

    Top: over all units. Middle: over units that no padding can reach. Bottom: the mean of the
    latter over shifts of one phase. All panels have one logarithmic scale; white is below it,
    which exact equivariance is, and gray could not be measured.

    Parameters
    ----------
    found : result of `computations.shift_maps.shift_maps`.
    layers : by default all that were measured.

    Raises
    ------
    UsageError : a layer that was not measured, or none.
    """
    names = list(found.layers if layers is None else layers)
    missing = [name for name in names if name not in found.layers]
    if missing or not names:
        raise UsageError(
            f"{missing or 'no layer'} was not measured.\n  There are: {', '.join(found.layers)}."
        )
    figure = new_figure(1.55 * len(names) + 1.6, 5.4)
    grid = figure.subplots(3, len(names), squeeze=False)
    shown: Any = None
    for column, name in enumerate(names):
        layer = found.layers[name]
        shown = _draw_shifts(grid[0, column], found, found.total(name))
        _draw_shifts(grid[1, column], found, found.interior(name))
        stride = "no map" if layer.stride is None else f"stride {layer.stride[0]}"
        grid[0, column].set_title(f"{name}\n{stride}", parse_math=False)
        grid[1, column].set_xlabel("dx [px]")
        if layer.stride is None:
            grid[2, column].set_axis_off()
        else:
            _draw_map(grid[2, column], found.phases(name), None)
            grid[2, column].set_xlabel("dx mod stride")
    for axes, label in zip(
        grid[:, 0],
        ("all units\ndy [px]", "interior\ndy [px]", "phases\ndy mod stride"),
        strict=True,
    ):
        axes.set_ylabel(label)
    bar = figure.colorbar(shown, ax=grid, fraction=0.03, pad=0.02)
    bar.set_label("squared error [that of another image]")
    title = f"{found.network}  shifts, {found.images} images; white: less than {_LEAST:g}"
    add_head(figure, title, found.random)
    return figure


def _draw_shifts(axes: Axes, found: ShiftMaps, values: Any) -> Any:
    step_y, step_x = (abs(s[-1] - s[0]) / max(len(s) - 1, 1) or 1 for s in (found.dy, found.dx))
    extent = (
        found.dx[0] - step_x / 2,
        found.dx[-1] + step_x / 2,
        found.dy[-1] + step_y / 2,
        found.dy[0] - step_y / 2,
    )
    shown = _draw_map(axes, values, extent)
    for shifts, ticks in ((found.dx, axes.set_xticks), (found.dy, axes.set_yticks)):
        ticks(sorted({shifts[0], shifts[len(shifts) // 2], shifts[-1]}))
    return shown


def _draw_map(axes: Axes, values: Any, extent: tuple[float, float, float, float] | None) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import LogNorm

    colors = colormaps["magma_r"].with_extremes(bad="#cfcfcf", under="white")
    # A logarithm has no 0: nothing at all is drawn as what lies below the scale.
    drawn = values.clamp(min=_LEAST / 10).numpy()
    shown = axes.imshow(
        drawn, cmap=colors, norm=LogNorm(_LEAST, 2), extent=extent, interpolation="none"
    )
    if extent is None:
        height, width = values.shape
        axes.set_xticks(sorted({0, width // 2, width - 1}))
        axes.set_yticks(sorted({0, height // 2, height - 1}))
    return shown
