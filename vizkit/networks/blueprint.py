"""How to build a network for one kind of weights: what is registered to add a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vizkit.networks.weights.sources import WeightsFile

if TYPE_CHECKING:
    from torch import Tensor, nn

    from vizkit.images.preprocessing import Preprocessing


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A network's architecture and weights before anything is built or fetched.

    Attributes
    ----------
    name, tag : ``googlenet`` and ``imagenet``.
    build : makes the module; may draw its first weights from torch's global generator.
    preprocessing : what the weights were trained with.
    classes : names of the classes; None when there are none, or none are known.
    weights : the weights file; None for random weights, which the tag ``random`` stands for, and
        under another tag for those that `build` makes.
    rename : names of a published file -> names of the module; None where they agree.
    ignored : prefixes of names in the file that the module does without (auxiliary heads).
    """

    name: str
    tag: str
    build: Callable[[], nn.Module]
    preprocessing: Preprocessing
    classes: tuple[str, ...] | None = None
    weights: WeightsFile | None = None
    rename: Callable[[Mapping[str, Tensor], nn.Module], Mapping[str, Tensor]] | None = None
    ignored: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Name and tag, e.g. ``"googlenet@imagenet"``."""
        return f"{self.name}@{self.tag}"
