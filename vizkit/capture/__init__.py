"""Activations of layers: captured by hooks, streamed over data, summarized per channel."""

from vizkit.callable_package import make_callable
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

make_callable(__name__, capture)
