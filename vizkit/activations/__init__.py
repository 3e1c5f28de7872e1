"""Activations of layers: captured by hooks, streamed over data, summarized per channel."""

from vizkit.faces import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
