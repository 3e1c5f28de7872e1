"""Forward passes that write nothing: what they leave in a module's attributes is taken back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from operator import is_
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_OF_TORCH = frozenset(vars(nn.Module()))
"""Attributes of every module. Hooks among them stay: whoever adds one means to keep it."""
_REGISTRIES = ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set")
_PLAIN = frozenset({str, bytes, int, float, bool, type(None), torch.dtype, torch.device})


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
    kept = _Kept()
    with torch.inference_mode(False):  # what is copied inside of it could never be differentiated
        for child in module.modules():
            if not isinstance(child, torch.jit.ScriptModule):
                kept.keep_module(child)
    try:
        yield
    finally:
        kept.put_back()


def _uncompiled(module: nn.Module) -> None:
    """Let a module run as it is written, where it was compiled: hooks do not reach into that."""
    attributes = vars(module)
    if attributes.get("_compiled_call_impl") is not None:
        attributes["_compiled_call_impl"] = None
    if type(module).__name__ == "OptimizedModule":  # of torch.compile
        attributes["forward"] = attributes["_modules"]["_orig_mod"].__call__


class _Kept:
    """What is to be put back; every object once, however many modules hold it."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._copies: dict[int, Tensor] = {}
        self._dicts: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        self._lists: list[tuple[list[Any] | deque[Any], list[Any]]] = []
        self._sets: list[tuple[set[Any], set[Any]]] = []
        self._arrays: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
        self._tensors: list[tuple[Tensor, Tensor, int]] = []

    def keep_module(self, module: nn.Module) -> None:
        """Keep its attributes, and let passes write into copies of its buffers."""
        attributes = vars(module)
        self._dicts.append((attributes, attributes.copy()))
        for name in _REGISTRIES:
            registry = attributes.get(name)
            if isinstance(registry, dict):
                self._dicts.append((registry, registry.copy()))
            elif registry is not None:
                self._sets.append((registry, set(registry)))
        for name in attributes.keys() - _OF_TORCH:
            self._keep(attributes[name])
        buffers = module._buffers
        for name, buffer in buffers.items():
            if buffer is not None and not buffer.is_meta:
                buffers[name] = self._copy(buffer)
        _uncompiled(module)

    def put_back(self) -> None:
        """Put everything back."""
        for there, before in self._dicts:
            if not (
                there.keys() == before.keys() and all(map(is_, there.values(), before.values()))
            ):
                there.clear()
                there.update(before)
        for items, kept in self._lists:
            if not (len(items) == len(kept) and all(map(is_, items, kept))):
                items.clear()
                items.extend(kept)
        for members, kept_members in self._sets:
            members.clear()
            members.update(kept_members)
        for array, numbers in self._arrays:
            if array.flags.writeable:
                array[...] = numbers
        for tensor, values, version in self._tensors:
            if tensor._version != version:
                tensor.data.copy_(values)

    def _keep(self, value: Any) -> None:
        """Keep what `value` holds now, and what is in it."""
        if type(value) in _PLAIN or isinstance(value, nn.Module | nn.Parameter):
            return
        if isinstance(value, tuple):
            for each in value:
                self._keep(each)
            return
        if id(value) in self._known:
            return
        self._known.add(id(value))
        if isinstance(value, dict):
            self._dicts.append((value, dict(value)))
            for each in value.values():
                self._keep(each)
        elif isinstance(value, list | deque):
            self._lists.append((value, list(value)))
            for each in value:
                self._keep(each)
        elif isinstance(value, set):
            self._sets.append((value, set(value)))
        elif isinstance(value, np.ndarray):
            self._arrays.append((value, value.copy()))
        elif isinstance(value, Tensor) and not value.is_meta and not value.is_inference():
            self._tensors.append((value, self._copy(value), value._version))

    def _copy(self, tensor: Tensor) -> Tensor:
        """A copy; of a tensor that two modules share, the same one."""
        copy = self._copies.get(id(tensor))
        if copy is None:
            copy = tensor.detach().clone()
            if tensor.requires_grad:
                copy.requires_grad_()
            self._copies[id(tensor)] = copy
        return copy
