"""The pages: one for each chapter, and the table of contents."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader
from markupsafe import Markup
from PIL import Image

from vizkit import __version__
from vizkit.files import write_text
from vizkit.pages import environment, with_tokens
from website.chapter import Chapter
from website.highlight import highlight
from website.running import Result

_ASSETS = Path(__file__).parent / "assets"
_SMALL = (720, 720)

Results = Mapping[str, Result | None]
"""By name of the recipe; None where it has not run as it is now."""


def write_site(lecture: Sequence[Chapter], results: Results, out: Path) -> Path:
    """Write all pages and return the table of contents."""
    templates = environment(FileSystemLoader(_ASSETS))
    templates.filters |= {"prose": prose, "python": lambda text: Markup(highlight(text))}
    templates.globals |= {"vizkit": __version__, "seconds": seconds}
    style, script = ((_ASSETS / f"lecture.{kind}").read_text("utf-8") for kind in ("css", "js"))
    write_text(out / "assets" / "lecture.css", with_tokens(style))
    write_text(out / "assets" / "lecture.js", script)
    page = templates.get_template("chapter.html")
    for place, chapter in enumerate(lecture):
        text = page.render(
            chapter=chapter,
            result=results[chapter.name],
            figures=figures(chapter, results[chapter.name], out),
            before=lecture[place - 1] if place else None,
            after=lecture[place + 1] if place + 1 < len(lecture) else None,
            count=len(lecture),
        )
        write_text(out / f"{chapter.name}.html", text)
    index = out / "index.html"
    done = [result for result in results.values() if result is not None]
    entries = [
        (chapter, results[chapter.name], thumbnail(chapter, results[chapter.name], out))
        for chapter in lecture
    ]
    text = templates.get_template("index.html").render(
        entries=entries, total=sum(result.wall_s for result in done)
    )
    write_text(index, text)
    return index


def figures(chapter: Chapter, result: Result | None, out: Path) -> list[dict[str, Any]]:
    """File, size and description of each figure of a chapter."""
    found = []
    for name in result.figures if result else ():
        what = Path(name).stem.removeprefix(chapter.name).strip("_").replace("_", " ")
        size: tuple[int | None, int | None] = (None, None)
        if not name.endswith(".svg"):
            with Image.open(out / name) as picture:
                size = picture.size
        about = f"{chapter.title}: {what}" if what else chapter.title
        found.append({"file": name, "width": size[0], "height": size[1], "about": about})
    return found


def thumbnail(chapter: Chapter, result: Result | None, out: Path) -> dict[str, Any] | None:
    """Small copy of a chapter's main figure."""
    if not result or not result.figures or not result.figures[0].endswith(".png"):
        return None
    path = out / "assets" / f"{chapter.name}.png"
    with Image.open(out / result.figures[0]) as picture:
        small = picture.convert("RGB")
    small.thumbnail(_SMALL, Image.Resampling.LANCZOS)
    small.save(path)
    return {"file": f"assets/{path.name}", "width": small.width, "height": small.height}


def prose(text: str) -> Markup:
    """A paragraph of a docstring, names in backquotes set as code."""
    return Markup(re.sub(r"(`{1,2})([^`]+)\1", r"<code>\2</code>", escape(text)))


def seconds(wall_s: float) -> str:
    """A time as people say it: ``"7 s"``, ``"2 min 5 s"``."""
    whole = round(wall_s)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{max(whole, 1)} s"
