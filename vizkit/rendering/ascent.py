"""The way up: Adam, and how large its steps are.

On a GPU the number of the step and its learning rate are on the device, so that a step can be
recorded and replayed.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vizkit.rendering.robustness import at_step


class Ascent:
    """Adam on the parameters of a canvas.

    Parameters
    ----------
    rates : learning rate of each step.

    Attributes
    ----------
    step : the 0-based number of the step; on a GPU a tensor of one number.
    """

    def __init__(self, parameters: Tensor, rates: list[float]) -> None:
        self.step: int | Tensor = 0
        self._parameters, self._rates = parameters, rates
        if parameters.device.type == "cuda":
            self.step = torch.zeros(1, dtype=torch.int64, device=parameters.device)
            self._table = torch.tensor(rates, dtype=torch.float32, device=parameters.device)
            rate = self._table[0].clone()
            self._adam = torch.optim.Adam([parameters], lr=rate, fused=True, capturable=True)
        else:
            self._adam = torch.optim.Adam([parameters], lr=rates[0])

    def follow(self, gradient: Tensor) -> None:
        """One step down along `gradient`."""
        (group,) = self._adam.param_groups
        if isinstance(self.step, int):
            group["lr"] = self._rates[self.step]
        else:
            group["lr"].copy_(at_step(self._table, self.step))
        self._parameters.grad = gradient
        self._adam.step()
        self.step += 1


def rates(first: float, steps: int, *, falls: bool) -> list[float]:
    """Learning rates: constant, then where it `falls` a cosine down over the last half."""
    done = [max(0.0, 2 * step / steps - 1) if falls else 0.0 for step in range(steps)]
    return [first * (0.5 * (1 + math.cos(math.pi * each))) for each in done]
