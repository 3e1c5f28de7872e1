"""BatchNorm folded into the convolution before it: the same network with fewer passes over memory.

In eval mode BatchNorm is a factor and a summand per channel, which the convolution can apply with
its own weights and bias. On a CPU this saves a sixth of the time of a step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vizkit.tracing.forward import first_tensor, watching
from vizkit.tracing.held_back import held_back


class FoldedPair:
    """A convolution and the BatchNorm that alone takes its output, computed as one.

    Parameters
    ----------
    convolution, norm : each called once in a forward pass, with weights that nothing else uses.
    layers : paths of the modules that return the output of the convolution, itself included; what
        they return is right while the pair is unfolded.
    """

    def __init__(self, convolution: nn.Conv2d, norm: nn.BatchNorm2d, layers: Iterable[str]) -> None:
        self.layers = frozenset(layers)
        self._convolution, self._norm = convolution, norm
        self._own = convolution.weight, convolution.bias
        self._folded = _fold(convolution, norm)
        self.fold()

    def fold(self) -> None:
        """Let the convolution do the work of both."""
        self._convolution.weight, self._convolution.bias = self._folded
        self._norm.forward = _pass_on  # type: ignore[assignment, method-assign]

    def unfold(self) -> None:
        """Let each do its own work."""
        self._convolution.weight, self._convolution.bias = self._own
        del self._norm.forward


def fold_batch_norm(module: nn.Module, images: Tensor) -> tuple[FoldedPair, ...]:
    """Fold, in place, every pair of `module` that one forward pass finds.

    Left alone are modules with hooks, modules and weights with more than one use, and convolutions
    whose output the network also uses elsewhere.

    Parameters
    ----------
    module : in eval mode.
    images : an input of the network.
    """
    names: dict[nn.Module, list[str]] = {}
    for name, child in module.named_modules(remove_duplicate=False):
        names.setdefault(child, []).append(name)
    plain = {child for child in names if is_plain(child)}
    if not any(isinstance(child, nn.BatchNorm2d) for child in plain):
        return ()
    uses = _Uses(names)
    with held_back(), watching(module, None, uses.note), torch.no_grad(), uses:
        module(images)
    return tuple(
        FoldedPair(convolution, norm, layers)
        for convolution, norm, layers in uses.pairs()
        if {convolution, norm} <= plain
    )


class _Uses(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the operations that take each tensor, and knows which modules took and returned it.

    Tables are keyed by ``id``. Outputs of convolutions are kept alive, and what an earlier tensor
    of the same id left behind is forgotten.
    """

    def __init__(self, names: Mapping[nn.Module, Sequence[str]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._names = names
        self._made: list[tuple[nn.Conv2d, Tensor]] = []
        self._operations: Counter[int] = Counter()
        self._taken: dict[int, nn.BatchNorm2d] = {}
        self._returned: dict[int, list[str]] = {}

    def note(self, _: str, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        """Note that a call of `module` ends, and what it took and returned."""
        tensor = first_tensor(output)
        if isinstance(module, nn.Conv2d) and tensor is not None:
            for table in (self._operations, self._taken, self._returned):
                table.pop(id(tensor), None)
            self._made.append((module, tensor))
        if isinstance(module, nn.BatchNorm2d) and args:
            self._taken[id(args[0])] = module
        if tensor is not None:
            self._returned.setdefault(id(tensor), []).extend(self._names[module])

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        taken = tree_leaves((args, kwargs))
        self._operations.update(id(each) for each in taken if isinstance(each, Tensor))
        return func(*args, **kwargs)

    def pairs(self) -> Iterator[tuple[nn.Conv2d, nn.BatchNorm2d, list[str]]]:
        """Each convolution with the BatchNorm behind it and the paths that return its output."""
        for convolution, output in self._made:
            norm = self._taken.get(id(output))
            if norm is None:
                continue
            weights = (*convolution.parameters(), *norm.parameters())
            tensors = (output, *weights, norm.running_mean, norm.running_var)
            if all(self._operations[id(each)] == 1 for each in tensors):
                yield convolution, norm, self._returned[id(output)]


def is_plain(module: nn.Module) -> bool:
    """Whether the module does what its class says and nobody follows it."""
    hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)
    if any(hooks) or module._backward_pre_hooks or "forward" in vars(module):
        return False
    if type(module) is nn.BatchNorm2d:
        return module.running_mean is not None
    return type(module) is nn.Conv2d and isinstance(module._parameters.get("weight"), Tensor)


def _fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[nn.Parameter, nn.Parameter]:
    """Weight and bias of a convolution that gives the output of both."""
    mean, variance = _exact(norm.running_mean), _exact(norm.running_var)
    factor = (variance + norm.eps).rsqrt()
    if norm.weight is not None:
        factor = factor * _exact(norm.weight)
    before = torch.zeros_like(mean) if convolution.bias is None else _exact(convolution.bias)
    bias = (before - mean) * factor
    if norm.bias is not None:
        bias = bias + _exact(norm.bias)
    own = convolution.weight
    weight = torch.empty_like(own).copy_(_exact(own) * factor.view(-1, 1, 1, 1))
    return nn.Parameter(weight, requires_grad=False), nn.Parameter(bias.to(own), False)


def _exact(tensor: Tensor | None) -> Tensor:
    """In double precision, on the CPU, because not every device has it."""
    assert tensor is not None
    return tensor.detach().cpu().double()


def _pass_on(images: Tensor) -> Tensor:
    return images
