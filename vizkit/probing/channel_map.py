"""The linear map between channels that a transform of the image amounts to.

After Lenc and Vedaldi ("Understanding image representations by measuring their equivariance and
equivalence", 2015): f(g x) = M g f(x), where g moves the units and M is the same at all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vizkit.activations import capture
from vizkit.errors import UsageError
from vizkit.images.sources import Images
from vizkit.networks.network import Network
from vizkit.probing.canvas import canvas_of
from vizkit.probing.correspondence import correspond
from vizkit.probing.family import Family, family
from vizkit.probing.motion import moves_pixels, step_of
from vizkit.probing.unit_grid import read, unit_grids

_BATCH = 4
RIDGE = 1e-6
"""Weight of the squared map, by the mean square of the channels."""


@dataclass(frozen=True, eq=False)
class ChannelMap:
    """The map M, b of C channels nearest to f(g x) = M g f(x) + b, by least squares.

    Errors are squared and divided by the variance of the channels: 0 is perfect, 1 is the best
    constant.

    Attributes
    ----------
    matrix : M, float64, C x C; row i tells what channel i becomes of.
    bias : b, C.
    fitted : error on the images that the map was fitted to.
    error : error on other images.
    unchanged : error on those images of the identity in place of the map; M is worth something
        where `error` is far below it.
    units : number of units of all images that the map was fitted to.
    """

    matrix: Tensor
    bias: Tensor
    fitted: float
    error: float
    unchanged: float
    units: int

    def permutation(self) -> tuple[int, ...] | None:
        """Channel that each channel becomes of, where the map does no more than exchange channels.

        That is when the largest weight of every row is more than half of the row's weights
        together and no two rows have it in the same column; else None.
        """
        share, columns = (self.matrix.abs() / self.matrix.abs().sum(1, keepdim=True)).max(1)
        found = tuple(columns.tolist())
        return found if bool((share > 0.5).all()) and len(set(found)) == len(found) else None


class Moments:
    """Sums of products of the channels of pairs of maps, enough to fit and judge a map between."""

    def __init__(self, channels: int) -> None:
        self.count = 0
        # Channels before, channels after, and a column of ones between them for the bias.
        self._products = torch.zeros(2 * channels + 1, 2 * channels + 1, dtype=torch.float64)
        self._channels = channels

    def add(self, before: Tensor, after: Tensor) -> None:
        """Add units, n x C each."""
        ones = torch.ones(len(before), 1, dtype=torch.float64, device=before.device)
        rows = torch.cat([before.double(), ones, after.double()], 1)
        self._products += (rows.T @ rows).cpu()
        self.count += len(rows)

    def fit(self, ridge: float) -> Tensor:
        """Map with the bias as its last row, C + 1 x C, by ridge regression."""
        size = self._channels + 1
        inputs, outputs = self._products[:size, :size], self._products[:size, size:]
        weight = torch.full((size,), ridge * float(inputs.diagonal()[:-1].mean()))
        weight[-1] = 0
        found: Tensor = torch.linalg.lstsq(inputs + weight.diag(), outputs, driver="gelsd").solution
        return found

    def error(self, fitted: Tensor) -> float:
        """Squared error of a map by the variance of what it should give."""
        size = self._channels + 1
        inputs, outputs = self._products[:size, :size], self._products[:size, size:]
        square = self._products[size:, size:].diagonal().sum()
        mean = outputs[-1] / self.count
        error = square - 2 * (fitted * outputs).sum() + (fitted * (inputs @ fitted)).sum()
        return float(error.clamp(min=0) / (square - self.count * mean.square().sum()))


def channel_map(
    network: Network | nn.Module,
    layer: str,
    family_of: str | Family,
    value: float,
    images: Images = "photographs",
    *,
    input_size: tuple[int, int] | None = None,
    after_activation: bool = False,
    ridge: float = RIDGE,
) -> ChannelMap:
    """Map between the channels of `layer` that the transform of the image amounts to.

    Fitted on every other image over the units that no padding can reach, judged on the rest. Where
    the transform takes units between units, the window is first moved by a few pixels, if that
    helps.

    Parameters
    ----------
    family_of, value : the transform; quarter turns and reflections are exact.
    ridge : weight of the squared map, by the mean square of the channels.

    Other parameters are those of `vizkit.equivariance`.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or family.
    UsageError : a layer without a map, or without units that no padding can reach.

    Examples
    --------
    A filter and its mirror image exchange their parts when the image is reflected:

    >>> net = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False))
    >>> filters = net[0].weight.data
    >>> filters[1] = filters[0].flip(-1)
    >>> found = channel_map(net, "0", "reflection_x", 1, torch.rand(4, 1, 12, 12))
    >>> found.permutation(), round(found.error, 6)
    ((1, 0), 0.0)
    """
    chosen = family(family_of) if isinstance(family_of, str) else family_of
    canvas = canvas_of(network, images, input_size, room=moves_pixels(chosen, value))
    chosen.check(value, tuple(canvas.images.shape[1:]))
    step = step_of(chosen, value, canvas.size)
    still = step_of(chosen, chosen.identity, canvas.size)
    acts = capture(network, layer, after_activation=after_activation)
    grid = unit_grids(network, [layer], canvas.images.shape[1], canvas.window)[layer]
    plan = correspond(grid, canvas, still, step)
    if plan is None:
        raise UsageError(f"{layer!r} has no map of units.\n  Name a layer before it.")
    nudge, indices, chosen_units = (0, 0), plan.indices, plan.interior
    if plan.nudge is not None and plan.nudged is not None:
        nudge, indices, chosen_units = plan.nudge, plan.nudged, plan.nudged_interior
    if not chosen_units.any():
        raise UsageError(
            f"padding reaches every unit of {layer!r} in images of {canvas.window}.\n"
            "  Give larger images, by input_size, or name a layer before it."
        )
    halves: list[Moments] = []
    with torch.no_grad(), acts:
        for batch in canvas.batches(_BATCH):
            network(canvas.seen(still.apply(batch)))
            before = read(acts[layer], indices)[:, :, chosen_units]
            network(canvas.seen(step.apply(batch), *nudge))
            after = acts[layer][:, :, chosen_units]
            halves = halves or [Moments(before.shape[1]) for _ in range(2)]
            for number in range(len(batch)):
                halves[number % 2].add(before[number].T, after[number].T)
        acts.clear()
    fitted_to, judged_on = halves
    solution = fitted_to.fit(ridge)
    same = torch.eye(*solution.shape, dtype=torch.float64)
    return ChannelMap(
        solution[:-1].T,
        solution[-1],
        fitted_to.error(solution),
        judged_on.error(solution),
        judged_on.error(same),
        fitted_to.count,
    )
