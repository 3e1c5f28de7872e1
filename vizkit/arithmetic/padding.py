"""Padding, stride and kernel as people write them, made into numbers per side and axis."""

from __future__ import annotations

from vizkit.errors import UsageError

Pair = int | tuple[int, int]
"""One number for both axes, or (height, width)."""
Ends = tuple[int, int]
"""Padding before and after."""
Padding = int | str | tuple[int, int] | tuple[Ends, Ends]
"""One number, ``"same"``, (height, width), or ((top, bottom), (left, right))."""


def pair(given: Pair, name: str, *, least: int = 1) -> tuple[int, int]:
    """(height, width) of what `given` says for the option `name`."""
    both = (given, given) if isinstance(given, int) else tuple(given)
    if len(both) != 2 or not all(isinstance(each, int) and each >= least for each in both):
        what = "above zero" if least == 1 else "from zero up"
        raise UsageError(
            f"{name}={given!r} is not allowed.\n"
            f"  Give a whole number {what}, or two of them: (height, width)."
        )
    return both


def sides(
    given: Padding, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[Ends, Ends]:
    """((top, bottom), (left, right)) of what `given` says.

    ``"same"`` keeps the size, so it needs stride 1; of an odd total the end gets one more.
    """
    if given == "same":
        if stride != (1, 1):
            raise UsageError(
                f"padding='same' needs stride 1, not {by(stride)}.\n"
                "  Give a number. Those that fit are listed by fit_padding, or --padding fits."
            )
        totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        top, left = ((total // 2, total - total // 2) for total in totals)
        return top, left
    if isinstance(given, str):
        raise UsageError(f"padding={given!r} is not known.\n  Give a number, or 'same'.")
    both = (given, given) if isinstance(given, int) else given
    ends = [(each, each) if isinstance(each, int) else each for each in both]
    if len(ends) != 2 or any(len(end) != 2 or min(end) < 0 for end in ends):
        raise UsageError(
            f"padding={given!r} is not allowed.\n"
            "  Give a whole number from zero up, (height, width) or ((top, bottom), (left, right))."
        )
    return ends[0], ends[1]


def by(pair: tuple[int, int]) -> str:
    """``"3"`` for a square pair, ``"1x7"`` for another."""
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def spelled(ends: tuple[Ends, Ends]) -> str:
    """Padding as the command line takes it: ``"1"``, ``"1x2"``, ``"1+2"``."""
    axes = [str(a) if a == b else f"{a}+{b}" for a, b in ends]
    return axes[0] if axes[0] == axes[1] else "x".join(axes)
