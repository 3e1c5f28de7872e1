"""Recording a forward pass: shapes alone where the network allows that, no real numbers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from vizkit.receptive_fields.propagation.graph import Graph
from vizkit.receptive_fields.propagation.places import Functions, Places
from vizkit.receptive_fields.propagation.tape import Tape
from vizkit.tracing.forward import same_random_state, watching
from vizkit.tracing.held_back import held_back
from vizkit.tracing.unwritten import unwritten


def record(module: nn.Module, shape: Sequence[int], *, numbers: bool = False) -> Graph:
    """Operations of one forward pass of `module` on an input of `shape`.

    Nothing is computed but shapes. The train flags stay as they are, for BatchNorm in train mode is
    another operation than in eval mode. The network, its hooks and the random state are as before,
    whatever happens.

    Parameters
    ----------
    numbers : True computes with real numbers, for a network in which constants tell which elements
        are taken. Its weights must be real then.

    Raises
    ------
    Exception : whatever the network raises.
    """
    parameters = [*module.parameters(), *module.buffers()]
    floats = [each for each in parameters if each.is_floating_point()]
    like = floats[0] if floats else torch.empty(0)
    dtype = like.dtype
    with ExitStack() as stack:
        stack.enter_context(held_back())
        stack.enter_context(same_random_state(module))
        stack.enter_context(torch.no_grad())
        # BatchNorm in train mode writes, too.
        stack.enter_context(unwritten(module))
        if parameters and all(each.is_meta for each in parameters):
            inputs = torch.empty(tuple(shape), dtype=dtype, device="meta")
        elif numbers:
            inputs = torch.zeros(tuple(shape), dtype=dtype, device=like.device)
        else:
            stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
            inputs = torch.empty(tuple(shape), dtype=dtype, device=like.device)
        tape = Tape()
        source = tape.begin(inputs)
        places = Places(module, tape)
        with watching(module, places.enter, places.leave), Functions(places), _Operations(tape):
            module(inputs)
    return Graph(source, tuple(tape.operations), tuple(places.found))


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Puts every operation on the tape."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._tape = tape

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        self._tape.add(func, tuple(args), kwargs, output)
        return output
