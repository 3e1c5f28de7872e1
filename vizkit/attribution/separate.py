"""A network whose modules are called once each, ReLUs included, up to one layer.

DeepLIFT and guided backpropagation follow modules: what is called twice, or is no module, gives
errors or, worse, other numbers.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from vizkit.errors import UsageError

_RELUS = {functional.relu, functional.relu_, torch.relu, torch.relu_, "relu", "relu_"}


def separated(module: nn.Module, layer: str, through: str | None) -> tuple[nn.Module, nn.Module]:
    """The network up to `layer`, and in it what returns the output of `through`.

    Raises
    ------
    UsageError : its forward pass cannot be followed by ``torch.fx``.
    """
    tracer = _Tracer()
    try:
        graph = tracer.trace(module)
        last = tracer.returned[layer]
        middle = tracer.returned[through] if through else last
    except Exception as error:
        text = str(error).strip().split("\n")[0]
        raise UsageError(
            "this method follows modules one by one, and torch.fx cannot take this network apart: "
            f"{type(error).__name__}: {text}\n  Give method='integrated_gradients'."
        ) from error
    root = fx.GraphModule(module, graph)
    root.add_submodule("vizkit_through", nn.Identity())
    with graph.inserting_after(middle):
        passed = graph.call_module("vizkit_through", (middle,))
    middle.replace_all_uses_with(passed, delete_user_cb=lambda user: user is not passed)
    output = next(node for node in graph.nodes if node.op == "output")
    output.args = (passed if last is middle else last,)
    graph.eliminate_dead_code()
    seen: set[Any] = set()
    for number, node in enumerate(graph.nodes):
        if node.op in {"call_function", "call_method"} and node.target in _RELUS:
            own: nn.Module = nn.ReLU()
            node.args, node.kwargs = (node.args or (node.kwargs["input"],))[:1], {}
        elif node.op == "call_module" and node.target in seen:
            own = copy.deepcopy(root.get_submodule(node.target))
        else:
            seen.add(node.target)
            continue
        node.op, node.target = "call_module", f"vizkit_{number}"
        root.add_submodule(node.target, own)
    root.recompile()
    root.delete_all_unused_submodules()
    return root, root.get_submodule("vizkit_through")


class _Tracer(fx.Tracer):
    """Remembers what every module returned at its first call."""

    def __init__(self) -> None:
        super().__init__()
        self.returned: dict[str, fx.Node] = {}

    def call_module(
        self, m: nn.Module, forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Follow `m`, as `torch.fx.Tracer` does."""
        output = super().call_module(m, forward, args, kwargs)
        if isinstance(output, fx.Proxy):
            self.returned.setdefault(self.path_of_module(m), output.node)
        return output
