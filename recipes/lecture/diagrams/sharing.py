"""Which weight leads where, and how many parameters it would take without sharing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_COLORS = ("#2a6f97", "#c8452f", "#e0a030")
_LINE = "#b9b9b9"


def draw_weight_table(axes: Axes, table: NDArray[Any]) -> None:
    """Draw a matrix of weights into `axes`, units by inputs, one color for each weight.

    Parameters
    ----------
    table : number of the weight from each input (column) to each unit (row); 0 for none.
    """
    from matplotlib.colors import ListedColormap

    few = table.max() <= len(_COLORS)
    axes.imshow(table, cmap=ListedColormap(["white", *_COLORS]) if few else "viridis", vmin=0)
    axes.set_title(f"{table.max()} weights", fontsize=10)
    axes.set_xlabel("input", fontsize=9)
    axes.set_ylabel("unit", fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])


def draw_ratios(
    axes: Axes, rows: Mapping[str, tuple[int, int]], names: tuple[str, str], unit: str
) -> None:
    """Draw two numbers for each row into `axes`, on a logarithmic scale, with their ratio.

    Parameters
    ----------
    rows : name -> the smaller and the larger number.
    names : of the two, for the legend.
    unit : of both, below the scale.
    """
    for at, (less, more) in enumerate(rows.values()):
        axes.plot([less, more], [at, at], color=_LINE, lw=1.5, zorder=1)
        for number, shape, color, name in zip((less, more), "os", _COLORS, names, strict=False):
            axes.plot(number, at, shape, ms=7, color=color, label=None if at else name)
        said = f"{more / less:,.0f} times"
        axes.text((less * more) ** 0.5, at - 0.12, said, ha="center", fontsize=10)
    axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), list(rows), fontsize=9)
    axes.invert_yaxis()
    axes.set_xlabel(unit, fontsize=10)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
