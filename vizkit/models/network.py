"""A network: a module with its preprocessing and weights record, as `vizkit.load` returns it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from vizkit.address import Address
from vizkit.models.layers import LayerInfo
from vizkit.models.preprocessing import Preprocessing


@dataclass(frozen=True, slots=True)
class WeightsRecord:
    """Where the weights of a network come from.

    Attributes
    ----------
    tag : ``imagenet``, ``distilled``, ``hed``, ``digits``, ``random``, ``own`` (a module that the
        caller passed in) or ``file-`` and eight digits of the hash (``--weights FILE``).
    origin : sentence for people: which file, from where, trained on what.
    sha256 : hash of the weights file; of the state dict where there is no file.
    random : True when the weights were never trained; shown as a badge everywhere.
    """

    tag: str
    origin: str
    sha256: str
    random: bool = False


@dataclass(frozen=True, eq=False)
class Network:
    """A convolutional network ready to be looked at: in eval mode, with everything that a result
    must carry about it.

    Attributes
    ----------
    name : registered name, ``timm:NAME``, ``path.py:factory``, or the caller's own word.
    module : the network; never changed by vizkit.
    preprocessing : map from images in [0, 1] to the network's input.
    weights : where the weights come from.
    classes : names of the classes, in the order of the logits; None when unknown.
    aliases : literature names of layers, alias -> module path.
    published : module paths of the layers to show by default; empty lets vizkit choose
        (convolutions, or the blocks of Inception and residual networks).
    """

    name: str
    module: nn.Module
    preprocessing: Preprocessing
    weights: WeightsRecord
    classes: tuple[str, ...] | None = None
    aliases: dict[str, str] = field(default_factory=dict)
    published: tuple[str, ...] = ()
