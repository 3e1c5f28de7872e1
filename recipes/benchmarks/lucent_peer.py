"""torch-lucent 0.1.8 as its documentation calls it, for comparison with it.

It needs old companions and goes into an environment of its own, which borrows the rest from ours::

    python -m venv peer
    .venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
        > $(peer/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/main.pth
    peer/bin/python -m pip install --no-deps torch-lucent==0.1.8 kornia==0.4.1
    peer/bin/python -m pip install decorator ipython
    PYTHONPATH=. peer/bin/python recipes/benchmark_rendering.py
"""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

SKIPPED = 2
"""Steps before the timing begins."""


class Clock:
    """Times at which steps ended."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def __call__(self, *_: object) -> None:
        """Note the end of a step, when the device is done with it."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.times.append(time.perf_counter())

    def rate(self) -> float:
        """Steps per second after the first ones."""
        return (len(self.times) - 1 - SKIPPED) / (self.times[-1] - self.times[SKIPPED])


def installed() -> bool:
    """Return whether there is a torch-lucent to compare with."""
    return find_spec("lucent") is not None


def render_with_lucent(
    module: nn.Module, layer: str, channel: int, steps: int, clock: Callable[[], Any]
) -> Tensor:
    """Picture of a channel, float32, C H W in [0, 1], all settings at their defaults.

    Parameters
    ----------
    module : takes images normalized by ImageNet's mean and deviation.
    layer : module path.
    clock : called after each step.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its companions, about today's torch
        from lucent.optvis import render

    class Timed(torch.optim.Adam):
        def step(self, closure: Any = None) -> None:
            super().step(closure)
            clock()

    # A copy for each call: it never removes its hooks.
    (picture,) = render.render_vis(
        copy.deepcopy(module).eval(),
        f"{layer.replace('.', '_')}:{channel}",
        optimizer=lambda parameters: Timed(parameters, lr=0.05),  # its own default, timed
        thresholds=(steps,),
        progress=False,
        show_image=False,
    )
    return torch.from_numpy(picture[0]).permute(2, 0, 1).float()
