"""A step of the loop recorded once and replayed: what a GPU does without waiting for a processor.

A step is some 700 kernels, which a processor launches more slowly than a GPU runs them: at 16
pictures the GPU is idle most of the time. A CUDA graph launches all of them at once. They are the
same kernels with the same numbers, so that pictures are the same bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache

import torch
from torch import Tensor

Turn = Callable[[bool], tuple[Tensor, Tensor]]
"""One step, told whether silent units are woken: images before the step, and scores. All else that
changes from step to step is on the device."""

_PLAIN = 2
"""Steps that run as they are before one is recorded: libraries set themselves up in the first."""


class Replay:
    """A step that runs as it is at first, is then recorded, and is replayed from there on.

    What it returns is overwritten by the next call. Nothing that is recorded may wait for the
    device, or decide anything by what is on it.
    """

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._waking: bool | None = None
        self._plain = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._result: tuple[Tensor, Tensor]

    def __call__(self, waking: bool) -> tuple[Tensor, Tensor]:
        """Do one step."""
        if waking is not self._waking:
            self._waking, self._plain, self._graph = waking, 0, None
        if self._plain < _PLAIN:
            self._plain += 1
            return self._turn(waking)
        if self._graph is None:
            self._graph = self._recorded(waking)
        self._graph.replay()
        return self._result

    def _recorded(self, waking: bool) -> torch.cuda.CUDAGraph:
        # Not by torch.cuda.graph, which waits for the device and collects garbage first.
        graph = torch.cuda.CUDAGraph()
        graph.capture_begin()
        try:
            self._result = self._turn(waking)
        except BaseException:
            with suppress(RuntimeError):  # of a record that is not whole
                graph.capture_end()
            raise
        graph.capture_end()
        return graph


@contextmanager
def recordable(device: torch.device) -> Iterator[None]:
    """Context in which steps can be recorded: on a stream of their own, which all else awaits."""
    stream = _stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))
    try:
        with torch.cuda.stream(stream):
            yield
    finally:
        torch.cuda.current_stream(device).wait_stream(stream)


@cache
def _stream(device: torch.device) -> torch.cuda.Stream:
    """One for all renderings, as memory is kept by stream."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
