"""The page as one file: template, style, script, numbers and photograph in it."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

from vizkit.files import write_text
from vizkit.pages import environment, with_tokens
from vizkit.receptive_fields.network_fields import ReceptiveFields
from vizkit.receptive_fields.page.numbers import numbers
from vizkit.receptive_fields.page.photograph import CREDIT, photograph

_ASSETS = Path(__file__).parent / "assets"
_SCRIPTS = ("units", "map", "picture", "growth", "layers", "readout", "page")
"""In the order in which they are joined: each uses only what stands before it."""


def write_page(fields: ReceptiveFields, path: Path, *, command: str = "") -> None:
    """Write the interactive page of `fields`: one file that needs nothing besides itself.

    The same fields give the same bytes. The file appears in one move.

    Parameters
    ----------
    path : file to write, ``.html``.
    command : how the page was made, to be shown on it.

    Examples
    --------
    >>> import tempfile, vizkit
    >>> page = Path(tempfile.mkdtemp()) / "lenet5.html"
    >>> write_page(vizkit.receptive_field("lenet5"), page)
    >>> page.read_text()[:15]
    '<!doctype html>'
    """
    content = numbers(fields)
    channels = fields.graph.source.shape[1]
    image = fields.input_size if not fields.source else None
    script = '"use strict";\n' + "\n".join(_asset(f"{name}.js") for name in _SCRIPTS)
    page = (
        environment(FileSystemLoader(_ASSETS))
        .get_template("page.html")
        .render(
            **{key: content[key] for key in ("network", "source", "size", "vizkit", "parameters")},
            channels=channels,
            layers=len(content["layers"]),
            multiply_adds=fields.multiply_adds,
            command=command,
            credit=CREDIT if image else "",
            photograph=photograph(image, channels) if image else "",
            style=with_tokens(_asset("page.css")),
            script=script,
            script_hash=_hash(script),
            numbers=_embedded(content),
        )
    )
    write_text(path, page)


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """Hash by which the page's own policy knows its script from anything slipped into it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _embedded(content: dict[str, Any]) -> str:
    """JSON that cannot end the element that it stands in, whatever the names of the layers."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
