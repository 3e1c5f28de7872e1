"""Torch's global random state, left as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def isolated_rng(seed: int = 0) -> Iterator[None]:
    """Run code that draws from torch's global CPU generator from a fixed seed, and undo that after.

    Constructors of networks draw their first weights so. The CUDA generators are not touched.
    """
    before = torch.get_rng_state()
    try:
        torch.default_generator.manual_seed(seed)
        yield
    finally:
        torch.set_rng_state(before)
