"""Capture of layers' outputs by hooks that leave no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor, nn

from vizkit.errors import LayerNotFoundError, UsageError, nearest
from vizkit.networks.given import Given, given_network
from vizkit.networks.layers.resolve import find_module
from vizkit.networks.wrappers import unwrapped
from vizkit.tracing.forward import eval_mode, first_tensor, with_first
from vizkit.tracing.trace import trace

Layers = str | Iterable[str] | Callable[[str], bool]
"""A layer's name or alias, several of them, or a predicate on names."""

_NONE = object()


class _Stop(BaseException):
    """Ends a forward pass; no Exception, so that no network catches it."""

    def __init__(self, owner: Capture) -> None:
        super().__init__()
        self.owner = owner


_open: WeakSet[Capture] = WeakSet()


class Capture:
    """The outputs of the layers asked for, by name, of the latest forward pass.

    ``acts[layer]`` is the output of the layer's first call; `calls` has all of them. Made by
    `vizkit.capture`.

    Attributes
    ----------
    module : what is captured.
    """

    def __init__(
        self,
        module: nn.Module,
        paths: Mapping[str, str],
        *,
        relu: frozenset[str] | None,
        stop: bool,
    ) -> None:
        self.module = unwrapped(module)
        self._around = module
        self._paths = dict(paths)
        self._wanted = tuple(dict.fromkeys(paths.values()))
        # Modules whose output goes through the ReLU that follows; None: not known before a pass.
        self._relu = relu
        self._stop = stop
        self._outputs: dict[str, list[Tensor]] = {}
        self._arguments: tuple[Any, ...] = ()
        self._running = False
        self._paused = False
        self._undo = ExitStack()

    def __enter__(self) -> Capture:
        self._undo.close()
        with ExitStack() as undo:
            undo.enter_context(eval_mode(self._around))
            children = dict(self.module.named_modules(remove_duplicate=False))
            for path in self._wanted:
                undo.callback(children[path].register_forward_hook(self._hook(path)).remove)
            for entrance in ("_call_impl", "forward"):
                self._guard(entrance, undo)
            _open.add(self)
            undo.callback(_open.discard, self)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._undo.close()

    def __getitem__(self, layer: str) -> Tensor:
        return self._of(layer)[0]

    def __contains__(self, layer: object) -> bool:
        return self._paths.get(layer) in self._outputs if isinstance(layer, str) else False

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._paths if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def items(self) -> Iterator[tuple[str, Tensor]]:
        """Names as they were asked for, and outputs, of the layers that ran."""
        return ((name, self[name]) for name in self)

    def clear(self) -> None:
        """Let go of what the latest forward pass left behind."""
        self._outputs.clear()

    def calls(self, layer: str) -> tuple[Tensor, ...]:
        """All outputs of `layer` in the latest forward pass, in the order of its calls.

        Raises
        ------
        UsageError : the forward pass was stopped, so that later calls may be missing.
        """
        if self._stop:
            raise UsageError(
                f"the calls of {layer!r} are not all known, because the forward pass ended with "
                "the first call of the deepest layer.\n  Write capture(net, layers, stop=False)."
            )
        return tuple(self._of(layer))

    def watched(self) -> tuple[nn.Module, ...]:
        """Modules that an open capture has changed: the root, and those whose output it keeps."""
        children = dict(self.module.named_modules(remove_duplicate=False))
        return (self.module, *(children[path] for path in self._wanted))

    def _of(self, layer: str) -> list[Tensor]:
        path = self._paths.get(layer, layer)
        if path in self._outputs:
            return self._outputs[path]
        if path not in self._wanted:
            hint = nearest(layer, self._paths) or "Captured: " + ", ".join(self._paths) + "."
            raise LayerNotFoundError(f"{layer!r} was not captured.\n  {hint}")
        reason = "returned no tensor or was not called in the latest forward pass"
        if not self._outputs:
            reason = "has no output, because no forward pass has come that far"
        raise LayerNotFoundError(
            f"{layer!r} {reason}.\n  Call the network inside the with block: net(images)."
        )

    def _hook(self, path: str) -> Callable[[nn.Module, Any, Any], Any]:
        def keep(module: nn.Module, args: tuple[Any, ...], output: Any) -> Any:  # noqa: ARG001
            tensor = first_tensor(output)
            if self._paused or tensor is None:
                return None
            again = path in self._outputs
            if again and self._stop and self._running:
                return None
            relu = self._relu is not None and path in self._relu
            kept = torch.relu(tensor) if relu else tensor
            missing = len(self._wanted) - len(self._outputs) - (not again)
            if self._stop and self._running and missing == 0:
                # Nothing in the network can write into the tensor any more.
                self._outputs[path] = [kept.clone() if _shared(kept, self._arguments) else kept]
                raise _Stop(self)
            if not relu and _shared(tensor, args):
                kept = tensor.clone()
            calls = self._outputs.setdefault(path, [])
            if not self._running:
                calls.clear()
            calls.append(kept)
            # The network goes on with a copy, which it may overwrite. What is kept stays a part of
            # its graph, so that later outputs can be differentiated by it.
            return None if relu else with_first(output, kept.clone())

        return keep

    def _guard(self, entrance: str, undo: ExitStack) -> None:
        """Put around one of the module's two entrances what begins and ends a captured pass."""
        inner: Callable[..., Any] = getattr(self.module, entrance)
        attributes = self.module.__dict__
        before = attributes.get(entrance, _NONE)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if self._running or self._paused:
                return inner(*args, **kwargs)
            if self._relu is None:
                self._relu = self._find_relu(args, kwargs)
            self._outputs.clear()
            self._arguments = args
            self._running = True
            try:
                return inner(*args, **kwargs)
            except _Stop as stop:
                if stop.owner is not self:
                    raise
                return None
            finally:
                self._running = False
                self._arguments = ()

        def restore() -> None:
            if before is _NONE:
                attributes.pop(entrance, None)
            else:
                attributes[entrance] = before

        undo.callback(restore)
        attributes[entrance] = guarded

    def _find_relu(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> frozenset[str]:
        self._paused = True
        try:
            traced = trace(self.module, args, kwargs)
        finally:
            self._paused = False
        return frozenset(t.name for t in traced if t.activation == "relu")


def capture(
    network: Given,
    layers: Layers,
    *,
    after_activation: bool = False,
    stop: bool = True,
) -> Capture:
    """Context in which every forward pass leaves the outputs of `layers` behind.

    Call the network inside the ``with`` block as often as you like; each pass replaces what the
    last one left. What is captured is the layer's own output: no in-place operation of the network
    reaches it, and gradients flow through it, to the images and from later layers. Inside, the
    network is in eval mode; after it, hooks, train flags and forward methods are as they were.

    Parameters
    ----------
    network : a network of `vizkit.load`, or its name, or any module (aliases need one of a known
        form), which gets its own input.
    layers : a layer's name or alias, several of them, or a predicate on names.
    after_activation : give the output after the ReLU that follows the layer, where there is one,
        be it a module, a function or in place. Of a plain module this is found out by one
        additional forward pass, the first time.
    stop : end the forward pass with the first call of the deepest layer, so that the network
        returns None and spends nothing on what follows. With False it runs on, which a part of a
        larger network needs whose output the rest is waiting for.

    Returns
    -------
    Capture : ``acts[layer]``, float, B x C x H x W or B x C, of the layer's first call;
        ``acts.calls(layer)`` of all its calls, with ``stop=False``. ``acts.module`` is the module,
        where only its name was at hand.

    Raises
    ------
    LayerNotFoundError : `network` has no such layer.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 5, 3))
    >>> with capture(net, ["0", "1"]) as acts:
    ...     _ = net(torch.zeros(2, 3, 8, 8))
    >>> acts["0"].shape
    torch.Size([2, 4, 6, 6])
    """
    relu: frozenset[str] | None = frozenset()
    if not isinstance(network, nn.Module):
        network = given_network(network)
        module = network.module
        find = network.layer
        paths = _chosen(layers, [layer.name for layer in network.layers], lambda n: find(n).name)
        if after_activation:
            relu = frozenset(t.name for t in network.layers if t.activation == "relu")
    else:
        module = network
        inner = unwrapped(module)
        known = [name for name, _ in inner.named_modules(remove_duplicate=False) if name]
        paths = _chosen(layers, known, lambda name: find_module(inner, name))
        relu = None if after_activation else relu
    return Capture(module, paths, relu=relu, stop=stop)


def is_captured(module: nn.Module) -> bool:
    """Whether a capture is open that hooks into `module` or something inside of it."""
    inside = set(module.modules())
    return any(inside.intersection(acts.watched()) for acts in _open)


def _chosen(layers: Layers, known: Iterable[str], find: Callable[[str], str]) -> dict[str, str]:
    """Give the module path of each layer asked for, by the name that was asked for."""
    if callable(layers):
        names = [name for name in known if layers(name)]
        wanted = f"the predicate {getattr(layers, '__name__', layers)!r}"
    else:
        names = [layers] if isinstance(layers, str) else list(layers)
        wanted = f"{layers!r}"
    if not names:
        raise LayerNotFoundError(f"{wanted} chooses none of the network's layers.")
    return {name: find(name) for name in names}


def _shared(tensor: Tensor, others: Iterable[object]) -> bool:
    """Whether writing into one of `others` may change `tensor`."""
    memory = tensor.untyped_storage().data_ptr()
    return any(
        isinstance(other, Tensor) and other.untyped_storage().data_ptr() == memory
        for other in others
    )
