"""Activations of layers: captured by hooks, streamed over data, summarized per channel.

``vizkit.capture`` is this package and the function at once: Python binds a package to its name in
the parent as soon as anything imports it, so the package can be called as the function is.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from vizkit.capture.hooks import Capture as Capture
from vizkit.capture.hooks import capture as capture
from vizkit.capture.stream import channel_max as channel_max
from vizkit.capture.stream import channel_mean as channel_mean
from vizkit.capture.stream import stream as stream
from vizkit.capture.summary import ChannelSummary as ChannelSummary
from vizkit.capture.summary import summarize as summarize

__all__ = [
    "Capture",
    "ChannelSummary",
    "capture",
    "channel_max",
    "channel_mean",
    "stream",
    "summarize",
]


class _Callable(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Capture:
        return capture(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
