"""The layers of a network by one traced forward pass: their names, and which to show by default."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import nn

from vizkit.errors import UsageError
from vizkit.images.preprocessing import Preprocessing
from vizkit.layer_info import Branch, LayerInfo
from vizkit.networks.first_pass import failed
from vizkit.networks.layers import literature
from vizkit.tracing.trace import TracedModule, trace

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def survey(
    name: str,
    module: nn.Module,
    preprocessing: Preprocessing,
    aliases: Mapping[str, str],
    published: Collection[str],
) -> tuple[LayerInfo, ...]:
    """Layers of `module` in forward order.

    Parameters
    ----------
    name, module : the network.
    preprocessing : gives the size and the channels of the input.
    aliases : alias -> module path, in addition to the names of the literature.
    published : layers to show by default; empty chooses them by the network's form.

    Raises
    ------
    UsageError : its forward pass fails on an image, or calls no module that returns a tensor.
    """
    image = _blank_input(module, preprocessing)
    try:
        traced = trace(module, image)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        raise failed(module, name, image.shape, error) from error
    if not any(t.name for t in traced) and next(module.children(), None) is not None:
        raise UsageError(
            f"{name} calls none of its modules when it is run, so that it has no layers.\n"
            "  If it is exported or traced, give the nn.Module that it was made from."
        )
    output = next((t for t in traced if not t.name), None)
    classifies = output is not None and len(output.shape) == 2
    scores = next((t.name for t in traced if t.scores and classifies), None)
    names = names_in_literature(module, [t.name for t in traced], aliases, scores)
    # Some libraries write the fully connected layers of VGG as convolutions.
    dense = {name for name, known in names.items() if known[0].startswith("fc")}
    shown = set(published) or set(default_list(module, traced)) - dense
    return tuple(
        LayerInfo(
            name=t.name,
            aliases=names.get(t.name, ()),
            op=t.op,
            channels=t.shape[1],
            shape=t.shape[1:],
            calls=t.calls,
            activation=t.activation,
            branches=tuple(Branch(*part) for part in t.parts if part[0]),
            published=not shown.isdisjoint({t.name, *names.get(t.name, ())}),
        )
        for t in traced
        if t.name and len(t.shape) > 1
    )


def _blank_input(module: nn.Module, preprocessing: Preprocessing) -> torch.Tensor:
    """One black image for `module`, with the type and on the device of its weights."""
    floats = (p for p in module.parameters() if p.is_floating_point())
    like = next(floats, torch.empty(0, device="cpu"))
    size = (1, preprocessing.channels, *preprocessing.input_size)
    return preprocessing(torch.zeros(size, device=like.device)).to(like.dtype)


def names_in_literature(
    module: nn.Module, names: Sequence[str], given: Mapping[str, str], scores: str | None
) -> dict[str, tuple[str, ...]]:
    """Aliases of each module path, the shortest first.

    Parameters
    ----------
    names : paths of the modules, in the order in which their first calls end.
    given : alias -> module path, in addition to the names of the literature.
    scores : path of the module that makes the class scores, if there is one.
    """
    modules = dict(module.named_modules())
    paths = literature.aliases({name: modules[name] for name in names})
    if scores is not None:
        paths["logits"] = scores
    by_name: dict[str, list[str]] = {}
    for alias, name in {**paths, **given}.items():
        if alias not in modules:  # a module path is never an alias of another module
            by_name.setdefault(name, []).append(alias)
    return {name: tuple(sorted(a, key=lambda x: (len(x), x))) for name, a in by_name.items()}


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
        # A module of several parents goes by its first path, and is listed there.
        children = (inner + child for child, _ in module.named_children())
        known = (child for child in children if child in modules)
        return [part for child in known for part in _cover(child, modules, blocks)]
    return [name] if any(isinstance(child, nn.Conv2d) for child in module.modules()) else []


def _convolutions(modules: Mapping[str, nn.Module]) -> list[str]:
    for kind in (nn.Conv2d, nn.Linear):
        if names := [name for name, part in modules.items() if isinstance(part, kind) and name]:
            return names
    return []
