"""Attribution of a unit's response to images."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from vizkit.attribution.honesty import completeness_error, randomize, rank_correlation
from vizkit.attribution.method import METHODS, Method
from vizkit.attribution.question import Question
from vizkit.attribution.result import Attribution
from vizkit.attribution.separate import separated
from vizkit.attribution.target import Reduce, Target
from vizkit.errors import UsageError
from vizkit.layer_info import LayerInfo
from vizkit.networks.given import Given, given_network, given_unit
from vizkit.networks.layers.order import check_order, shown_before
from vizkit.networks.network import Network
from vizkit.networks.units import Named
from vizkit.progress import OnProgress, Progress
from vizkit.receptive_fields.calculate import receptive_field
from vizkit.unit import Direction, Unit

if TYPE_CHECKING:
    from vizkit.images.photo import Photo

_BATCH = 8
"""Images of 224 x 224 that are passed at once; memory does not grow with the steps."""
_STRICT = 0.01


def attribute(
    network: Given,
    unit: Named | Direction,
    images: Photo | Sequence[Photo],
    method: str = "integrated_gradients",
    *,
    to: str = "input",
    response: Reduce = "mean",
    baseline: float = 0.0,
    steps: int = 64,
    progress: OnProgress | None = None,
) -> Attribution:
    """Which pixels of `images`, or which channels of a layer below, drive `unit`.

    The response is what is measured of a picture, before the ReLU. Every map is made again with
    shuffled weights, and the two are compared.

    Parameters
    ----------
    network : a name, a network of `vizkit.load`, or a module.
    unit : address of a channel, neuron or logit, or a direction.
    images : a photograph or several, which are made to fit as by `Network.prepare`, or a tensor
        B C H W in [0, 1], which is taken as it is.
    method : name in `vizkit.attribution.METHODS`.
    to : ``"input"`` for pixels, or a layer, for its channels.
    response : of a channel, ``"mean"`` or ``"max"`` of its map.
    baseline : what nothing is, in [0, 1]; black by default.
    steps : of methods that go from the baseline to the image.
    progress : called with the number of images that are done.

    Raises
    ------
    NotFoundError : no such network, layer, unit or method.
    UsageError : a method that this network cannot take, with the reason, or no images.

    Examples
    --------
    >>> import vizkit
    >>> images, _ = vizkit.digits(held_out=True)
    >>> found = attribute("lenet5", "logits:3", images[:2], steps=256)
    >>> found.maps.shape, max(found.completeness) < 0.01
    (torch.Size([2, 32, 32]), True)
    """
    way = METHODS[method]
    if response not in ("mean", "max"):
        raise UsageError(f"response={response!r} is unknown.\n  Give 'mean' or 'max'.")
    if steps < 1:
        raise UsageError(f"steps={steps} is too few.\n  Give 1 or more.")
    net = given_network(network)
    asked = unit if isinstance(unit, Direction) else given_unit(net, unit)[1]
    if ("input" if to == "input" else "layer") not in way.to:
        fix = "Name a layer: to='LAYER'." if to == "input" else "Give to='input'."
        raise UsageError(f"{method} does not go to {to!r}.\n  {fix}")
    through = _through(net, asked, way, to)
    shown, names = _images(net, images)
    before = _Prepared(net, asked, way, through, to != "input", response, steps, shuffled=False)
    after = _Prepared(net, asked, way, through, to != "input", response, steps, shuffled=True)
    maps, random_maps, values = [], [], []
    missed: list[float | None] = []
    nothing = torch.full_like(shown[:1], baseline)
    with torch.no_grad():
        least = float(before.target(nothing))
    for number, image in enumerate(torch.split(shown, 1)):
        with torch.no_grad():
            value = float(before.target(image))
        found = before.attributions(image, nothing)
        error = completeness_error(found, value - least) if way.complete else None
        if way.strict and error is not None and not error < _STRICT:
            raise UsageError(
                f"{method} cannot take {net.source} up to {asked.name}: its numbers miss the "
                f"response's change by {100 * error:.2g} %, because a nonlinear operation there "
                "has no rule, or captum's is wrong (maximum pooling beside a ReLU).\n"
                "  Give method='integrated_gradients'."
            )
        maps.append(found)
        random_maps.append(after.attributions(image, nothing))
        values.append(value)
        missed.append(error)
        if progress is not None:
            progress(Progress(number + 1, len(shown), f"{asked} {method}"))
    pairs = zip(maps, random_maps, strict=True)
    return Attribution(
        unit=asked,
        random=net.weights.random,
        method=method,
        through=None if through is None else through.public_name,
        images=shown.cpu(),
        names=names,
        maps=torch.cat(maps),
        random_maps=torch.cat(random_maps),
        values=tuple(values),
        completeness=tuple(missed),
        sanity=tuple(rank_correlation(one, other) for one, other in pairs),
    )


class _Prepared:
    """A frozen copy of the network, made ready for one method and one unit."""

    def __init__(
        self,
        network: Network,
        unit: Unit | Direction,
        method: Method,
        through: LayerInfo | None,
        channels: bool,
        response: Reduce,
        steps: int,
        *,
        shuffled: bool,
    ) -> None:
        self._network, self._unit, self._method = network, unit, method
        self._channels, self._steps = channels, steps
        module = copy.deepcopy(network.module).eval().requires_grad_(False)
        if shuffled:
            randomize(module)
        for part in module.modules():
            if getattr(part, "inplace", False):
                setattr(part, "inplace", False)  # noqa: B010
        self._layer: nn.Module | None = None
        layer: nn.Module | None = None
        if method.separate:
            name = None if through is None else through.name
            module, self._layer = separated(module, unit.layer.name, name)
        else:
            layer = module.get_submodule(unit.layer.name)
            if through is not None:
                self._layer = module.get_submodule(through.name)
                # What follows may write into the output that is looked at.
                self._layer.register_forward_hook(lambda _, __, output: output.clone())
        self.target = Target(module, layer, network.preprocessing, unit, response).eval()

    def attributions(self, image: Tensor, baseline: Tensor) -> Tensor:
        """What the method gives for one image, on the CPU."""
        height, width = image.shape[-2:]
        window, pixels = _seen(self._network, self._unit, (height, width))
        question = Question(
            target=self.target,
            layer=self._layer,
            channels=self._channels,
            image=image,
            baseline=baseline,
            steps=self._steps,
            batch=max(1, min(64, _BATCH * 224 * 224 // (height * width))),
            window=window,
            pixels=pixels.to(image),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # captum tells of its hooks and of requires_grad
            return self._method.of(question).detach().float().cpu()


def _through(network: Network, unit: Unit | Direction, method: Method, to: str) -> LayerInfo | None:
    """Layer that a method goes through: the one named, or the deepest with a map before the unit's.

    Where that is not a block or a convolution that a gallery shows, it has to be named.
    """
    if not method.layer:
        return None
    if to != "input":
        layer = network.layer(to)
        check_order(network.layers, layer, unit.layer)
        return layer
    for layer in shown_before(network.layers, unit.layer):
        if layer.spatial and prod(layer.shape[1:]) > 1:
            return layer
    raise UsageError(
        f"there is no layer with a map before {unit.layer.public_name}.\n"
        "  Give method='integrated_gradients'."
    )


def _seen(
    network: Network, unit: Unit | Direction, size: tuple[int, int]
) -> tuple[tuple[int, int], Tensor]:
    """An eighth of the sides of what the unit sees, and its pixels: all, for what has no field."""
    everything = (size[0] // 8 or 1, size[1] // 8 or 1), torch.ones(size)
    if unit.position is None or isinstance(unit, Direction):
        return everything
    try:
        field = receptive_field(network, size).unit(unit.layer.name, unit.channel, unit.position)
    except UsageError:
        return everything
    if field.clipped is None:
        return everything
    y0, x0, y1, x1 = field.clipped
    window = max(1, (y1 - y0 + 1) // 8), max(1, (x1 - x0 + 1) // 8)
    return window, torch.from_numpy(field.pixels).float()


def _images(network: Network, images: Photo | Sequence[Photo]) -> tuple[Tensor, tuple[str, ...]]:
    """Images, B C H W, and the names of their files."""
    if isinstance(images, Tensor) and images.ndim == 4:
        if not len(images):
            raise UsageError("there are no images.\n  Give one or more.")
        return images.to(network.device), ("",) * len(images)
    photos = cast("list[Photo]", images if isinstance(images, list | tuple) else [images])
    if not photos:
        raise UsageError("there are no images.\n  Give one or more.")
    names = tuple(Path(each).name if isinstance(each, str | Path) else "" for each in photos)
    return torch.cat([network.prepare(each) for each in photos]), names
