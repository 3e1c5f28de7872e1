"""Which input lines each line of a layer sees, as a function of its index on all integers.

One axis at a time. A layer behind convolutions, pooling and resizing sees, at index i, the lines
``lo(i)`` to ``hi(i)``, and both repeat: ``lo(i + period) = lo(i) + shift``. For plain strided
layers the period is 1 and the shift is the effective stride. A transposed convolution or a resize
has one phase for each residue. Where branches with different strides meet, the union is not of that
form; then both are kept and evaluated side by side, so nothing is lost. The map is defined outside
the layer's own range too, which is what makes unclipped boxes exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

NEVER = 1 << 28
"""Larger than any index: the start of an empty range; its negative is the end of one."""
_LONGEST_PERIOD = 4096


@dataclass(frozen=True, slots=True)
class Reads:
    """Indices of its input that an operation reads, as a function of its output's index.

    Output ``i`` reads ``i // period * advance + o`` for each ``o`` of ``offsets[i % period]``.

    Examples
    --------
    A convolution of width 3 with stride 2 and padding 1:

    >>> Reads.window(3, stride=2, padding=1).at(5)
    (9, 10, 11)
    """

    period: int
    advance: int
    offsets: tuple[tuple[int, ...], ...]

    @classmethod
    def window(cls, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Reads:
        """Reads of a convolution or a pooling."""
        offsets = tuple(range(-padding, dilation * kernel - padding, dilation))[:kernel]
        return cls(1, stride, (offsets,))

    @classmethod
    def transposed(cls, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Reads:
        """Reads of a transposed convolution: output i takes input t where i = t s - p + d a."""
        phases = []
        for phase in range(stride):
            taps = (phase + padding - dilation * tap for tap in range(kernel))
            phases.append(tuple(sorted(each // stride for each in taps if each % stride == 0)))
        return cls(stride, 1, tuple(phases))

    def at(self, index: int) -> tuple[int, ...]:
        """Input indices that output `index` reads."""
        turns, phase = divmod(index, self.period)
        return tuple(turns * self.advance + offset for offset in self.offsets[phase])


@dataclass(frozen=True, slots=True)
class Progression:
    """Ranges that repeat: range i + period is range i moved by shift.

    Attributes
    ----------
    lo, hi : first and last input line of the ranges 0 to period - 1; an empty one has lo > hi.
    """

    period: int
    shift: int
    lo: tuple[int, ...]
    hi: tuple[int, ...]

    @property
    def slope(self) -> Fraction:
        """Input lines per index."""
        return Fraction(self.shift, self.period)

    def at(self, index: int) -> tuple[int, int]:
        """First and last input line of range `index`."""
        turns, phase = divmod(index, self.period)
        lo, hi = self.lo[phase], self.hi[phase]
        return (lo, hi) if lo > hi else (lo + turns * self.shift, hi + turns * self.shift)


@dataclass(frozen=True, slots=True)
class IndexMap:
    """Ranges of input lines by index: the union of one progression per slope.

    Examples
    --------
    >>> stem = IndexMap.identity().through(Reads.window(7, stride=2, padding=3))
    >>> pooled = stem.through(Reads.window(3, stride=2, padding=1))
    >>> pooled.at(0), pooled.size, pooled.stride, pooled.padding
    ((-5, 5), 11, 4, 5)
    """

    parts: tuple[Progression, ...]

    @classmethod
    def identity(cls) -> IndexMap:
        """Index i sees line i."""
        return cls((Progression(1, 1, (0,), (0,)),))

    @classmethod
    def constant(cls, lo: int, hi: int) -> IndexMap:
        """Every index sees the lines lo to hi."""
        return cls((Progression(1, 0, (lo,), (hi,)),))

    def at(self, index: int) -> tuple[int, int]:
        """First and last input line that `index` sees; (NEVER, -NEVER) for none."""
        ranges = [part.at(index) for part in self.parts]
        return min(lo for lo, _ in ranges), max(hi for _, hi in ranges)

    def through(self, reads: Reads) -> IndexMap | None:
        """Map of what reads this one; None when its period is too long to write down."""
        parts = [_composed(part, reads) for part in self.parts]
        return None if None in parts else _joined([part for part in parts if part is not None])

    def union(self, other: IndexMap) -> IndexMap | None:
        """Map of an operation that takes index i of both; None when its period is too long."""
        return _joined([*self.parts, *other.parts])

    @property
    def is_constant(self) -> bool:
        """True when every index sees the same lines."""
        return len(self.parts) == 1 and self.parts[0].shift == 0 and self.parts[0].period == 1

    @property
    def size(self) -> int | None:
        """Lines that an index sees; None where that depends on the index."""
        if len(self.parts) != 1:
            return None
        part = self.parts[0]
        sizes = {max(hi - lo + 1, 0) for lo, hi in zip(part.lo, part.hi, strict=True)}
        return sizes.pop() if len(sizes) == 1 else None

    @property
    def stride(self) -> int | None:
        """Lines from the start of one index to the start of the next; None if not always equal."""
        only = self._only()
        return None if only is None else only.shift

    @property
    def padding(self) -> int | None:
        """Lines by which index 0 starts before the input; None where there is no stride."""
        only = self._only()
        return None if only is None or only.lo[0] > only.hi[0] else -only.lo[0]

    def _only(self) -> Progression | None:
        part = self.parts[0]
        return part if len(self.parts) == 1 and part.period == 1 and part.shift else None


def _composed(part: Progression, reads: Reads) -> Progression | None:
    turns = part.period // gcd(part.period, reads.advance)
    period = reads.period * turns
    if period > _LONGEST_PERIOD:
        return None
    shift = reads.advance * turns // part.period * part.shift
    lo, hi = [], []
    for index in range(period):
        ranges = [part.at(each) for each in reads.at(index)]
        lo.append(min((each[0] for each in ranges), default=NEVER))
        hi.append(max((each[1] for each in ranges), default=-NEVER))
    return _shortest(period, shift, lo, hi)


def _joined(parts: Sequence[Progression]) -> IndexMap | None:
    by_slope: dict[Fraction, Progression] = {}
    for part in parts:
        known = by_slope.get(part.slope)
        if known is None:
            by_slope[part.slope] = part
            continue
        if known == part:
            continue
        period = lcm(known.period, part.period)
        if period > _LONGEST_PERIOD:
            return None
        ranges = [(known.at(index), part.at(index)) for index in range(period)]
        by_slope[part.slope] = _shortest(
            period,
            known.shift * period // known.period,
            [min(a[0], b[0]) for a, b in ranges],
            [max(a[1], b[1]) for a, b in ranges],
        )
    return IndexMap(tuple(by_slope[slope] for slope in sorted(by_slope)))


def _shortest(period: int, shift: int, lo: list[int], hi: list[int]) -> Progression:
    """Progression of these ranges with the shortest period that tells the same."""
    for index in range(period):
        if lo[index] > hi[index]:
            lo[index], hi[index] = NEVER, -NEVER
    for shorter in range(1, period):
        if period % shorter or shift * shorter % period:
            continue
        candidate = Progression(
            shorter, shift * shorter // period, tuple(lo[:shorter]), tuple(hi[:shorter])
        )
        if all(candidate.at(i) == (lo[i], hi[i]) for i in range(shorter, period)):
            return candidate
    return Progression(period, shift, tuple(lo), tuple(hi))
