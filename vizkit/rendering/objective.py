"""What an objective is: one score per picture, that gradient ascent makes larger.

An objective is one class in one file of ``vizkit/rendering/objectives/``, or registered in
`OBJECTIVES`. Objectives add, subtract and multiply with numbers::

    channel - 0.1 * tv

and print as the text that the command line takes and that random numbers go by.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import InitVar, dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor

from vizkit.errors import UsageError
from vizkit.rendering.seen import Seen
from vizkit.unit import Unit

if TYPE_CHECKING:
    from vizkit.networks.network import Network


class Objective(ABC):
    """One score for each picture of a batch; immutable, and equal to what says the same.

    Attributes
    ----------
    coupled : True where a picture's score depends on the others of its batch.
    may_be_silent : True where a start may give no gradient, so that waking and rescues make sense.
    """

    coupled: ClassVar[bool] = False
    may_be_silent: ClassVar[bool] = False

    @property
    def lowers(self) -> bool:
        """Whether all that reads the network is taken off, so that silence is what it wants."""
        return False

    @property
    def layers(self) -> tuple[str, ...]:
        """Module paths of the layers that it reads; none for what looks at pictures alone."""
        return ()

    @property
    def units(self) -> tuple[Unit, ...]:
        """Units that it reads, whose positions a canvas must have; none where it reads no unit."""
        return ()

    @property
    def response(self) -> Objective:
        """What is measured of a picture: of a sum, the terms that read the network."""
        return self

    @property
    def driven(self) -> Objective:
        """What must not be silent: of a sum, the units that are to respond; else all of it."""
        return self

    @abstractmethod
    def score(self, seen: Seen) -> Tensor:
        """Scores, B, float32; higher is better.

        On a GPU recorded once and replayed: must not wait for the device (``.item()``, or ``if`` on
        a tensor), or every step is slower, and does the same in every step.
        """

    @abstractmethod
    def name(self, lane: int = 0) -> str:
        """Text of one picture's objective, where the network is clear."""

    def key(self, lane: int = 0) -> str:
        """Text that the random numbers of one picture go by."""
        return self.name(lane)

    def measure(self, seen: Seen) -> tuple[Tensor, Tensor]:
        """Response and peak of each picture, B each, on clean images."""
        score = self.score(seen)
        return score, score

    def strongest(self, seen: Seen) -> Tensor | None:  # noqa: ARG002
        """Response of what is comparable and responds most, B; None where nothing is."""
        return None

    def take(self, lanes: Sequence[int]) -> Objective:  # noqa: ARG002
        """The objective of some of the pictures, in that order; one may come more than once."""
        return self

    def __str__(self) -> str:
        return self.name()

    def __add__(self, other: Objective) -> Objective:
        return weighted([(1.0, self), (1.0, other)])

    def __sub__(self, other: Objective) -> Objective:
        return weighted([(1.0, self), (-1.0, other)])

    def __mul__(self, factor: float) -> Objective:
        return weighted([(float(factor), self)])

    __rmul__ = __mul__

    def __neg__(self) -> Objective:
        return self * -1.0


@dataclass(frozen=True, slots=True)
class OfPictures(Objective):
    """An objective that looks at pictures alone, as regularizers do, and takes no arguments.

    Attributes
    ----------
    text : its name.
    of : scores, B, of pictures, B C H W in [0, 1].
    """

    text: str
    of: Callable[[Tensor], Tensor]
    network: InitVar[Network]

    def name(self, lane: int = 0) -> str:  # noqa: ARG002
        """As it is written."""
        return self.text

    def score(self, seen: Seen) -> Tensor:
        """Of each picture."""
        return self.of(seen.images)


@dataclass(frozen=True, slots=True)
class Weighted(Objective):
    """A sum of objectives with weights; made by arithmetic.

    Where all that reads the network is taken off, as in ``-conv4_3:12``, units count before their
    ReLU: after it none is below zero, and every picture that leaves one silent is as good.

    Attributes
    ----------
    terms : weight and objective; no two of the same, none of weight 0.
    """

    terms: tuple[tuple[float, Objective], ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers of all terms, each once."""
        return tuple(dict.fromkeys(layer for _, term in self.terms for layer in term.layers))

    @property
    def units(self) -> tuple[Unit, ...]:
        """Units of all terms."""
        return tuple(unit for _, term in self.terms for unit in term.units)

    @property
    def coupled(self) -> bool:  # type: ignore[override]
        """Whether any term is."""
        return any(term.coupled for _, term in self.terms)

    @property
    def may_be_silent(self) -> bool:  # type: ignore[override]
        """Whether any term is."""
        return any(term.may_be_silent for _, term in self.terms)

    @property
    def lowers(self) -> bool:
        """Whether no weight of a term that reads the network is positive."""
        return all(weight < 0 for weight, term in self.terms if term.layers)

    @property
    def response(self) -> Objective:
        """The terms that read the network, if any does."""
        return self._only([(weight, term) for weight, term in self.terms if term.layers])

    @property
    def driven(self) -> Objective:
        """The units that are added, if any is."""
        return self._only(
            [(weight, term) for weight, term in self.terms if weight > 0 and term.may_be_silent]
        )

    def score(self, seen: Seen) -> Tensor:
        """Sum of the terms' scores."""
        of_units = replace(seen, rectified=()) if self.lowers else seen
        (first, *others) = (
            weight * term.score(of_units if term.units else seen) for weight, term in self.terms
        )
        return sum(others, first)

    def name(self, lane: int = 0) -> str:
        """The terms with their weights: ``"conv1:3 - 0.1*tv"``."""
        return self._text([term.name(lane) for _, term in self.terms])

    def key(self, lane: int = 0) -> str:
        """The same of the terms' keys."""
        return self._text([term.key(lane) for _, term in self.terms])

    def take(self, lanes: Sequence[int]) -> Objective:
        """Each term of these pictures."""
        return Weighted(tuple((weight, term.take(lanes)) for weight, term in self.terms))

    def _only(self, terms: list[tuple[float, Objective]]) -> Objective:
        return weighted(terms) if terms else self

    def _text(self, names: Sequence[str]) -> str:
        text = ""
        for (weight, _), name in zip(self.terms, names, strict=True):
            sign = (" - " if weight < 0 else " + ") if text else ("-" if weight < 0 else "")
            text += sign + (name if abs(weight) == 1 else f"{abs(weight):.12g}*{name}")
        return text


def weighted(terms: Sequence[tuple[float, Objective]]) -> Objective:
    """Sum of objectives with weights, equal ones added up.

    Raises
    ------
    UsageError : nothing is left, which would give no gradient.
    """
    total: dict[Objective, float] = {}
    for weight, term in terms:
        parts = term.terms if isinstance(term, Weighted) else ((1.0, term),)
        for inner, part in parts:
            total[part] = total.get(part, 0.0) + weight * inner
    left = tuple((weight, term) for term, weight in total.items() if weight != 0)
    if not left:
        raise UsageError(
            f"{' + '.join(f'{weight:g}*{term}' for weight, term in terms)} is zero everywhere: it "
            "gives no gradient.\n  Leave out what cancels."
        )
    if len(left) == 1 and left[0][0] == 1:
        return left[0][1]
    return Weighted(left)
