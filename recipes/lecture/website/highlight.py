"""Python as HTML, its words marked by what they are."""

from __future__ import annotations

import io
import keyword
import tokenize
from html import escape

_KINDS = {tokenize.COMMENT: "comment", tokenize.STRING: "string", tokenize.NUMBER: "number"}
for _name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END"):
    if hasattr(tokenize, _name):  # from Python 3.12 on
        _KINDS[getattr(tokenize, _name)] = "string"


def highlight(source: str) -> str:
    """`source` escaped, with ``<span class="...">`` around what has a color.

    Text that is no Python comes back escaped and without colors.
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return escape(source)
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    parts, done, before = [], 0, ""
    for token in tokens:
        begin, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        kind = _KINDS.get(token.type, "")
        if token.type == tokenize.NAME:
            kind = "word" if keyword.iskeyword(token.string) else ""
            kind = "name" if before in ("def", "class") else kind
        if token.string.strip():
            before = token.string
        if not kind or end <= done or begin < done:
            continue
        parts.append(escape(source[done:begin]))
        parts.append(f'<span class="{kind}">{escape(source[begin:end])}</span>')
        done = end
    return "".join(parts) + escape(source[done:])
