"""A family of channels: its members in order, and their responses moved onto each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from vizkit.errors import UsageError
from vizkit.plots.frame import add_head, new_figure
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

    from vizkit.probing.families import ChannelFamily, Families, Member
    from vizkit.rendering import Render

_ABREAST = 12
_WIDE = 0.72
_CURVES = 2.2


def family_sheet(
    found: Families, number: int = 0, renders: Iterable[Render] | None = None
) -> Figure:
    """Members of one family in order of their values, and their curves before and after alignment.

    Pictures are the members' renders where given, else their filters, each on gray at its own
    scale. Curves at the left are as measured; at the right each is moved back by its member's
    value, so that those of true copies fall onto each other.

    Parameters
    ----------
    found : of `vizkit.families`.
    number : of the family, the largest first.
    renders : pictures of the channels, found by their addresses; the others are left out.

    Raises
    ------
    UsageError : there is no such family.
    """
    if not 0 <= number < len(found):
        raise UsageError(
            f"there is no family {number} of {found.network}/{found.layer}: "
            f"{len(found)} were found.\n  Give a number from 0 to {len(found) - 1}."
            if len(found)
            else f"no family was found in {found.network}/{found.layer} under {found.transform}."
        )
    family = found[number]
    pictures = _pictures(found, family, renders)
    rows = math.ceil(len(family) / _ABREAST)
    high = 1.15 * _WIDE if pictures else 0.34
    across = max(6.0, _WIDE * min(len(family), _ABREAST) + 0.3)
    figure = new_figure(across, rows * high + _CURVES + 0.75)
    spec = figure.add_gridspec(2, 1, height_ratios=(rows * high, _CURVES))
    top = spec[0].subgridspec(rows, min(max(len(family), 6), _ABREAST))
    colors = _colors(len(family))
    for place, member in enumerate(family.members):
        axes = figure.add_subplot(top[divmod(place, _ABREAST)])
        _draw_member(axes, member, found, pictures.get(member.channel))
    below = spec[1].subgridspec(1, 2)
    measured = figure.add_subplot(below[0])
    aligned = figure.add_subplot(below[1], sharey=measured)
    _draw_curves(measured, found, family, colors, moved=False)
    _draw_curves(aligned, found, family, colors, moved=True)
    add_head(figure, _heading(found, family), found.random)
    for axes, color in zip(figure.axes, colors, strict=False):
        axes.spines[:].set_visible(False)
        axes.spines["bottom"].set(visible=True, color=color, linewidth=3, position=("outward", 2))
    figure.supxlabel(
        _small_print(found, family), fontsize=STYLE["caption_pt"], color=STYLE["faint"]
    )
    return figure


def _pictures(
    found: Families, family: ChannelFamily, renders: Iterable[Render] | None
) -> dict[int, Any]:
    """Pixels to show, by channel: H W C, or H W for gray."""
    if renders is not None:
        channels = {member.unit.address: member.channel for member in family.members}
        return {
            channels[each.address]: each.pixels().squeeze()
            for each in renders
            if each.address in channels
        }
    if found.filters is None or found.filters.shape[1] not in (1, 3):
        return {}
    filters = found.filters[list(family.channels)]
    shown = 0.5 + 0.5 * filters / filters.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
    pixels = [(255 * each).round().byte().permute(1, 2, 0).squeeze(2).numpy() for each in shown]
    return dict(zip(family.channels, pixels, strict=True))


def _draw_member(axes: Axes, member: Member, found: Families, picture: Any) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    if picture is not None:
        gray: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255}
        axes.imshow(picture, interpolation="nearest", **(gray if picture.ndim == 2 else {}))
    else:
        axes.patch.set_visible(False)
    axes.set_title(f":{member.channel}\n{_worded(member.value.value, found)}", parse_math=False)


def _draw_curves(
    axes: Axes,
    found: Families,
    family: ChannelFamily,
    colors: Sequence[tuple[float, ...]],
    *,
    moved: bool,
) -> None:
    for member, curve, color in zip(family.members, family.curves, colors, strict=True):
        height = _heights(curve, found).tolist()
        x = [_moved(value, member.value.value, found) if moved else value for value in found.values]
        points = sorted(zip(x, height, strict=True))
        axes.plot(*zip(*points, strict=True), "-", color=color, lw=0.9, marker="o", ms=1.4)
    relation = "less"
    if found.unit == "times":
        relation = "over"
        axes.set_xscale("log", base=2)
    elif found.unit == "reflections":
        axes.set_xticks([0, 1])
    what = f"{relation} the member's own" if moved else "of the image"
    axes.set_xlabel(f"{found.transform} {what} [{found.unit}]")
    axes.set_title("moved onto each other" if moved else "as measured")
    if moved:
        axes.tick_params(labelleft=False)
    else:
        middle = found.values[len(found.values) // 2]
        axes.set_ylabel(
            f"correlation with :{family.reference.place} at {middle:g}"
            if found.period is None
            else "response, centered\n[share of its range]"
        )


def _moved(value: float, own: float, found: Families) -> float:
    if found.period is None:
        return value / own
    # Two sides of a mirror stay 0 and 1; angles go from minus to plus half a turn.
    half = 0.0 if found.unit == "reflections" else found.period / 2
    return (value - own + half) % found.period - half


def _heights(curve: Tensor, found: Families) -> Tensor:
    if found.period is None:
        return curve
    spread = curve - curve.mean()
    return spread / spread.abs().max().clamp(min=1e-12)


def _worded(value: float, found: Families) -> str:
    if found.unit == "degrees":
        return f"{value:.0f}°"
    return f"× {value:.2f}" if found.unit == "times" else ("mirrored" if value else "as it is")


def _heading(found: Families, family: ChannelFamily) -> str:
    return (
        f"{found.network}/{found.layer}  {len(family)} channels that differ by {found.transform}"
        f"  p {'=' if family.p > 0.001 else '≤'} {family.p:.3g}"
    )


def _small_print(found: Families, family: ChannelFamily) -> str:
    likeness = [each.likeness.value for each in family.members if each.p > 0]
    text = (
        f"likeness to :{family.reference.place} {min(likeness):.2f} to {max(likeness):.2f}; "
        f"chance reaches {found.floor:.2f}"
    )
    if family.symmetry > 1:
        text += f"; alike after 1/{family.symmetry} of a turn, told apart within {family.period:g}"
    if found.period is not None and found.unit == "degrees":
        text += f"\nevery image's curve begins where :{family.reference.place} responds most"
    return text


def _colors(count: int) -> list[tuple[float, ...]]:
    from matplotlib import colormaps

    # Without the darkest ends, which look alike.
    return [colormaps["turbo"](0.08 + 0.84 * step / max(count - 1, 1)) for step in range(count)]
