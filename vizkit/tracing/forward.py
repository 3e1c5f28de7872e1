"""One forward pass of a module: in eval mode whatever its flags say, and what it returned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn


@contextmanager
def eval_mode(module: nn.Module) -> Iterator[None]:
    """Eval mode for `module` and everything in it, each one's own train flag restored after.

    The flags are set directly, because a network may give ``train()`` side effects.
    """
    training = [child for child in module.modules() if child.training]
    try:
        for child in training:
            child.training = False
        yield
    finally:
        for child in training:
            child.training = True


def first_tensor(output: Any) -> Tensor | None:
    """`output` if it is a tensor, or the first item of a tuple if that is one."""
    if isinstance(output, tuple) and output:
        output = output[0]
    return output if isinstance(output, Tensor) else None
