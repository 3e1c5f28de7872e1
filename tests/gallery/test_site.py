from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.gallery.conftest import CLASSES, NASTY, write_gallery
from tests.gallery.fake import fill, layer, network, plan
from vizkit.errors import StoreError
from vizkit.filenames import encode
from vizkit.gallery.site.build import build
from vizkit.gallery.store import Store

VOID = {"meta", "link", "img", "input", "br", "hr", "wbr"}


class Page(HTMLParser):
    """Tags of a page in order; complains about tags that do not close."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self._open == [], path

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, *names: str) -> Iterator[str]:
        for _, attrs in self.tags:
            for name in names:
                if attrs.get(name) is not None:
                    yield str(attrs[name])

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


@pytest.fixture(scope="module")
def pages(gallery: Store) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(gallery.root.rglob("*.html"))}


def test_there_is_a_page_for_everything(gallery: Store, pages: dict[Path, Page]) -> None:
    plans = [gallery.read_plan(source) for source in gallery.sources()]
    units = sum(len(layer.channels) for plan in plans for layer in plan.layers)
    layers = sum(len(plan.layers) for plan in plans)

    assert len(pages) == 1 + layers + units


def test_every_link_and_source_exists(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for url in page.values("href", "src"):
            if url == "data:,":  # an empty icon, so that no browser asks for one
                continue
            parts = urlsplit(url)
            assert not parts.scheme, (path, url)
            assert not parts.netloc, (path, url)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), (path, url)
            if parts.fragment and target in pages:
                assert parts.fragment in set(pages[target].values("id")), (path, url)


def test_ids_are_unique_and_what_points_at_them_finds_them(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        ids = list(page.values("id"))
        assert len(ids) == len(set(ids)), path
        for names in page.values("for", "aria-labelledby", "data-copy"):
            assert set(names.split()) <= set(ids), (path, names)


def test_every_picture_has_words_and_a_size(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for image in page.all("img"):
            assert image["alt"], path
            assert int(image["width"] or 0) > 0, path
            assert int(image["height"] or 0) > 0, path


def test_names_cannot_break_out(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert all(attrs.get("src") for attrs in page.all("script")), path
        assert all(not attrs.get("src", "").startswith("x") for attrs in page.all("img")), path
        assert not page.all("b") or all(not attrs for attrs in page.all("b")), path
        assert not page.all("i"), path
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]


def test_nasty_names_are_shown_as_they_are(gallery: Store, pages: dict[Path, Page]) -> None:
    page = pages[gallery.root / "nasty~arandom" / encode(NASTY) / "index.html"]

    assert NASTY in page.words
    labels = pages[gallery.root / "nasty~arandom" / "logits" / "index.html"].words
    assert all(label in labels for label in CLASSES.values())


def test_every_page_has_a_language_a_title_a_skip_link_and_a_main(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert page.all("html") == [{"lang": "en"}], path
        assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1, path
        assert page.all("a")[0]["href"] == "#main", path
        policy = [meta for meta in page.all("meta") if "http-equiv" in meta]
        assert len(policy) == 1, path
        assert "default-src 'none'" in str(policy[0]["content"]), path


def test_random_weights_are_named_on_every_page(gallery: Store, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        if path.parts[len(gallery.root.parts)] == "nasty~arandom" or path.name == "index.html":
            assert ("Random weights" in page.words) == ("vgg16~ahed" not in path.parts), path


def test_failed_pending_and_dead_units_are_visible(gallery: Store, pages: dict[Path, Page]) -> None:
    folder = gallery.root / "vgg16~ahed" / "mixed"
    tiles = {
        str(tile["id"]): tile for tile in pages[folder / "index.html"].all("li") if "id" in tile
    }

    assert len(tiles) == 12
    assert [tiles[f"c{c}"].get("data-b", "").strip() for c in (8, 9, 10, 11)] == [
        "",
        "dead",
        "failed",
        "pending",
    ]
    assert "RenderError: <b>NaN</b> in step 3. Lower the rate." in pages[folder / "10.html"].words
    assert "stayed silent after every attempt" in pages[folder / "9.html"].words
    assert pages[folder / "9.html"].all("img")
    assert "Not rendered yet" in pages[folder / "11.html"].words


def test_a_units_page_says_how_it_was_made(gallery: Store, pages: dict[Path, Page]) -> None:
    words = pages[gallery.root / "vgg16~ahed" / "mixed" / "5.html"].words

    assert "vgg16@hed/mixed:5" in words
    command = "--seed 0 --steps 96 --size 64 --block-size 8 --dtype float32 --out ."
    assert f"vizkit render vgg16@hed/mixed:5 {command}" in words
    assert "mixed.branch2.1:1" in words
    assert "4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f" in words
    assert "1234572" in words  # the unit's seed
    assert "32 × 32 px of the 224 × 224 input" in words
    assert "regularizersnone" in words  # cells of one row


def test_a_second_study_has_its_panel_and_leaves_the_tile_to_the_first(
    gallery: Store, pages: dict[Path, Page]
) -> None:
    folder = gallery.root / "vgg16~ahed" / "conv1_1"
    sources = [image["src"] for image in pages[folder / "0.html"].all("img")]

    assert sources == ["renders/0.webp", "filters/0.png"]
    assert "Learned filter" in pages[folder / "0.html"].words
    tiles = [image["src"] for image in pages[folder / "index.html"].all("img")]
    assert tiles == [f"renders/{channel}.webp" for channel in range(3)]


@pytest.mark.parametrize(
    ("name", "shown", "note"),
    [("conv1_1", 96, "shown ×3"), ("mixed", 64, "true scale"), ("deep", 96, "true scale")],
)
def test_tiles_are_at_true_scale_or_say_so(
    gallery: Store, pages: dict[Path, Page], name: str, shown: int, note: str
) -> None:
    page = pages[gallery.root / "vgg16~ahed" / name / "index.html"]

    assert {image["width"] for image in page.all("img")} == {str(shown)}
    assert note in page.words


def test_what_one_unit_sees_is_drawn_to_scale(gallery: Store, pages: dict[Path, Page]) -> None:
    folder = gallery.root / "vgg16~ahed"
    rectangles = pages[folder / "mixed" / "5.html"].all("rect")
    sizes = {
        attrs["class"]: (float(attrs["width"] or 0), float(attrs["x"] or 0)) for attrs in rectangles
    }

    assert sizes == {"input": (224, 0), "picture": (64, 80), "unit": (32, 96)}
    marked = [
        attrs
        for attrs in pages[folder / "mixed" / "5.html"].all("svg")
        if attrs.get("class") == "box"
    ]
    assert [attrs["viewbox"] for attrs in marked] == ["0 0 64 64"]
    assert "one unit sees the whole 224 × 224 input" in pages[folder / "deep" / "index.html"].words


def test_the_index_shows_the_strongest_live_units(gallery: Store, pages: dict[Path, Page]) -> None:
    strengths = {
        channel: record.data["final"]
        for channel in range(9)
        if (
            record := gallery.records(gallery.read_plan("vgg16@hed"), "mixed", "renders").read(
                channel
            )
        )
    }
    strongest = sorted(sorted(strengths, key=lambda channel: -strengths[channel])[:8])
    shown = [
        image["src"]
        for image in pages[gallery.root / "index.html"].all("img")
        if "/mixed/" in str(image["src"])
    ]

    assert shown == [f"vgg16~ahed/mixed/renders/{channel}.webp" for channel in strongest]


def test_equal_stores_give_equal_bytes_and_a_second_build_touches_nothing(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "another"):
        store = write_gallery(tmp_path / name)
        build(store.root)
        files = sorted(path for path in store.root.rglob("*") if path.is_file())
        contents.append({path.relative_to(store.root): path.read_bytes() for path in files})
    times = {path: path.stat().st_mtime_ns for path in files}
    build(tmp_path / "another")

    assert contents[0] == contents[1]
    assert {path: path.stat().st_mtime_ns for path in files} == times
    assert not re.search(rb"\d{4}-\d\d-\d\d", b"".join(contents[0].values()))


def test_pages_without_a_unit_go_and_other_files_stay(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store, plan(network(), layer("a", channels=4), layer("b")))
    build(tmp_path)
    own = tmp_path / "vgg16~ahed" / "a" / "notes.html"
    own.write_text("<p>my own")
    store.write_plan(plan(network(), layer("a", channels=2)))

    report = build(tmp_path)

    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.html")}
    pages = {f"vgg16~ahed/a/{name}.html" for name in ("index", "0", "1", "notes")}
    assert left == {"index.html"} | pages
    assert (report.pages, report.removed) == (4, 2 + 7)


def test_records_that_cannot_be_shown_cost_one_tile(tmp_path: Path) -> None:
    store = Store(tmp_path)
    work = plan(network(), layer("a", channels=3, studies=("renders", "unheard")))
    fill(store, work)
    store.records(work, "a", "renders").write(1, {"final": "strong"}, {})
    store.records(work, "a", "unheard").write(0, {}, {})

    report = build(tmp_path)

    page = Page(tmp_path / "vgg16~ahed" / "a" / "1.html")
    assert "The record cannot be shown" in page.words
    assert "no study 'unheard'" in Page(tmp_path / "vgg16~ahed" / "a" / "0.html").words
    assert report.pages == 5


def test_no_gallery_no_site(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no gallery"):
        build(tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_contrast_in_both_themes(gallery: Store, theme: int) -> None:
    css = (gallery.root / "assets" / "site.css").read_text()
    found = re.findall(r"--(\w+): light-dark\((#\w+), (#\w+)\)", css)
    colors = {name: (light, dark)[theme] for name, light, dark in found}

    for ink in ("ink", "quiet", "accent"):
        for ground in ("paper", "raised"):
            assert contrast(colors[ink], colors[ground]) >= 4.5, (ink, ground)
    assert contrast(colors["edge"], colors["paper"]) >= 3  # outlines of fields and buttons


def contrast(one: str, other: str) -> float:
    """Contrast of two colors as the accessibility guidelines (WCAG 2) define it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
