"""Random weights that keep every unit alive: He-normal, with BatchNorm calibrated on noise."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from vizkit.images.preprocessing import Preprocessing
from vizkit.images.sets.noise import noise


def randomize(module: nn.Module, preprocessing: Preprocessing, *, seed: int = 0) -> None:
    """Give `module` He-normal weights, zero biases and BatchNorm statistics of one noise batch.

    Convolutions and linear layers get weights of variance 2 / fan-in (He et al., "Delving deep into
    rectifiers", 2015). The running statistics of every BatchNorm become those of one batch of
    noise, so that each channel comes out with mean 0 and variance 1 and none is silent. That pass
    runs in float64, which makes the statistics independent of the number of threads. Other
    parameters stay as the constructor made them. The global RNG is not used.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, (nn.modules.conv._ConvNd, nn.Linear)):
                nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=generator)
                if part.bias is not None:
                    part.bias.zero_()
            elif isinstance(part, _BatchNorm):
                part.reset_running_stats()
                part.reset_parameters()
    norms = [part for part in module.modules() if isinstance(part, _BatchNorm)]
    if norms:
        images = noise(preprocessing.channels, preprocessing.input_size, generator)
        _calibrate(module, norms, preprocessing(images))


def _calibrate(module: nn.Module, norms: list[_BatchNorm], batch: torch.Tensor) -> None:
    """Set the running statistics of `norms` to those of `batch`, each behind the ones before it."""
    momenta = [norm.momentum for norm in norms]
    module.double().eval()
    try:
        for norm in norms:
            norm.momentum = 1.0
            norm.train()
        with torch.no_grad():
            module(batch)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        module.float().eval()
