"""Maps of sensitivity to translation (Kauderer-Abrams 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vizkit.activations import capture
from vizkit.errors import UsageError
from vizkit.images.views import Images
from vizkit.networks.network import Network
from vizkit.probing.canvas import canvas_of
from vizkit.probing.resampling import interval, resampled_weights
from vizkit.tracing.forward import eval_mode, first_tensor
from vizkit.transforms.transform import GRAY
from vizkit.transforms.translation import shifted

_BATCH = 8


@dataclass(frozen=True, eq=False)
class SensitivityMap:
    """Distance that an output moves for each shift of the image.

    Attributes
    ----------
    map : mean over images of the distance between the outputs for the image and for the shifted
        image, divided by `unit`; shifts down x shifts to the right. 0 is invariance.
    low, high : interval of 95 % from resampled images.
    unit : median distance between the outputs of images of different classes, or of different
        images where no classes are given. It is the null: an output that forgets which image it
        was, moves by about 1.
    """

    map: Tensor
    low: Tensor
    high: Tensor
    unit: float


def sensitivity_map(
    originals: Tensor, shifted: Tensor, labels: Sequence[int] | None = None
) -> SensitivityMap:
    """Translation-sensitivity map of an output.

    Parameters
    ----------
    originals : outputs for the images, images x features.
    shifted : outputs for the shifted images, shifts down x shifts to the right x images x features.
    labels : classes of the images.

    Raises
    ------
    UsageError : shapes that do not belong together, or fewer than two classes.

    Examples
    --------
    >>> outputs = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    >>> sensitivity_map(outputs, torch.stack([outputs, outputs + 1])[None]).map
    tensor([[0.0000, 0.2828]], dtype=torch.float64)
    """
    classes = torch.arange(len(originals)) if labels is None else torch.as_tensor(labels)
    if shifted.shape[2:] != originals.shape or classes.shape != originals.shape[:1]:
        raise UsageError(
            f"outputs of shapes {tuple(originals.shape)} and {tuple(shifted.shape)} with "
            f"{len(classes)} labels do not belong together.\n"
            "  Give images x features, down x right x images x features, and a label per image."
        )
    first = originals.double().cpu()
    different = classes.unsqueeze(0) != classes.unsqueeze(1)
    if not different.any():
        raise UsageError("all images are of one class.\n  Give images of two or more.")
    unit = float(torch.cdist(first, first)[different].median())
    moved = (shifted.double().cpu() - first).square().sum(-1).sqrt()
    weights = resampled_weights(len(first)) / len(first)
    low, high = interval(torch.tensordot(weights, moved, ([1], [2])), len(first))
    return SensitivityMap(moved.mean(2) / unit, low / unit, high / unit, unit)


def translation_sensitivity(
    network: Network | nn.Module,
    images: Images = "photographs",
    *,
    layer: str | None = None,
    dy: Sequence[int] = range(-8, 9, 4),
    dx: Sequence[int] = range(-8, 9, 4),
    labels: Sequence[int] | None = None,
    input_size: tuple[int, int] | None = None,
) -> SensitivityMap:
    """Translation-sensitivity map of a network's output, or of a layer's.

    Parameters
    ----------
    images : ``"photographs"`` or a tensor, B C H W in [0, 1]. More of the image comes in from the
        sides as long as the images are larger than `input_size`, then gray.
    dy, dx : shifts of the image in pixels, positive down and right.

    Raises
    ------
    LayerNotFoundError : there is no such layer.
    UsageError : as for `sensitivity_map`, or fewer than two images.

    Examples
    --------
    >>> net = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    >>> translation_sensitivity(net, torch.rand(3, 1, 8, 8), dy=(0,), dx=(0, 2)).map[0, 0].item()
    0.0
    """
    canvas = canvas_of(network, images, input_size, room=True)
    acts = None if layer is None else capture(network, layer)
    module = network.module if isinstance(network, Network) else network

    def outputs(y: int, x: int) -> Tensor:
        found = []
        with torch.no_grad(), eval_mode(module), acts or nullcontext():
            for batch in canvas.batches(_BATCH):
                given = network(canvas.seen(shifted(batch, y, x, GRAY)))
                output = first_tensor(given) if acts is None or layer is None else acts[layer]
                if output is None:
                    raise UsageError("the network returns no tensor.\n  Name a layer.")
                found.append(output.flatten(1).cpu())
        return torch.cat(found)

    moved = torch.stack([torch.stack([outputs(y, x) for x in dx]) for y in dy])
    return sensitivity_map(outputs(0, 0), moved, labels)
