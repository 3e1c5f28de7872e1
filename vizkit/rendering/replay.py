"""A step of the loop recorded once and replayed: what a GPU does without waiting for a processor.

A step is some 500 kernels, which a processor launches more slowly than a GPU runs them: at 16
pictures the GPU is idle most of the time. A CUDA graph launches all of them at once. They are the
same kernels with the same numbers, so that pictures are the same bit for bit.
"""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import torch
from torch import Tensor

from vizkit.networks.network import Network
from vizkit.rendering import silent_units

Turn = Callable[[bool], tuple[Tensor, Tensor]]
"""One step, told whether silent units are woken: images before the step, and scores. All else that
changes from step to step is on the device."""


@contextmanager
def replaying(turn: Turn, network: Network) -> Iterator[Turn]:
    """`turn` as it is done on the network's device: on a GPU recorded and replayed.

    There it runs on a stream of its own, as a record must, which all else awaits. Where it cannot
    be recorded, it is done as it is, and a warning says why.
    """
    if network.device.type != "cuda":
        yield turn
        return
    stream = _stream(network.device)
    stream.wait_stream(torch.cuda.current_stream(network.device))
    replay = _Replay(turn, network.name)
    try:
        with torch.cuda.stream(stream):
            try:
                yield replay
            finally:
                replay.forget()
    finally:
        torch.cuda.current_stream(network.device).wait_stream(stream)


class _Replay:
    """A turn that is done twice as it is, then recorded, and replayed from there on.

    In the first, libraries set themselves up; in the second, torch tells what waits for the device,
    which a record must not: one that fails on the way leaves torch's memory in disorder.
    """

    def __init__(self, turn: Turn, name: str) -> None:
        self._turn, self._name = turn, name
        self._waking: bool | None = None
        self._done = 0
        self._plain = False
        self._graph: torch.cuda.CUDAGraph | None = None
        self._result: tuple[Tensor, Tensor] | None = None

    def __call__(self, waking: bool) -> tuple[Tensor, Tensor]:
        if waking is not self._waking:
            self.forget()
            self._waking, self._done = waking, 0
        self._done += 1
        if self._done == 2 and not self._plain:
            return self._watched(waking)
        if self._done > 2 and not self._plain and self._graph is None:
            self._record(waking)
        if self._graph is None or self._result is None:
            return self._turn(waking)
        self._graph.replay()
        images, scores = self._result  # the next replay overwrites them
        return images.clone(), scores.clone()

    def forget(self) -> None:
        """Give the memory of the record back, which nothing else could use."""
        if self._graph is not None:
            torch.cuda.synchronize()
            self._result = None
            self._graph.reset()
            self._graph = None
            torch.cuda.empty_cache()

    def _watched(self, waking: bool) -> tuple[Tensor, Tensor]:
        before = torch.cuda.get_sync_debug_mode()
        waiting: list[str] = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that this is a prototype
            torch.cuda.set_sync_debug_mode("warn")
        with warnings.catch_warnings():
            warnings.filterwarnings("always", message=".*synchronizing CUDA operation")
            show = warnings.showwarning

            def note(message: Warning | str, *told: Any, **more: Any) -> None:
                if "synchronizing CUDA operation" in str(message):
                    waiting.append(_asking())
                else:
                    show(message, *told, **more)

            warnings.showwarning = note
            try:
                result = self._turn(waking)
            finally:
                torch.cuda.set_sync_debug_mode(before)
        if waiting:
            self._give_up(f"{waiting[0]} waits for the device.")
        return result

    def _record(self, waking: bool) -> None:
        # Not by torch.cuda.graph, which waits for the device and collects garbage first. What the
        # first turns have used comes free, as a record takes as much memory of its own.
        torch.cuda.empty_cache()
        self._graph = torch.cuda.CUDAGraph()
        try:
            try:
                self._graph.capture_begin()
                self._result = self._turn(waking)
            except BaseException:
                with suppress(RuntimeError):  # of a record that is not whole
                    self._graph.capture_end()
                raise
            self._graph.capture_end()
        except RuntimeError as error:
            self.forget()
            self._give_up(str(error).partition("\n")[0])

    def _give_up(self, reason: str) -> None:
        self._plain = True
        _say(
            f"the steps of {self._name} cannot be replayed as a CUDA graph, and are launched one "
            f"operation at a time: the same pictures, later.\n  {reason}"
        )


def _asking() -> str:
    """File and line that asked torch for something: the innermost that is not torch or ours."""
    inner = {__file__, silent_units.__file__, warnings.__file__}
    frames = [
        frame
        for frame in traceback.extract_stack()
        if frame.filename not in inner and "/torch/" not in frame.filename.replace("\\", "/")
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}"


@cache
def _say(text: str) -> None:
    """Warn, once."""
    warnings.warn(text, stacklevel=2)


@cache
def _stream(device: torch.device) -> torch.cuda.Stream:
    """One for all renderings, as memory is kept by stream."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
