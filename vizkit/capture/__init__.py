"""Activations of layers: captured by hooks, streamed over data, summarized per channel."""

from vizkit.callable_package import make_callable
from vizkit.capture.columns import ActivationColumn as ActivationColumn
from vizkit.capture.columns import activation_columns as activation_columns
from vizkit.capture.hooks import Capture as Capture
from vizkit.capture.hooks import capture as capture
from vizkit.capture.hooks import is_captured as is_captured
from vizkit.capture.preference import preferred_channels as preferred_channels
from vizkit.capture.stream import channel_max as channel_max
from vizkit.capture.stream import channel_mean as channel_mean
from vizkit.capture.stream import stream as stream
from vizkit.capture.strongest import best_classes as best_classes
from vizkit.capture.strongest import strongest_channels as strongest_channels
from vizkit.capture.summary import ChannelSummary as ChannelSummary
from vizkit.capture.summary import summarize as summarize

__all__ = [
    "ActivationColumn",
    "Capture",
    "ChannelSummary",
    "activation_columns",
    "best_classes",
    "capture",
    "channel_max",
    "channel_mean",
    "is_captured",
    "preferred_channels",
    "stream",
    "strongest_channels",
    "summarize",
]

make_callable(__name__, capture)
