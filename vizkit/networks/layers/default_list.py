"""Layers to show by default: a network's blocks if it has any, else its convolutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from vizkit.tracing.trace import TracedModule

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def default_list(module: nn.Module, traced: Sequence[TracedModule]) -> tuple[str, ...]:
    """Paths of the layers to show by default, in forward order.

    A block is a module that concatenates branches of its own (Inception, Fire) or that adds its
    input back (residual), and every other module of a class that does so somewhere in the network.
    What stands outside of the blocks is listed by its largest parts that hold a convolution, so
    ResNet begins with ``conv1`` and GoogLeNet with ``conv1``, ``conv2``, ``conv3``.
    """
    by_name = {t.name: t for t in traced}
    modules = dict(module.named_modules())
    # A plain sequence that ends with a block repeats its output, and is none itself.
    kinds = {type(modules[t.name]) for t in traced if _is_block(t)} - set(_CONTAINERS)
    blocks = {
        name
        for name, t in by_name.items()
        if name and type(modules[name]) in kinds and len(t.shape) == 4
    }
    chosen = _cover("", modules, blocks) if blocks else _convolutions(modules)
    maps = {t.name: i for i, t in enumerate(traced) if len(t.shape) == 4 or not blocks}
    return tuple(sorted(maps.keys() & chosen, key=maps.__getitem__))


def _is_block(traced: TracedModule) -> bool:
    if not traced.name or traced.leaf:
        return False
    branches = [name for name, _, _ in traced.parts if name.startswith(f"{traced.name}.")]
    return traced.residual or len(branches) > 1


def _cover(name: str, modules: Mapping[str, nn.Module], blocks: set[str]) -> list[str]:
    """Blocks below `name`, and between them the largest parts that hold a convolution."""
    if name in blocks:
        return [name]
    module = modules[name]
    inner = f"{name}." if name else ""
    transparent = type(module) in _CONTAINERS
    if not name or transparent or any(block.startswith(inner) for block in blocks):
        children = (inner + child for child, _ in module.named_children())
        return [part for child in children for part in _cover(child, modules, blocks)]
    return [name] if any(isinstance(child, nn.Conv2d) for child in module.modules()) else []


def _convolutions(modules: Mapping[str, nn.Module]) -> list[str]:
    for kind in (nn.Conv2d, nn.Linear):
        if names := [name for name, part in modules.items() if isinstance(part, kind) and name]:
            return names
    return []
