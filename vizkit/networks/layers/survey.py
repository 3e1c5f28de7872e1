"""The layers of a network, found by one traced forward pass."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import nn

from vizkit.images.preprocessing import Preprocessing
from vizkit.layer_info import Branch, LayerInfo
from vizkit.networks.layers import literature
from vizkit.networks.layers.default_list import default_list
from vizkit.tracing.trace import trace


def survey(
    module: nn.Module,
    preprocessing: Preprocessing,
    aliases: Mapping[str, str],
    published: Collection[str],
) -> tuple[LayerInfo, ...]:
    """Layers of `module` in forward order.

    Parameters
    ----------
    module : the network.
    preprocessing : gives the size and the channels of the input.
    aliases : alias -> module path, in addition to the names of the literature.
    published : layers to show by default; empty chooses them by the network's form.
    """
    traced = trace(module, _blank_input(module, preprocessing))
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
