"""How far a picture's statistics in BatchNorm layers are from those of the training images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vizkit.activations import capture
from vizkit.evidence.metric import Metric
from vizkit.evidence.subject import Subject


def batchnorm(subject: Subject) -> Tensor:
    """Mean over BatchNorm layers below the unit, NaN where there are none.

    Of every channel, the distance of mean and deviation over the map to the running ones, in
    running deviations, as in DeepInversion (Yin et al. 2020); no data is needed.
    """
    distances: list[Tensor] = []

    def look(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.BatchNorm2d)
        if module.running_mean is None or module.running_var is None:
            return
        maps = inputs[0].float().flatten(2)
        deviation = (module.running_var + module.eps).sqrt()
        mean = (maps.mean(2) - module.running_mean) / deviation
        spread = (maps.std(2, correction=0) - deviation) / deviation
        distances.append((mean.square() + spread.square()).sqrt().mean(1))

    hooks = [
        module.register_forward_pre_hook(look)
        for module in subject.network.module.modules()
        if isinstance(module, nn.BatchNorm2d)
    ]
    try:
        parts = []
        for batch in torch.split(subject.pictures, 32):
            distances.clear()
            with torch.no_grad(), capture(subject.network, subject.layer):
                subject.network(batch)
            parts.append(
                torch.stack(distances).mean(0)
                if distances
                else batch.new_full((len(batch),), torch.nan)
            )
    finally:
        for hook in hooks:
            hook.remove()
    return torch.cat(parts)


METRIC = Metric(
    name="batchnorm",
    says="How unusual the picture's statistics are to layers that know those of the training set.",
    wrong_if="A texture that fills the picture is unusual, too.",
    better="lower",
    of=batchnorm,
)
