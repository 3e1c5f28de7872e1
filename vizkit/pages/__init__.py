"""What our HTML pages share: how templates are filled in, and the colors of both themes."""

from __future__ import annotations

from pathlib import Path

from jinja2 import BaseLoader, Environment, StrictUndefined

_TOKENS = Path(__file__).parent / "tokens.css"


def environment(loader: BaseLoader) -> Environment:
    """Templates of `loader`; what is put in is escaped, and a name that is missing is an error.

    Examples
    --------
    >>> from jinja2 import DictLoader
    >>> pages = environment(DictLoader({"page.html": "<p>{{ name }}</p>"}))
    >>> pages.get_template("page.html").render(name="<layer>")
    '<p>&lt;layer&gt;</p>'
    """
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def with_tokens(style: str) -> str:
    """`style` behind the colors and fonts that it refers to, in a light and a dark theme."""
    return _TOKENS.read_text(encoding="utf-8") + style
