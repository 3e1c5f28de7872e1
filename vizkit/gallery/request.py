"""What is asked of a gallery, of one network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vizkit.address import parse_channels
from vizkit.errors import UnitNotFoundError
from vizkit.gallery.options import Option, read_options
from vizkit.gallery.plan import Plan
from vizkit.gallery.study import Study
from vizkit.layer_info import LayerInfo
from vizkit.rendering.recipe import Recipe

Layers = Sequence[str] | Mapping[str, str]
"""Names or aliases; with ``{"conv4_3": "0-7,40"}`` the channels of each."""
Options = Iterable[str] | Mapping[str, Mapping[str, Any]]
"""Names of studies; with ``{"notes": {"words": 3}}`` what is asked of each."""


@dataclass(frozen=True, slots=True)
class Request:
    """Layers, channels and studies of one network, and how it is rendered.

    Attributes
    ----------
    layers, channels, studies, recipe, seed, size, block_size : as in `vizkit.gallery.make`.
    """

    layers: Layers | None = None
    channels: str | None = None
    studies: Options | None = None
    recipe: Recipe = field(default_factory=Recipe)
    seed: int = 0
    size: int | tuple[int, int] | None = None
    block_size: int | None = None

    def numbers(
        self, find: Callable[[str], LayerInfo], default: Iterable[str]
    ) -> dict[str, tuple[int, ...]]:
        """Channels by module path, of every layer that is asked for; ascending.

        Parameters
        ----------
        find : layer of a name or alias.
        default : names of the layers where none are asked for.

        Raises
        ------
        UnitNotFoundError : a channel that no layer has.
        UsageError : channels that are none.
        """
        groups: list[tuple[list[str], str | None]]
        if isinstance(self.layers, Mapping):
            groups = [([name], text) for name, text in self.layers.items()]
        else:
            groups = [(list(default if self.layers is None else self.layers), self.channels)]
        numbers: dict[str, tuple[int, ...]] = {}
        for names, text in groups:
            layers = [find(name) for name in names]
            widest = max((layer.channels for layer in layers), default=0)
            channels = range(widest) if text is None else sorted(parse_channels(text))
            if layers and channels and channels[-1] >= widest:
                raise UnitNotFoundError(
                    f"channel {channels[-1]} is in none of the layers: the widest has {widest}.\n"
                    f"  Give --channels 0-{widest - 1} or fewer."
                )
            for layer in layers:
                numbers[layer.name] = tuple(c for c in channels if c < layer.channels)
        return numbers

    def options(self, study: Study, before: Plan | None) -> dict[str, Option]:
        """What is asked of a study; each value that was asked before holds until another is.

        Raises
        ------
        NotFoundError, UsageError : as `read_options`.
        """
        asked = self.studies.get(study.name, {}) if isinstance(self.studies, Mapping) else {}
        earlier = (
            before.studies[study.name].options if before and study.name in before.studies else {}
        )
        known = {name: value for name, value in earlier.items() if name in study.options}
        return read_options(study.name, study.options, known | dict(asked))

    def settled_recipe(self, before: Plan | None) -> Recipe:
        """Recipe in which ``dtype="auto"`` is what the gallery's plan has `before`."""
        if before is None or self.recipe.dtype != "auto":
            return self.recipe
        return replace(self.recipe, dtype=before.recipe.get("dtype", "auto"))
