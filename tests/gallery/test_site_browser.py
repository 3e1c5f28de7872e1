"""The site as people use it: from the file system, in a headless Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import Browser
from tests.gallery.conftest import NASTY
from vizkit.filenames import encode
from vizkit.gallery.store import Store

READY = "performance.getEntriesByName('vizkit-ready').length > 0"
FOCUS = "document.activeElement.getAttribute('href')"
SHOWN = "[...document.querySelectorAll('#grid li:not([hidden])')].map(li => +li.dataset.c)"
FOUND = "document.getElementById('found').textContent"


@pytest.fixture
def mixed(gallery: Store) -> Path:
    return gallery.root / "vgg16~ahed" / "mixed" / "index.html"


def test_every_page_shows_its_pictures(browser: Browser, gallery: Store) -> None:
    for page in sorted(gallery.root.rglob("*.html")):
        browser.open(page)
        browser.run("for (const image of document.images) image.loading = 'eager'")
        browser.until("[...document.images].every(image => image.complete)")
        assert browser.run("[...document.images].every(image => image.naturalWidth > 0)"), page


def test_pages_fit_a_phone(browser: Browser, gallery: Store) -> None:
    browser.resize(360, 740)
    try:
        for page in sorted(gallery.root.rglob("*.html")):
            browser.open(page)
            assert browser.run("document.documentElement.scrollWidth") <= 360, page
    finally:
        browser.resize(1280, 900)


def test_arrows_move_and_enter_opens(browser: Browser, mixed: Path) -> None:
    browser.open(mixed)
    assert (
        browser.run(
            "[...document.querySelectorAll('#grid a')].filter(a => a.tabIndex === 0).length"
        )
        == 1
    )

    visited = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home", "ArrowRight"):
        browser.press(key)
        visited.append(browser.run(FOCUS))
    assert visited == ["0.html", "1.html", "0.html", "11.html", "0.html", "1.html"]

    columns = browser.run("getComputedStyle(grid).gridTemplateColumns.split(' ').length")
    browser.press("ArrowDown")
    assert browser.run(FOCUS) == f"{min(11, 1 + columns)}.html"
    browser.press("Home")
    browser.press("Enter")
    browser.until("location.pathname.endsWith('/0.html')")


def test_search_filters_and_keeps_its_words_in_the_address_bar(
    browser: Browser, mixed: Path
) -> None:
    browser.open(mixed)
    browser.press("/")
    browser.type("2-4")
    assert browser.run(SHOWN) == [2, 3, 4]
    assert browser.run(FOUND) == "3 of 12 shown"
    assert browser.run("location.search") == "?q=2-4"

    browser.press("Escape")
    assert browser.run(FOUND) == "12 shown"
    browser.press("/")
    browser.type("BRANCH2")
    assert browser.run(SHOWN) == list(range(4, 12))
    browser.run("document.getElementById('q').value = 'nothing like this'")
    browser.run("document.getElementById('q').dispatchEvent(new Event('input'))")
    assert browser.run("document.getElementById('nothing').hidden") is False


def test_class_names_are_found(browser: Browser, gallery: Store) -> None:
    page = gallery.root / "nasty~arandom" / "logits" / "index.html"
    browser.open(page, "?q=TABBY")
    assert browser.run(SHOWN) == [1]
    browser.open(page, "?q=onerror")
    assert browser.run(SHOWN) == [3]


def test_sort_and_filter(browser: Browser, gallery: Store, mixed: Path) -> None:
    plan = gallery.read_plan("vgg16@hed")
    records = [gallery.records(plan, "mixed", "renders").read(channel) for channel in range(10)]
    final = {c: record.data["final"] for c, record in enumerate(records) if record}
    strongest = sorted(final, key=lambda channel: -final[channel])

    browser.open(mixed, "?sort=response")
    assert browser.run(SHOWN) == [*strongest, 10, 11]  # those without a number come last
    browser.run("document.getElementById('dir').click()")
    assert browser.run(SHOWN) == [*reversed(strongest), 10, 11]
    assert browser.run("location.search") == "?sort=response&dir=reverse"

    browser.open(mixed, "?show=is-failed")
    assert browser.run(SHOWN) == [10]
    browser.open(mixed, "?show=in-mixed.branch1&q=1-9")
    assert browser.run(SHOWN) == [1, 2, 3]


@pytest.mark.parametrize("query", ["?sort=constructor", "?show=%3Cimg%3E", "?dir=x&sort="])
def test_strange_state_is_ignored(browser: Browser, mixed: Path, query: str) -> None:
    browser.open(mixed, query)
    assert browser.run(SHOWN) == list(range(12))


def test_a_permalink_aims_at_its_tile(browser: Browser, mixed: Path) -> None:
    browser.resize(360, 400)
    try:
        browser.open(mixed, "#c8")
        browser.until(f"{FOCUS} === '8.html'")
        browser.until(
            "(box => box.top >= 0 && box.bottom <= innerHeight)(c8.getBoundingClientRect())"
        )
    finally:
        browser.resize(1280, 900)
    assert browser.run("getComputedStyle(c8.querySelector('.mat')).boxShadow") != "none"


def test_layers_and_channels_by_keys(browser: Browser, mixed: Path) -> None:
    browser.open(mixed.with_name("5.html"))
    for key, end in (
        ("ArrowRight", "/mixed/6.html"),
        ("ArrowLeft", "/mixed/5.html"),
        ("Escape", "/mixed/index.html#c5"),
        ("]", "/deep/index.html"),
        ("[", "/mixed/index.html"),
        ("[", "/conv1_1/index.html"),
    ):
        browser.press(key)
        browser.until(f"location.href.endsWith('{end}') && {READY}")


def test_random_opens_a_unit_that_exists(browser: Browser, gallery: Store, mixed: Path) -> None:
    for page in (gallery.root / "index.html", mixed, mixed.with_name("5.html")):
        browser.open(page)
        before = browser.run("performance.timeOrigin")
        browser.press("r")
        browser.until(
            f"performance.timeOrigin !== {before} && document.body?.dataset.page === 'unit'"
        )


def test_the_theme_follows_the_system_until_chosen(browser: Browser, mixed: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    browser.prefer("light")
    browser.open(mixed)
    light = browser.run(ground)
    browser.prefer("dark")
    dark = browser.run(ground)
    assert light != dark

    browser.press("d")
    assert browser.run(ground) == light
    browser.press("d")
    assert browser.run(ground) == dark
    browser.prefer("light")
    assert browser.run(ground) == dark
    browser.open(mixed.with_name("5.html"))
    assert browser.run(ground) == dark  # kept from page to page
    browser.press("d")
    assert browser.run(ground) == light


def test_help_opens_and_closes(browser: Browser, mixed: Path) -> None:
    browser.open(mixed)
    browser.press("?")
    assert browser.run("document.getElementById('help').open") is True
    browser.press("]")
    assert browser.run("location.pathname").endswith("/mixed/index.html")
    browser.press("Escape")
    assert browser.run("document.getElementById('help').open") is False


def test_copy_gives_the_address(browser: Browser, mixed: Path) -> None:
    browser.open(mixed.with_name("5.html"))
    browser.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    browser.run("document.querySelector('[data-copy=address]').click()")
    browser.until("document.querySelector('[data-copy=address]').textContent === 'Copied'")
    assert browser.run("window.copied") == "vgg16@hed/mixed:5"


def test_layers_are_found_on_the_index(browser: Browser, gallery: Store) -> None:
    browser.open(gallery.root / "index.html")
    browser.press("/")
    browser.type("inception3A")
    shown = "[...document.querySelectorAll('.layer:not([hidden]) h3')].map(h => h.textContent)"
    assert browser.run(shown) == ["mixed"]
    assert browser.run("location.search") == "?q=inception3A"


def test_everything_is_reached_without_scripts(browser: Browser, gallery: Store) -> None:
    browser.open(gallery.root / "index.html", scripts=False)
    assert browser.run("[...document.querySelectorAll('.js')].every(e => !e.offsetParent)")
    folder = gallery.root / "nasty~arandom" / encode(NASTY)
    browser.open(folder / "index.html", scripts=False)
    assert browser.run("[...document.querySelectorAll('#grid img')].every(i => i.offsetWidth > 50)")
    links = browser.run("[...document.querySelectorAll('#grid a')].map(a => a.href)")
    assert [link.rsplit("/", 1)[1] for link in links] == ["0.html", "1.html"]


def test_the_content_policy_stops_what_comes_from_outside(browser: Browser, mixed: Path) -> None:
    browser.open(mixed)
    browser.run(
        "new Promise(done => { const image = new Image(); image.onerror = done;"
        "image.src = 'http://localhost:9/x.png'; })"
    )
    assert any("Content Security Policy" in text for text in browser.complaints)
    browser.complaints.clear()
    browser.requests.clear()
