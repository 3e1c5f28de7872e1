"""Build the site of a gallery: equal stores give equal bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vizkit.files import write_text
from vizkit.gallery.registry import in_order
from vizkit.gallery.site.pages import GENERATOR, index_page, layer_page, unit_page
from vizkit.gallery.site.reading import read_network
from vizkit.gallery.site.views import NetworkView
from vizkit.gallery.states import Counts, require_sources
from vizkit.gallery.store import Store
from vizkit.pages import with_tokens
from vizkit.result import Result

_ASSETS = Path(__file__).parent / "assets"
_STYLE = "site.css"
_HEAD = 2000


@dataclass(frozen=True, slots=True, repr=False)
class Site(Result):
    """What `build` made.

    Attributes
    ----------
    index : the page to open.
    pages : number of pages of the site.
    removed : number of pages of an earlier build that had lost their unit.
    counts : of all units of the gallery.
    """

    index: Path
    pages: int
    removed: int
    counts: Counts

    def __repr__(self) -> str:
        return f"<Site of {self.pages} pages: {self.index}>"

    def __str__(self) -> str:
        """Numbers of pages."""
        return f"{self.pages} pages, {self.removed} outdated ones removed."

    def as_dict(self) -> dict[str, Any]:
        """Plain data: the page to open, numbers of pages, counts of units."""
        return asdict(self) | {"index": str(self.index)}


def build(root: Path | str) -> Site:
    """Build the site in gallery folder `root` from the records there.

    Pages carry no dates and no paths of the machine; a file whose bytes are already there is not
    touched.

    Parameters
    ----------
    root : the gallery folder.

    Raises
    ------
    StoreError : the folder holds no gallery, or a plan in it cannot be read.
    """
    store = Store(root)
    networks = tuple(read_network(store, source) for source in require_sources(store))
    for asset in sorted(_ASSETS.iterdir()):
        text = asset.read_text(encoding="utf-8")
        if asset.name == _STYLE:
            text = with_tokens(text) + _styles(networks)
        write_text(store.root / "assets" / asset.name, text)
    written = set()
    for view in networks:
        for path, text in _pages(store.root, view):
            write_text(path, text)
            written.add(path)
    index = store.root / "index.html"
    write_text(index, index_page(networks))  # last: it links to all the others
    removed = 0
    for path in sorted(store.root.glob("*/*/*.html")):
        if path not in written and _is_ours(path):
            path.unlink()
            removed += 1
    total = sum((view.counts for view in networks), Counts())
    return Site(index, len(written) + 1, removed, total)


def _styles(networks: tuple[NetworkView, ...]) -> str:
    """Styles of the panels of all studies that the gallery has, in their order."""
    studies = in_order({name for view in networks for name in view.plan.studies})
    styles = [(study.name, study.asset("panel.css")) for study in studies]
    return "".join(f"\n/* Panel of {name} */\n{style}" for name, style in styles if style)


def _pages(root: Path, view: NetworkView) -> Iterator[tuple[Path, str]]:
    for place, layer in enumerate(view.layers):
        folder = root / view.folder / layer.folder
        yield folder / "index.html", layer_page(view, place)
        for index, unit in enumerate(layer.units):
            yield folder / unit.href, unit_page(view, place, index)


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return f'content="{GENERATOR}"'.encode() in file.read(_HEAD)
