"""Figure of all planes of a small network for one image, from the image to its last vector."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import TYPE_CHECKING

from vizkit.plots.frame import add_head, new_figure
from vizkit.plots.style import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

    from vizkit.networks.network import Network

_GAP = 0.12


def planes(
    network: Network,
    image: Tensor,
    layers: Sequence[str],
    *,
    vectors: tuple[int, int] | None = None,
) -> Figure:
    """Draw every map of some layers for one image, column by column.

    Black is the lowest and white the highest value of a layer.

    Parameters
    ----------
    image : C H W in [0, 1].
    layers : names or aliases.
    vectors : (rows, columns) to draw a vector in that has as many values; by default a square.
    """
    import torch

    from vizkit.activations import capture

    known = [network.layer(name) for name in layers]
    with torch.no_grad(), capture(network, [each.name for each in known]) as activations:
        network(image[None].to(network.device))
    maps = [image, *(activations[each.name][0].float().cpu() for each in known)]
    titles = ["image", *(each.aliases[0] if each.aliases else each.name for each in known)]
    pictures = [_tiled(each, vectors) for each in maps]
    wide = [picture.shape[1] / picture.shape[0] for picture in pictures]
    figure = new_figure(1.7 * sum(wide) + 0.3, 2.6)
    for axes, picture, title, values in zip(
        figure.subplots(1, len(pictures), width_ratios=wide), pictures, titles, maps, strict=True
    ):
        axes.imshow(picture.numpy(), cmap="gray", interpolation="none")
        size = " × ".join(map(str, values.shape))
        axes.set_title(f"{title}\n{size}")
        axes.set_axis_off()
    add_head(figure, f"{network.source}  every plane, for one image", network.weights.random)
    figure.set_facecolor(STYLE["paper"])
    return figure


def _tiled(values: Tensor, vectors: tuple[int, int] | None) -> Tensor:
    """Maps beside and below each other, NaN between them."""
    import torch

    low, high = values.min(), values.max()
    shades = (values - low) / (high - low).clamp(min=1e-12)
    if values.numel() == len(values):
        fits = vectors is not None and vectors[0] * vectors[1] == len(values)
        rows, columns = vectors if fits and vectors else _square(len(values))
        return _filled(shades.flatten(), rows * columns).view(rows, columns)
    count, height, width = values.shape
    rows, columns = _square(count)
    gap = ceil(_GAP * height)
    sheet = torch.full((rows * (height + gap) - gap, columns * (width + gap) - gap), torch.nan)
    for number, each in enumerate(shades):
        y, x = (number // columns) * (height + gap), (number % columns) * (width + gap)
        sheet[y : y + height, x : x + width] = each
    return sheet


def _square(count: int) -> tuple[int, int]:
    columns = ceil(sqrt(count) / 1.3) if count > 1 else 1
    return ceil(count / columns), columns


def _filled(values: Tensor, count: int) -> Tensor:
    import torch

    return torch.cat([values, values.new_full((count - len(values),), torch.nan)])
