"""Names with arguments, as objectives and views are written: ``jitter(8)``, ``tv``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vizkit.errors import UsageError

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\((.*)\))?\s*", re.DOTALL)


def parse_call(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Name and arguments of ``"name(a, b)"``; None for text of another form.

    Examples
    --------
    >>> parse_call("scale(0.1)"), parse_call("tv"), parse_call("conv1:3")
    (('scale', ('0.1',)), ('tv', ()), None)
    """
    match = _CALL.fullmatch(text)
    if match is None:
        return None
    inside = match[2]
    return match[1], () if inside is None else tuple(each.strip() for each in split(inside, ","))


def split(text: str, separators: str) -> Iterator[str]:
    """Parts of `text` between any of the characters `separators`, outside of quotes and brackets.

    Examples
    --------
    >>> list(split('a(1, 2), "b, c"', ","))
    ['a(1, 2)', ' "b, c"']
    """
    depth, quoted, start = 0, False, 0
    for place, char in enumerate(text):
        if char == '"' and text[place - 1 : place] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if char in separators and depth == 0:
                yield text[start:place]
                start = place + 1
    if depth or quoted:
        what = "a quote" if quoted else "a bracket"
        raise UsageError(f"{text!r} has {what} without its other half.")
    yield text[start:]
