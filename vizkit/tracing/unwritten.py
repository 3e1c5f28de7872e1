"""Forward passes that write nothing: what they leave in a module's attributes is taken back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_HOOKS = {name for name in vars(nn.Module()) if "hook" in name}
"""Attributes in which hooks are: whoever adds one inside of the context means to keep it."""
_PLAIN = (str, bytes, int, float, bool, type(None), nn.Module, nn.Parameter)


@contextmanager
def unwritten(module: nn.Module) -> Iterator[None]:
    """Context after which buffers and attributes of `module`, and of all in it, are as before.

    A network may count its passes in a buffer, keep its last feature map, append to a list of its
    own. Buffers are replaced by copies in the meantime; attributes, the lists, dicts and sets in
    them, and the numbers of tensors and arrays in these are put back. Not so what parameters hold,
    which would take as much memory again, and what lies inside of objects of other classes.
    Compiled modules run as they are written.

    Examples
    --------
    >>> class Counting(nn.Module):
    ...     calls = 0
    ...
    ...     def forward(self, x):
    ...         self.calls += 1
    ...         return x
    >>> net = Counting()
    >>> with unwritten(net):
    ...     _ = net(torch.zeros(1)), net(torch.zeros(1))
    >>> net.calls
    0
    """
    with ExitStack() as undo:
        kept = _Kept(undo)
        for child in module.modules():
            if not isinstance(child, torch.jit.ScriptModule):
                kept.spare(child._buffers)
                kept.keep(vars(child))
                _uncompiled(child)
        yield


def _uncompiled(module: nn.Module) -> None:
    """Let a module run as it is written, where it was compiled: hooks do not reach into that."""
    attributes = vars(module)
    if attributes.get("_compiled_call_impl") is not None:
        attributes["_compiled_call_impl"] = None
    if type(module).__name__ == "OptimizedModule":  # of torch.compile
        attributes["forward"] = attributes["_modules"]["_orig_mod"].__call__


class _Kept:
    """What is to be put back; every object once, however many modules hold it."""

    def __init__(self, undo: ExitStack) -> None:
        self._undo = undo
        self._known: set[int] = set()
        self._copies: dict[int, Tensor] = {}

    def keep(self, value: Any) -> None:
        """Keep what `value` holds now, and what is in it."""
        if isinstance(value, _PLAIN) or id(value) in self._known:
            return
        self._known.add(id(value))
        if isinstance(value, dict):
            self._undo.callback(_put_back_dict, value, dict(value))
            for name, each in value.items():
                if name not in _HOOKS:
                    self.keep(each)
        elif isinstance(value, list | deque):
            self._undo.callback(_put_back_list, value, list(value))
            for each in value:
                self.keep(each)
        elif isinstance(value, tuple):
            for each in value:
                self.keep(each)
        elif isinstance(value, set):
            self._undo.callback(_put_back_set, value, set(value))
        elif isinstance(value, np.ndarray):
            self._undo.callback(_put_back_array, value, value.copy())
        elif isinstance(value, Tensor) and not value.is_meta and not value.is_inference():
            self._undo.callback(_put_back_tensor, value, _copy(value), value._version)

    def spare(self, buffers: dict[str, Tensor | None]) -> None:
        """Let passes write into copies of `buffers`; one that two modules share stays shared."""
        self._known.add(id(buffers))
        self._undo.callback(_put_back_dict, buffers, dict(buffers))
        for name, buffer in list(buffers.items()):
            if buffer is not None and not buffer.is_meta:
                if id(buffer) not in self._copies:
                    self._copies[id(buffer)] = _copy(buffer)
                buffers[name] = self._copies[id(buffer)]


def _copy(tensor: Tensor) -> Tensor:
    # One that is made in inference mode could never be differentiated.
    with torch.inference_mode(False):
        return tensor.detach().clone().requires_grad_(tensor.requires_grad)


def _put_back_dict(there: dict[Any, Any], before: dict[Any, Any]) -> None:
    if len(there) != len(before) or any(
        name not in there or there[name] is not value for name, value in before.items()
    ):
        there.clear()
        there.update(before)


def _put_back_list(there: list[Any] | deque[Any], before: list[Any]) -> None:
    if len(there) != len(before) or any(a is not b for a, b in zip(there, before, strict=True)):
        there.clear()
        there.extend(before)


def _put_back_set(there: set[Any], before: set[Any]) -> None:
    there.clear()
    there.update(before)


def _put_back_array(there: np.ndarray[Any, Any], before: np.ndarray[Any, Any]) -> None:
    if there.flags.writeable:
        there[...] = before


def _put_back_tensor(there: Tensor, before: Tensor, version: int) -> None:
    if there._version != version:
        there.data.copy_(before)
