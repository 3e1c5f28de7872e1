"""Names that the literature gives to layers: ``conv4_3``, ``fc6``, ``C3``, ``4c``.

They are found by structure, not by the name of a class, so that they also hold for a network of
one's own, a trunk without its classifier, and another library's module paths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from torch import nn

_VGG = {
    (1, 1, 2, 2, 2): "vgg11",
    (2, 2, 2, 2, 2): "vgg13",
    (2, 2, 3, 3, 3): "vgg16",
    (2, 2, 4, 4, 4): "vgg19",
}
_INCEPTION = re.compile(r"(?:^|\.)inception([3-5][a-e])$")
_LENET = ("C1", "S2", "C3", "S4", "C5", "F6")


def aliases(modules: Mapping[str, nn.Module]) -> dict[str, str]:
    """Literature names of a network's layers, alias -> module path.

    Parameters
    ----------
    modules : by their paths, in forward order.
    """
    paths = {}
    if {layer.lower() for layer in _LENET} <= modules.keys():
        # By its paths: the partial connections of C3 may take several convolutions.
        paths = {layer: layer.lower() for layer in _LENET}
    for name in modules:
        block = _INCEPTION.search(name)
        if block:
            paths[block[1]] = name
    leaves = [(name, part) for name, part in modules.items() if next(part.children(), None) is None]
    stages = _stages(leaves)
    depths = tuple(len(stage) for stage in stages)
    kernels = [kernel for stage in stages for kernel in stage]
    if depths in _VGG and set(kernels) == {3}:
        paths |= _numbered(leaves, by_stage=True)
    elif depths == (1, 1, 3) and kernels == [11, 5, 3, 3, 3]:
        paths |= _numbered(leaves, by_stage=False)
    elif depths in {(1, 1), (1, 1, 1)} and set(kernels) == {5}:
        paths |= _lenet(leaves)
    return {alias: name for alias, name in paths.items() if alias != name}


def _is_pool(module: nn.Module) -> bool:
    return isinstance(module, nn.MaxPool2d | nn.AvgPool2d)


def _stages(leaves: Sequence[tuple[str, nn.Module]]) -> list[list[int]]:
    """Kernel sizes of the convolutions up to the first, second, ... pooling."""
    stages: list[list[int]] = [[]]
    for _, module in leaves:
        if isinstance(module, nn.Conv2d) and len(stages) <= 5:
            stages[-1].append(module.kernel_size[0])
        elif _is_pool(module):
            stages.append([])
    return [stage for stage in stages if stage]


def _numbered(leaves: Sequence[tuple[str, nn.Module]], *, by_stage: bool) -> dict[str, str]:
    """Names of a VGG (``conv4_3``, ``pool4``) or an AlexNet (``conv4``, ``pool5``), then ``fc6``.

    The fully connected layers may be linear or, in some libraries, convolutions.
    """
    paths: dict[str, str] = {}
    stage, conv, number, current = 1, 0, 0, ""
    stages = 5 if by_stage else 3
    for name, module in leaves:
        dense = isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and stage > stages)
        if dense:
            number = max(number, 5) + 1
            current = str(number)
            paths[f"fc{current}"] = name
        elif isinstance(module, nn.Conv2d):
            conv += 1
            number = conv
            current = f"{stage}_{conv}" if by_stage else str(conv)
            paths[f"conv{current}"] = name
        elif isinstance(module, nn.BatchNorm2d) and current:
            paths[f"bn{current}"] = name
        elif isinstance(module, nn.ReLU) and current:
            paths[f"relu{current}"] = name
        elif _is_pool(module) and stage <= stages:
            paths[f"pool{stage if by_stage else conv}"] = name
            stage += 1
            conv = 0 if by_stage else conv
    return paths


def _lenet(leaves: Sequence[tuple[str, nn.Module]]) -> dict[str, str]:
    """Names of LeNet-5: ``C1 S2 C3 S4 C5 F6``; ``C5`` may be a linear layer."""
    paths: dict[str, str] = {}
    expected = [*_LENET]
    for name, module in leaves:
        if not expected:
            break
        letter = "S" if _is_pool(module) else "C" if isinstance(module, nn.Conv2d) else ""
        if isinstance(module, nn.Linear):
            letter = "C" if expected[0] == "C5" else "F"
        if letter == expected[0][0]:
            paths[expected.pop(0)] = name
    return paths
