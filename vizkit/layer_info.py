"""What is known of a layer before anything is computed with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vizkit.address import escape_layer
from vizkit.text import aligned


@dataclass(frozen=True, slots=True)
class Branch:
    """A run of channels of a concatenated block and the module that makes it.

    Attributes
    ----------
    name : module path of the branch's last module, e.g. ``"inception4c.branch2.1"``.
    start, stop : channels ``start <= c < stop`` of the block are channels ``c - start`` of `name`.
    """

    name: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One place of a network whose output can be looked at.

    Attributes
    ----------
    name : module path as in ``named_modules()``.
    aliases : names of the literature (``conv4_3``), the shortest first.
    op : class of the module, e.g. ``"Conv2d"`` or ``"Inception"``.
    channels : size of the output's channel axis.
    shape : shape of the first call's output for one image, without the batch: (C, H, W) or (C,).
    calls : how often one forward pass calls the module.
    activation : ``"relu"`` when the network's next operation on this output is a ReLU that has not
        been counted as a part of the layer, else None.
    branches : runs of channels in order, for a block that concatenates; else empty.
    published : True when the layer is on the network's list of layers to show by default.
    """

    name: str
    aliases: tuple[str, ...]
    op: str
    channels: int
    shape: tuple[int, ...]
    calls: int = 1
    activation: str | None = None
    branches: tuple[Branch, ...] = ()
    published: bool = False

    @property
    def public_name(self) -> str:
        """Name for addresses: ``logits``, or an alias where it tells more than ``features.21``.

        Examples
        --------
        >>> LayerInfo("features.21", ("conv4_3",), "Conv2d", 512, (512, 28, 28)).public_name
        'conv4_3'
        """
        if "logits" in self.aliases:
            return "logits"
        numbered = any(part.isdigit() for part in self.name.split("."))
        return self.aliases[0] if self.aliases and numbered else self.name

    @property
    def spatial(self) -> bool:
        """True when the layer has a map of positions."""
        return len(self.shape) == 3

    def branch_of(self, channel: int) -> str | None:
        """Branch and number in it that make `channel`, e.g. ``"inception4c.branch2.1:23"``."""
        for branch in self.branches:
            if branch.start <= channel < branch.stop:
                return f"{branch.name}:{channel - branch.start}"
        return None

    def as_dict(self) -> dict[str, Any]:
        """Names, kind and size, as ``vizkit layers --json`` has them."""
        return {
            "name": self.name,
            "aliases": list(self.aliases),
            "op": self.op,
            "channels": self.channels,
            "shape": list(self.shape),
        }


def layer_table(layers: Sequence[LayerInfo], width: int | None = None) -> str:
    """Table of layers in forward order; under a block that concatenates stand its branches.

    Parameters
    ----------
    width : of its lines, at most, where names can be folded.

    Examples
    --------
    >>> print(layer_table([LayerInfo("c1", ("C1",), "Conv2d", 6, (6, 28, 28), published=True)]))
       LAYER  ALIASES  OP      OUTPUT
    *  c1     C1       Conv2d  6 x 28 x 28
    """
    rows = [("", "LAYER", "ALIASES", "OP", "OUTPUT")]
    for layer in layers:
        star = "*" if layer.published else ""
        shape = " x ".join(map(str, layer.shape))
        rows.append((star, escape_layer(layer.name), ", ".join(layer.aliases), layer.op, shape))
        if layer.published:
            for branch in layer.branches:
                channels = f"channels {branch.start}-{branch.stop - 1}"
                rows.append(("", f"  {escape_layer(branch.name)}", "", channels, ""))
    return aligned(rows, width=width)
