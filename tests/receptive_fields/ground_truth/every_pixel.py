"""Fields measured in full, on small networks: boxes, exact pixels, reached units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vizkit.errors import UnitNotFoundError
from vizkit.receptive_fields.oracle.boxes import SIDES, Boxes, Key, half_planes
from vizkit.receptive_fields.oracle.marks import Mark, NanMark, TangentMark
from vizkit.receptive_fields.oracle.positive import NeverFlat, positive_copy
from vizkit.receptive_fields.oracle.probe import Probe
from vizkit.tracing.forward import eval_mode, first_tensor

By = Literal["nan", "gradient"]
"""Which oracle is asked: NaN on the network as it is, or derivatives of its positive copy."""


class MeasuredBoxes(Boxes):
    """Boxes of all units, one of which can be asked for."""

    __slots__ = ()

    def at(self, unit: tuple[int, ...]) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of one unit."""
        found = []
        for side in SIDES:
            array = getattr(self, side)
            offset = len(unit) - array.ndim
            index = (0 if n == 1 else i for n, i in zip(array.shape, unit[offset:], strict=True))
            found.append(int(array[tuple(index)]))
        return found[0], found[1], found[2], found[3]


def nan_boxes(module: nn.Module, example_input: Tensor) -> dict[Key, MeasuredBoxes]:
    """The clipped box of every unit of every layer, by NaN half-planes.

    Every row and column of the input is taken as the edge of a half-plane of NaN, from all four
    sides, so that 2 (H + W) images go through the network. All boxes are kept: 8 bytes a unit. For
    a large network, `certify` compares without keeping any.

    Parameters
    ----------
    module : any network; it runs unmodified, in eval mode, and is left as it was.
    example_input : one image, 1 x C x H x W, of finite values.

    Examples
    --------
    >>> boxes = nan_boxes(nn.Conv2d(1, 1, 3, padding=1), torch.zeros(1, 1, 6, 6))
    >>> boxes["", 0].at((0, 0, 4))
    (0, 3, 1, 5)
    """
    return _boxes(NanMark(module, example_input))


def gradient_boxes(module: nn.Module, example_input: Tensor) -> dict[Key, MeasuredBoxes]:
    """The same as `nan_boxes` by derivatives of a positive copy of the network."""
    return _boxes(TangentMark(module, example_input))


def influences(
    module: nn.Module, example_input: Tensor, *, by: By = "nan"
) -> dict[Key, NDArray[np.bool_]]:
    """Which pixels reach which units, of every layer: each pixel is tried by itself.

    Returns
    -------
    For each layer a boolean array of its shape (see `Boxes`) x H x W. Its last two axes are the
    exact receptive field of a unit with all holes; the first ones the projective field of a pixel.
    """
    probe = _probe(module, example_input, by)
    found: dict[Key, list[NDArray[np.bool_]]] = {key: [] for key in probe.layers}
    pixels = np.stack(list(_pixels(probe.size)))
    for start in range(0, len(pixels), probe.batch):
        probe.look(
            pixels[start : start + probe.batch],
            lambda key, reached: found[key].extend(reached),
        )
    return {
        key: np.stack(each, -1).reshape(*probe.layers[key].shape, *probe.size)
        for key, each in found.items()
    }


def influence_mask(
    module: nn.Module,
    example_input: Tensor,
    layer: str,
    unit: tuple[int, ...],
    call: int = 0,
    *,
    by: By = "nan",
) -> NDArray[np.bool_]:
    """Pixels that reach one unit, H x W: its exact receptive field with all holes.

    Parameters
    ----------
    unit : index into the output for one image: (channel, y, x) for a map.

    Raises
    ------
    LayerNotFoundError : no such layer or call.
    UnitNotFoundError : the unit is outside the layer.
    """
    probe = _probe(module, example_input, by)
    key = probe.find(layer, call)
    _check_unit(unit, probe.layers[key].shape, layer)
    found: list[bool] = []
    masks = np.stack(list(_pixels(probe.size)))
    for start in range(0, len(masks), probe.batch):
        batch = masks[start : start + probe.batch]
        probe.look(batch, lambda _, reached: found.extend(each[unit] for each in reached), [key])
    return np.array(found).reshape(probe.size)


def reached_units(
    module: nn.Module, example_input: Tensor, pixel: tuple[int, int], *, by: By = "nan"
) -> dict[Key, NDArray[np.bool_]]:
    """Units of every layer that one pixel (y, x) reaches: its projective field.

    Raises
    ------
    UnitNotFoundError : the pixel is outside the input.
    """
    probe = _probe(module, example_input, by)
    _check_unit(pixel, probe.size, "the input")
    mask = np.zeros((1, *probe.size), dtype=np.bool_)
    mask[0, *pixel] = True
    found: dict[Key, NDArray[np.bool_]] = {}
    probe.look(mask, lambda key, reached: found.update({key: reached[0]}))
    return found


def gradient_support(
    module: nn.Module, example_input: Tensor, layer: str, unit: tuple[int, ...], call: int = 0
) -> NDArray[np.bool_]:
    """Pixels with a gradient of one unit, H x W, by back-propagation in the positive copy.

    Raises
    ------
    LayerNotFoundError : no such layer or call.
    UnitNotFoundError : the unit is outside the layer.
    """
    probe = Probe(NanMark(module, example_input))
    key = probe.find(layer, call)
    _check_unit(unit, probe.layers[key].shape, layer)
    twin = positive_copy(module)
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(example_input.shape, generator=generator, dtype=torch.float64) + 0.5
    image = image.to(example_input.device).requires_grad_()
    outputs: list[Tensor] = []

    def keep(_: nn.Module, args: object, output: object) -> None:
        tensor = first_tensor(output)
        if tensor is not None:
            whole = tensor if tensor.shape[:1] != (1,) else tensor[0]
            outputs.append(whole[unit])

    dict(twin.named_modules())[layer].register_forward_hook(keep)
    with torch.enable_grad(), eval_mode(twin), NeverFlat():
        # An image that is itself a leaf could not be written into.
        twin(image.clone())
    if not outputs[call].requires_grad:
        return np.zeros(probe.size, dtype=np.bool_)
    (gradient,) = torch.autograd.grad(outputs[call], image)
    return np.asarray((gradient[0] != 0).any(0).cpu().numpy())


def _probe(module: nn.Module, example_input: Tensor, by: By) -> Probe:
    mark: Mark = (NanMark if by == "nan" else TangentMark)(module, example_input)
    return Probe(mark)


def _boxes(mark: Mark) -> dict[Key, MeasuredBoxes]:
    probe = Probe(mark)
    height, width = probe.size
    sides: dict[Key, list[NDArray[np.int16]]] = {key: [] for key in probe.layers}
    for side in SIDES:
        # How many of the half-planes leave a unit alone says where its field begins.
        alone = {key: np.zeros(layer.shape, np.int16) for key, layer in probe.layers.items()}

        def count(
            key: Key, reached: NDArray[np.bool_], alone: dict[Key, NDArray[np.int16]] = alone
        ) -> None:
            alone[key] += (~reached).sum(0, dtype=np.int16)

        length = height if side in ("top", "bottom") else width
        for start in range(0, length, probe.batch):
            lines = list(range(start, min(start + probe.batch, length)))
            probe.look(half_planes(side, lines, probe.size), count)
        for key, each in alone.items():
            sides[key].append(each if side in ("top", "left") else length - 1 - each)
    return {key: MeasuredBoxes(*each) for key, each in sides.items()}


def _pixels(size: tuple[int, int]) -> Iterator[NDArray[np.bool_]]:
    for y in range(size[0]):
        for x in range(size[1]):
            mask = np.zeros(size, dtype=np.bool_)
            mask[y, x] = True
            yield mask


def _check_unit(unit: tuple[int, ...], shape: tuple[int, ...], where: str) -> None:
    if len(unit) != len(shape) or not all(0 <= i < n for i, n in zip(unit, shape, strict=True)):
        raise UnitNotFoundError(
            f"{unit} is not in {where!r} of shape {shape}.\n"
            f"  Give {len(shape)} indices from 0 to {tuple(n - 1 for n in shape)}."
        )
