"""The two ways around the square: first transform and then see, or first see and then transform."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.probing.equivariance.correspondence import correspond
from vizkit.probing.equivariance.motion import Motion
from vizkit.probing.equivariance.scenes import Scenes
from vizkit.probing.equivariance.unit_grid import read, unit_grids
from vizkit.transforms import Transform
from vizkit.transforms import transform as find_transform


@dataclass(frozen=True, eq=False)
class CommutingSquare:
    """One image and one layer: f(g x) beside g f(x).

    Attributes
    ----------
    network, layer : names; `random` is true for weights that were never trained.
    transform, value, unit : the transform g.
    stride : (y, x) of the layer in pixels.
    on_grid : g takes units to units, so that g f(x) is read and not interpolated.
    image, transformed : x and g x as the network sees them, C H W in [0, 1].
    before, after : f(x) and f(g x), C h w.
    moved : g f(x), C h w; NaN where it comes from beyond the map.
    interior : units that no padding can reach, neither in f(x) nor in f(g x), by the calculator of
        receptive fields, h x w.
    """

    network: str
    random: bool
    layer: str
    transform: str
    value: float
    unit: str
    stride: tuple[int, int]
    on_grid: bool
    image: Tensor
    transformed: Tensor
    before: Tensor
    after: Tensor
    moved: Tensor
    interior: Tensor

    @property
    def difference(self) -> Tensor:
        """f(g x) less g f(x), C h w; NaN where there is nothing to compare."""
        return self.after - self.moved

    @property
    def compared(self) -> Tensor:
        """Units with both, h x w."""
        return ~self.moved.isnan().any(0)

    @property
    def broken(self) -> Tensor:
        """Units any of whose channels differ in the two ways, be it by the last bit, h x w."""
        return self.compared & (self.difference != 0).any(0)

    def error(self, where: Tensor) -> float:
        """Largest difference of the units `where`, h x w, by the largest response of the layer."""
        if not bool((where & self.compared).any()):
            return float("nan")
        largest = self.difference[:, where & self.compared].abs().amax()
        return float(largest / self.before.abs().amax())


def commuting_square(
    network: Network,
    layer: str,
    transform: str | Transform,
    value: float,
    image: Tensor,
    *,
    input_size: tuple[int, int] | None = None,
    after_activation: bool = True,
) -> CommutingSquare:
    """See an image and its transform, and move the map of the former as the transform would.

    Parameters
    ----------
    layer : name or alias of a layer with a map.
    transform, value : the transform, which moves pixels.
    image : 1 C H W in [0, 1]. Where it is larger than `input_size`, what comes in is more of it.
    input_size : (height, width) of what the network sees, in the middle of the image; by default
        the network's own.
    after_activation : as for `vizkit.capture`.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or transform.
    UsageError : a value that is not allowed, an image smaller than the input, or a layer whose
        units have no places in it.

    Examples
    --------
    >>> import vizkit
    >>> net, image = vizkit.load("lenet5"), torch.rand(1, 1, 40, 40)
    >>> found = commuting_square(net, "c1", "shift_x", 1, image)
    >>> found.interior.sum().item(), found.broken.sum().item()
    (756, 0)
    """
    chosen = find_transform(transform)
    size = (image.shape[-2], image.shape[-1])
    window = input_size or network.input_size
    if image.ndim != 4 or len(image) != 1 or size[0] < window[0] or size[1] < window[1]:
        raise UsageError(
            f"an image of shape {tuple(image.shape)} does not cover an input of {window}.\n"
            "  Give one image, 1 C H W, as large as the input or larger."
        )
    scenes = Scenes(image, window)
    chosen.check(value, tuple(image.shape[1:]))
    motion, still = (Motion.of(chosen, each, size) for each in (value, chosen.identity))
    grid = unit_grids(network, [layer], window)[layer]
    plan = correspond(grid, scenes, still, motion)
    if grid is None or plan is None:
        raise UsageError(
            f"{layer!r} has no map whose units have places in the image.\n"
            "  Choose a layer before global pooling."
        )
    seen = [scenes.seen(each) for each in (image, motion.apply(image))]
    maps = []
    with torch.no_grad(), capture(network, layer, after_activation=after_activation) as acts:
        for each in seen:
            network(each)
            maps.append(acts[layer][0].clone())
    before, after = maps
    moved = read(before, plan.indices)
    moved[:, ~plan.whole.to(moved.device)] = torch.nan
    return CommutingSquare(
        network=network.source,
        random=network.weights.random,
        layer=layer,
        transform=chosen.name,
        value=float(value),
        unit=chosen.unit,
        stride=grid.stride,
        on_grid=plan.on_grid,
        image=seen[0][0].cpu(),
        transformed=seen[1][0].cpu(),
        before=before.cpu(),
        after=after.cpu(),
        moved=moved.cpu(),
        interior=plan.interior,
    )
