"""Batches of marked images through a network, and what the marks reached in every layer.

Outputs are looked at inside the hooks, before an in-place operation can overwrite them, and nothing
of them is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vizkit.errors import FieldError, LayerNotFoundError, nearest
from vizkit.receptive_fields.oracle.boxes import Key
from vizkit.receptive_fields.oracle.marks import Mark
from vizkit.tracing.forward import eval_mode, first_tensor, same_random_state, watching

See = Callable[[Key, NDArray[np.bool_]], None]
"""Told for a layer which of its units are reached, images x shape of the layer."""

_LARGEST_BATCH = 16
# Bytes that the largest output of a batch may take; a pass needs a few times as much.
_BATCH_BYTES = 1 << 27


class _Stop(BaseException):
    """Ends a forward pass behind the last layer that is asked for."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One call of a module that returned a tensor.

    Attributes
    ----------
    op : name of the module's class.
    shape : of the output for one image; without its first axis, if that has length 1.
    """

    op: str
    shape: tuple[int, ...]


class Probe:
    """Shows a network marked images and tells which units the marks reach.

    Attributes
    ----------
    layers : all calls of modules that return a tensor, in the order in which they end.
    batch : how many images go through the network at once. 1 for networks that treat the images of
        a batch differently from images alone, which is found out by trying.
    """

    def __init__(self, mark: Mark) -> None:
        self._mark = mark
        self.size = mark.size
        self.layers: dict[Key, Layer] = {}
        self.batch = 1
        # The axis of an output along which the images of a batch follow each other. None: the
        # output is the same for all of them.
        self._axis: dict[Key, int | None] = {}
        self._whole: dict[Key, tuple[int, ...]] = {}
        self._largest = 1
        self._meet()
        if self._largest * 2 <= _BATCH_BYTES and self._treats_images_alone():
            self.batch = min(_LARGEST_BATCH, _BATCH_BYTES // self._largest)

    def find(self, name: str, call: int = 0) -> Key:
        """The key of a layer.

        Raises
        ------
        LayerNotFoundError : no such module, or it was not called so often.
        """
        if (name, call) in self.layers:
            return name, call
        calls = sum(key[0] == name for key in self.layers)
        if calls:
            raise LayerNotFoundError(f"call {call} of {name!r}: it is called {calls} times.")
        hint = nearest(name, [key[0] for key in self.layers])
        raise LayerNotFoundError(f"{name!r} is no module that returns a tensor.\n  {hint}".rstrip())

    def look(
        self,
        masks: NDArray[np.bool_],
        see: See,
        wanted: Mapping[Key, list[int]] | Collection[Key] | None = None,
    ) -> None:
        """One forward pass of the images marked by `masks`, B x H x W, of at most `batch`.

        Parameters
        ----------
        see : told for each wanted layer what is reached, as soon as it returns.
        wanted : the layers (all by default), or for each of them the images it is asked about. The
            pass ends behind the last of them.
        """
        keys = self.layers if wanted is None else wanted

        def read(key: Key, tensor: Tensor) -> None:
            if key in keys:
                items = self._items(key, tensor, len(masks))
                if isinstance(wanted, Mapping) and len(wanted[key]) < len(masks):
                    items = items[torch.tensor(wanted[key], device=items.device)]
                see(key, self._mark.reached(items))

        self._run(masks, read, keys)

    def _items(self, key: Key, tensor: Tensor, batch: int) -> Tensor:
        axis = self._axis.get(key)
        if batch == 1:
            items = tensor[None]
        elif axis is None:
            items = tensor[None].expand(batch, *tensor.shape)
        else:
            shape = tensor.shape
            items = tensor.reshape(*shape[:axis], batch, -1, *shape[axis + 1 :]).movedim(axis, 0)
        return items.squeeze(1) if self._whole[key][:1] == (1,) else items

    def _run(
        self,
        masks: NDArray[np.bool_],
        read: Callable[[Key, Tensor], None],
        keys: Collection[Key] | None = None,
    ) -> None:
        """One forward pass that gives every output to `read`, to its end or the last of `keys`."""
        left = set(keys or ())
        calls: dict[str, int] = {}

        def returned(name: str, module: object, args: object, output: Any) -> None:  # noqa: ARG001
            tensor = first_tensor(output)
            if tensor is None:
                return
            key = name, calls.get(name, 0)
            calls[name] = key[1] + 1
            read(key, tensor)
            left.discard(key)
            if keys is not None and not left:
                raise _Stop

        module = self._mark.module
        hooks = watching(module, None, returned)
        with (
            same_random_state(module),
            eval_mode(module),
            hooks,
            self._mark.images(masks) as images,
        ):
            try:
                module(images)
            except _Stop:
                return
        if left:
            raise FieldError(
                f"{min(left)!r} was not called for one of the marked images: which modules the "
                "network calls depends on its input, so that no field can be measured."
            )

    def _meet(self) -> None:
        """Learn the layers and their shapes from the image without marks."""
        modules = dict(self._mark.module.named_modules())
        height, width = self.size

        def read(key: Key, tensor: Tensor) -> None:
            shape = tuple(tensor.shape)
            self._whole[key] = shape
            self.layers[key] = Layer(
                type(modules[key[0]]).__name__, shape[1:] if shape[:1] == (1,) else shape
            )
            self._largest = max(self._largest, tensor.numel() * tensor.element_size())
            if self._mark.reached(tensor).any():
                raise FieldError(
                    f"{key[0]!r} is not finite for an image without marks, so that no field can "
                    "be seen in it.\n  Give finite weights and an image of ordinary values."
                )

        self._run(np.zeros((1, height, width), dtype=np.bool_), read)

    def _treats_images_alone(self) -> bool:
        """Whether three images give the same in one batch as each by itself.

        False where the batch is coupled (BatchNorm on the batch's own statistics) or folded in an
        order in which the images do not follow each other.
        """
        height, width = self.size
        masks = np.zeros((3, height, width), dtype=np.bool_)
        masks[0, : (height + 1) // 2] = True
        masks[2, :, : (width + 1) // 2] = True
        alone: dict[Key, list[NDArray[np.bool_]]] = {key: [] for key in self.layers}
        for mask in masks:
            self.look(mask[None], lambda key, reached: alone[key].append(reached[0]))
        same = True

        def read(key: Key, tensor: Tensor) -> None:
            nonlocal same
            whole = self._whole.get(key)
            if whole is None:
                same = False
                return
            single = np.stack(alone[key])
            if tuple(tensor.shape) == whole:
                self._axis[key] = None
                same &= not single.any()
                return
            tripled = (
                [axis for axis, n in enumerate(whole) if tensor.shape[axis] == 3 * n]
                if tensor.ndim == len(whole)
                else []
            )
            others = [a for a, n in enumerate(whole) if tripled != [a] and tensor.shape[a] != n]
            if len(tripled) != 1 or others:
                same = False
                return
            self._axis[key] = tripled[0]
            same &= np.array_equal(self._mark.reached(self._items(key, tensor, 3)), single)

        try:
            self._run(masks, read, self.layers)
        except (RuntimeError, ValueError, AssertionError):
            return False
        return same
