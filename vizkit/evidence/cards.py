"""The scorecard: what every metric says about pictures, side by side."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, overload

import torch

from vizkit.errors import UsageError
from vizkit.evidence.metric import METRICS, Values
from vizkit.evidence.subject import Subject, covering
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given, given_network
from vizkit.networks.network import Network
from vizkit.progress import OnProgress, Progress
from vizkit.rendering.result import Render
from vizkit.result import Result, plain
from vizkit.text import aligned
from vizkit.unit import Unit

Value = float | None | dict[str, float | None]
"""None where a metric does not apply."""


@dataclass(frozen=True, eq=False)
class Card(Result):
    """What the metrics say about one picture.

    Attributes
    ----------
    unit : whom it shows.
    values : by metric, in the order of `vizkit.evidence.METRICS`.
    photographs : number of natural crops that it was compared with.
    cost_s : seconds that the picture took; None where nobody knows.
    random : True when the network was never trained.
    """

    unit: Unit
    values: Mapping[str, Value]
    photographs: int
    cost_s: float | None
    random: bool

    def as_dict(self) -> dict[str, Any]:
        """What ``vizkit render --scorecard --json`` has under ``"scorecard"``."""
        return {**self.values, "photographs": self.photographs, "cost_s": self.cost_s}

    def flat(self) -> dict[str, float | None]:
        """Every number by its name, ``"robustness.blur"``."""
        numbers: dict[str, float | None] = {}
        for name, value in self.values.items():
            if isinstance(value, dict):
                numbers |= {f"{name}.{key}": each for key, each in value.items()}
            else:
                numbers[name] = value
        return numbers

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        count = f"{len(self.values)} metrics, {self.photographs} natural crops"
        return f"<Card {self.unit}, {count}{badge}>"

    def table(self) -> str:
        """Every number in a line."""
        return aligned(
            [(f"  {name}", _text(value)) for name, value in self.flat().items()], right=[1]
        )

    def __str__(self) -> str:
        badge = "  RANDOM WEIGHTS" if self.random else ""
        return f"{self.unit}{badge}\n{self.table()}"


@dataclass(frozen=True, eq=False)
class Scorecard(Sequence[Card], Result):
    """A card for each picture, in the order asked.

    Attributes
    ----------
    cards : one for each picture.
    """

    cards: tuple[Card, ...]

    @overload
    def __getitem__(self, index: int) -> Card: ...
    @overload
    def __getitem__(self, index: slice) -> Scorecard: ...
    def __getitem__(self, index: int | slice) -> Card | Scorecard:
        """One card, or some as a `Scorecard`."""
        return Scorecard(self.cards[index]) if isinstance(index, slice) else self.cards[index]

    def __len__(self) -> int:
        return len(self.cards)

    def as_dict(self) -> dict[str, Any]:
        """Cards by address."""
        return {card.unit.address: card.as_dict() for card in self.cards}

    def medians(self) -> dict[str, float | None]:
        """Median of every number over the pictures it applies to; None where that is none."""
        return {name: _median(card.flat()[name] for card in self.cards) for name in self._names}

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.cards[0].flat()) if self.cards else ()

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if any(card.random for card in self.cards) else ""
        return f"<Scorecard: {len(self)} pictures, {len(self._names)} numbers each{badge}>"

    def __str__(self) -> str:
        """A line for every number, a column for every picture."""
        head = ["", *(card.unit.name for card in self.cards)]
        rows = [[name, *(_text(card.flat()[name]) for card in self.cards)] for name in self._names]
        badge = ["RANDOM WEIGHTS"] if any(card.random for card in self.cards) else []
        return "\n".join([*badge, aligned([head, *rows], right=range(1, len(head)))])


def scorecard(
    network: Given,
    renders: Render | Sequence[Render],
    *,
    images: ImageSource | None = "photographs",
    progress: OnProgress | None = None,
) -> Scorecard:
    """What every metric says about pictures of units, to tell a good recipe from a bad one.

    Nothing here was trained on by any recipe, and no number alone says which picture is better.

    Parameters
    ----------
    network : of the pictures: a name, a network or a module.
    renders : of `vizkit.render`; pictures of units.
    images : natural images to compare with; None leaves out the metrics that need them.

    Raises
    ------
    UsageError : pictures of another network, of something that is no unit, or none.

    Examples
    --------
    >>> import vizkit
    >>> pictures = vizkit.render("lenet5/c3:0-1", recipe=vizkit.Recipe(steps=2))
    >>> card = scorecard("lenet5", pictures, images="digits")[0]
    >>> card.photographs, sorted(card.values)[:3]
    (40, ['activation_ratio', 'batchnorm', 'identification'])
    """
    net = given_network(network)
    pictures = [renders] if isinstance(renders, Render) else list(renders)
    groups: dict[tuple[str, bool, tuple[int, int]], list[int]] = {}
    for number, render in enumerate(pictures):
        _check(net, render)
        whole = render.unit.position is None
        group = render.unit.layer.name, whole, render.canvas_size
        groups.setdefault(group, []).append(number)
    natural = None if images is None else net.images(images).tensor()
    cards: dict[int, Card] = {}
    total, done = len(groups) * len(METRICS), 0
    for (*_, size), numbers in groups.items():
        subject = Subject(
            net,
            tuple(cast(Unit, pictures[number].unit) for number in numbers),
            torch.stack([pictures[number].image for number in numbers]).to(net.device),
            None if natural is None else covering(natural, size),
        )
        values: list[dict[str, Value]] = [{} for _ in numbers]
        for name in METRICS:
            metric = METRICS[name]
            if progress is not None:
                progress(Progress(done, total, f"{subject.units[0]} {name}"))
            found = None if natural is None and metric.needs_photographs else metric.of(subject)
            for row, value in enumerate(values):
                value[metric.name] = _value(found, row)
            done += 1
        count = 0 if natural is None else len(subject.crops)
        for unit, number, value in zip(subject.units, numbers, values, strict=True):
            render = pictures[number]
            cards[number] = Card(
                unit,
                value,
                count,
                render.wall_s,
                net.weights.random,
            )
    return Scorecard(tuple(cards[number] for number in range(len(pictures))))


def _check(network: Network, render: Render) -> None:
    if not isinstance(render.unit, Unit):
        raise UsageError(
            f"{render.unit} is no unit, and metrics compare units of one layer.\n"
            "  Give pictures of channels, neurons or logits."
        )
    if render.unit.source != network.source:
        raise UsageError(
            f"{render.unit} is no unit of {network.source}.\n"
            f"  Give its network: vizkit.load({render.unit.source!r})"
        )


def _value(values: Values | None, row: int) -> Value:
    if values is None:
        return None
    if isinstance(values, Mapping):
        return {name: plain(float(value[row])) for name, value in values.items()}
    number: float | None = plain(float(values[row]))
    return number


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
