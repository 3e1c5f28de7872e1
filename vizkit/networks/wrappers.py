"""Modules around a network that change how it runs and not what it is."""

from __future__ import annotations

from typing import cast

from torch import nn

_AROUND = {
    "OptimizedModule": "_orig_mod",  # of torch.compile, whose class would load the whole compiler
    "DataParallel": "module",
    "DistributedDataParallel": "module",
    "AveragedModel": "module",
}
"""Names of torch's classes, and of the child that is the network."""


def unwrapped(module: nn.Module) -> nn.Module:
    """The network in wrappers of `torch.compile`, of data parallel training, of averaged weights.

    Examples
    --------
    >>> net = nn.Conv2d(1, 2, 3)
    >>> unwrapped(nn.DataParallel(net)) is net
    True
    """
    while type(module).__module__.startswith("torch.") and type(module).__name__ in _AROUND:
        module = cast(nn.Module, module._modules[_AROUND[type(module).__name__]])
    return module


def shell(module: nn.Module) -> str:
    """Path of the part that holds all parameters of `module`, ``"model."``; empty if there is none.

    A training loop is often a module, with the network as its only part that learns.
    """
    path = ""
    while not any(True for _ in module.parameters(recurse=False)):
        learning = [
            (name, child)
            for name, child in module.named_children()
            if next(child.parameters(), None) is not None
        ]
        if len(learning) != 1:
            return path
        name, module = learning[0]
        path += f"{name}."
    return path
