"""The interactive page: its numbers are the calculator's, and it works as people use it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests.browser import Browser
from vizkit.address import parse_channels
from vizkit.receptive_fields import ReceptiveFields
from vizkit.receptive_fields.page import write_page

HOSTILE = '</script><img src=x onerror="alert(1)">&amp;<!--'


class Branches(nn.Module):
    """A strided stem, then branches of kernels 1 and 5 and a skip."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.narrow = nn.Conv2d(4, 3, 1)
        self.wide = nn.Conv2d(4, 2, 5, padding=2)
        self.head = nn.Linear(3 + 2, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = torch.cat([self.narrow(x), self.wide(x)], 1)
        return self.head(x.mean((2, 3)))


class Mirrored(nn.Module):
    """Each unit sees its own place and the one with rows and columns exchanged."""

    def forward(self, x: Tensor) -> Tensor:
        return x + x.transpose(2, 3)


def dilated() -> nn.Module:
    sizes = [(3, 4, 2), (4, 4, 2), (4, 2, 4)]
    return nn.Sequential(*[nn.Conv2d(i, o, 3, padding=d, dilation=d) for i, o, d in sizes])


def enlarging() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ConvTranspose2d(4, 2, 2, stride=3, padding=1)
    )


NETWORKS: dict[str, tuple[nn.Module, tuple[int, int]]] = {
    "branches": (Branches(), (18, 26)),
    "mirrored": (Mirrored(), (6, 6)),
    "dilated": (dilated(), (30, 22)),
    "enlarging": (enlarging(), (15, 12)),
}


def fields_of(name: str) -> ReceptiveFields:
    network, size = NETWORKS[name]
    return vizkit.receptive_field(network.eval(), size)


class _Numbers(HTMLParser):
    """Text of the element with the numbers, and all elements by name."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.inside = "", False
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = dict(attrs).get("id") == "numbers"

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self.inside = False

    def handle_data(self, data: str) -> None:
        self.text += data if self.inside else ""


def parsed(page: Path) -> _Numbers:
    parser = _Numbers()
    parser.feed(page.read_text())
    return parser


def numbers_in(page: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(parsed(page).text)
    return found


def lines(
    data: dict[str, Any], layer: dict[str, Any], group: dict[str, Any], axis: int, y: int, x: int
) -> tuple[int, int, int, int]:
    """Unclipped and clipped range as the page's format says it."""
    ranges = data["ranges"][group[("rows", "columns")[axis]]]
    by_unit = len(ranges["lo"]) != layer["shape"][1 + axis]
    index = y * layer["shape"][2] + x if by_unit else (y, x)[axis]
    return tuple(ranges[key][index] for key in ("lo", "hi", "first", "last"))  # type: ignore[return-value]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_box_in_the_page_is_the_calculators(name: str, tmp_path: Path) -> None:
    fields = fields_of(name)
    write_page(fields, tmp_path / "page.html")
    data = numbers_in(tmp_path / "page.html")
    assert [each["name"] for each in data["layers"]] == [each.name for each in fields]

    units = 0
    for layer, row in zip(data["layers"], fields, strict=True):
        told = {int(c) for group in layer["groups"] for c in parse_channels(group["channels"])}
        assert told == (set(range(row.shape[0])) if row.map_axes else set())
        for group in layer["groups"]:
            for y, x in np.ndindex(*row.shape[1:]):
                for channel in parse_channels(group["channels"]):
                    unit = fields.unit(row.name, channel, (int(y), int(x)), row.call)
                    rows, columns = (lines(data, layer, group, i, y, x) for i in (0, 1))
                    if unit.clipped is None:
                        assert rows[2] > rows[3] or columns[2] > columns[3]
                        continue
                    assert (rows[0], columns[0], rows[1], columns[1]) == unit.box
                    assert (rows[2], columns[2], rows[3], columns[3]) == unit.clipped
                    units += 1
    assert units > 0


@pytest.mark.parametrize("name", ["branches", "dilated"])
def test_units_without_padding_are_the_calculators(name: str, tmp_path: Path) -> None:
    fields = fields_of(name)
    write_page(fields, tmp_path / "page.html")
    data = numbers_in(tmp_path / "page.html")
    for layer, row in zip(data["layers"], fields, strict=True):
        for axis in (0, 1):
            flags = [
                data["ranges"][g[("rows", "columns")[axis]]]["padded"] for g in layer["groups"]
            ]
            free = [i for i, each in enumerate(zip(*flags, strict=True)) if "1" not in each]
            assert row.interior[axis] == ((free[0], free[-1]) if free else None)


def test_channels_that_see_different_patches_are_told_apart(tmp_path: Path) -> None:
    write_page(fields_of("branches"), tmp_path / "page.html")
    (layer,) = (
        each for each in numbers_in(tmp_path / "page.html")["layers"] if each["op"] == "cat"
    )
    assert [group["channels"] for group in layer["groups"]] == ["0-2", "3-4"]


def test_holes_are_the_exact_pixels_of_every_unit(tmp_path: Path) -> None:
    fields = fields_of("dilated")
    write_page(fields, tmp_path / "page.html")
    data = numbers_in(tmp_path / "page.html")
    layer = next(each for each in data["layers"] if each["name"] == "2")
    (group,) = layer["groups"]
    assert group["density"] == pytest.approx(fields.unit("2").density, abs=1e-6)
    assert group["density"] < 1
    for y, x in ((0, 0), (3, 21), (15, 11), (14, 10), (29, 0), (29, 21), (8, 17)):
        sets = []
        for axis in (0, 1):
            lo, _, first, last = lines(data, layer, group, axis, y, x)
            read = [lo + o for run in group["reads"][axis] for o in range(run[0], run[1] + 1)]
            sets.append([each for each in read if first <= each <= last])
        expected = np.zeros(fields.input_size, bool)
        expected[np.ix_(*sets)] = True
        assert np.array_equal(fields.unit("2", 0, (y, x)).pixels, expected)


def test_boxes_that_hold_more_than_is_read_are_called_loose(tmp_path: Path) -> None:
    loose = {}
    for name in NETWORKS:
        write_page(fields_of(name), tmp_path / "page.html")
        groups = [
            g for layer in numbers_in(tmp_path / "page.html")["layers"] for g in layer["groups"]
        ]
        loose[name] = any(group.get("loose", False) for group in groups)
    assert loose == {"branches": False, "mirrored": True, "dilated": False, "enlarging": False}


def test_layers_without_a_map_say_what_they_see(tmp_path: Path) -> None:
    write_page(fields_of("branches"), tmp_path / "page.html")
    head = next(e for e in numbers_in(tmp_path / "page.html")["layers"] if e["name"] == "head")
    assert head["map"] is False
    assert head["seen"] == {"box": [0, 0, 17, 25], "same": True}


def test_names_cannot_leave_their_place(tmp_path: Path) -> None:
    network = nn.Sequential()
    network.add_module(f"a:b@1,2 {HOSTILE}".replace(".", ""), nn.Conv2d(3, 2, 3))
    kind = type(HOSTILE, (nn.Sequential,), {})
    fields = vizkit.receptive_field(kind(network).eval(), 12)
    write_page(fields, tmp_path / "page.html", command=HOSTILE)
    found = parsed(tmp_path / "page.html")
    data = json.loads(found.text)
    assert data["network"] == HOSTILE
    assert any(HOSTILE in layer["name"] for layer in data["layers"])
    assert not [attributes for tag, attributes in found.elements if tag == "img"]
    assert [tag for tag, _ in found.elements].count("script") == 2


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    write_page(fields_of("branches"), tmp_path / "page.html")
    for tag, attributes in parsed(tmp_path / "page.html").elements:
        for name in ("src", "href"):
            value = attributes.get(name) or "data:"
            assert value.startswith(("data:", "#")), (tag, value)


def test_equal_fields_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_page(fields_of("branches"), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_googlenets_page_is_small(tmp_path: Path) -> None:
    write_page(vizkit.receptive_field("googlenet"), tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size < 500_000


def test_fields_of_another_layer_have_a_page_too(tmp_path: Path) -> None:
    fields = fields_of("branches").relative_to("stem")
    write_page(fields, tmp_path / "page.html")
    data = numbers_in(tmp_path / "page.html")
    assert data["size"] == [9, 13]
    assert "<image" not in (tmp_path / "page.html").read_text()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name in NETWORKS:
        write_page(fields_of(name), folder / f"{name}.html")
    return folder


def point(browser: Browser, selector: str, y: float, x: float) -> None:
    """Move the mouse over a place, from 0 to 1, of an element."""
    script = f"document.querySelector('{selector}').scrollIntoView({{block: 'center'}})"
    browser.run(script)
    box = browser.run(
        "(box => [box.left, box.top, box.width, box.height])"
        f"(document.querySelector('{selector}').getBoundingClientRect())"
    )
    x, y = box[0] + x * box[2], box[1] + y * box[3]
    browser.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)


def rectangle(browser: Browser, name: str) -> tuple[int, int, int, int]:
    """[y0, x0, y1, x1] of a rectangle that is drawn over the image."""
    keys = "['y', 'x', 'height', 'width']"
    y, x, height, width = browser.run(
        f"{keys}.map(key => Number(document.querySelector('#picture .{name}').getAttribute(key)))"
    )
    return y, x, y + height - 1, x + width - 1


def colored(browser: Browser, height: int, width: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Units of the map that have the color of the chosen ones, read from its pixels."""
    found = browser.run(
        "(() => { const canvas = document.querySelector('#map canvas');"
        "const ink = getComputedStyle(document.querySelector('.swatch.chosen')).backgroundColor;"
        "const color = ink.match(/\\d+/g).map(Number);"
        "const copy = document.createElement('canvas');"
        "[copy.width, copy.height] = [canvas.width, canvas.height];"
        "const context = copy.getContext('2d', {willReadFrequently: true});"
        "context.drawImage(canvas, 0, 0); const found = [];"
        f"for (let y = 0; y < {height}; y++) for (let x = 0; x < {width}; x++) {{"
        f"const at = [(x + .4) * canvas.width / {width}, (y + .4) * canvas.height / {height}];"
        "const pixel = context.getImageData(...at.map(Math.floor), 1, 1).data;"
        "found.push(color.every((each, i) => Math.abs(each - pixel[i]) < 3)); } return found; })()"
    )
    return np.array(found).reshape(height, width)


@pytest.mark.parametrize(
    ("name", "layer", "channel"),
    [("branches", "cat", 0), ("branches", "cat", 3), ("enlarging", "1", 0), ("mirrored", "add", 0)],
)
def test_pointing_at_a_unit_shows_its_box(
    browser: Browser, pages: Path, name: str, layer: str, channel: int
) -> None:
    fields = fields_of(name)
    _, height, width = fields[layer].shape
    browser.open(pages / f"{name}.html", f"#{layer}:{channel}@0,0")
    for y, x in ((0, width - 1), (height // 2, 1), (height - 1, width // 2)):
        point(browser, "#map canvas", (y + 0.5) / height, (x + 0.5) / width)
        unit = fields.unit(layer, channel, (y, x))
        start = f"Unit {y},{x} sees"
        browser.until(f"document.getElementById('sentence').textContent.startsWith('{start}')")
        if unit.box is not None:
            assert rectangle(browser, "box") == unit.box
            assert rectangle(browser, "clipped") == unit.clipped
        assert np.argwhere(colored(browser, height, width)).tolist() == [[y, x]]


@pytest.mark.parametrize(
    ("name", "layer", "channel"),
    [("branches", "cat", 0), ("branches", "cat", 3), ("dilated", "2", 0), ("enlarging", "1", 0)],
)
def test_pointing_at_a_pixel_shows_the_units_that_it_reaches(
    browser: Browser, pages: Path, name: str, layer: str, channel: int
) -> None:
    fields = fields_of(name)
    _, height, width = fields[layer].shape
    rows, columns = fields.input_size
    browser.open(pages / f"{name}.html", f"#{layer}:{channel}@0,0")
    view = browser.run(
        "(view => [view.y, view.x, view.height, view.width])"
        "(document.querySelector('#picture svg').viewBox.baseVal)"
    )
    for y, x in ((0, 0), (rows // 2, columns // 3), (rows - 1, columns - 2)):
        place = (y + 0.5 - view[0]) / view[2], (x + 0.5 - view[1]) / view[3]
        point(browser, "#picture svg", *place)
        browser.until(f"document.getElementById('sentence').textContent.includes('{y},{x} can')")
        reached = fields.projective_field(layer, (y, x))
        assert np.array_equal(colored(browser, height, width), reached.units[channel])
        if len(fields[layer].groups) > 1:
            last = browser.run(
                "document.querySelector('#numbers-shown div:last-child dd').textContent"
            )
            assert int(last.replace(",", "")) == reached.count


def test_layers_by_keys_and_search(browser: Browser, pages: Path) -> None:
    browser.open(pages / "branches.html", "#stem")
    name = "document.getElementById('name').textContent"
    assert browser.run(name) == "stem"
    browser.press("ArrowDown")
    assert browser.run(name) == "narrow"
    browser.press("ArrowUp")
    assert browser.run(name) == "stem"
    browser.press("/")
    browser.type("linear")
    assert browser.run("document.getElementById('found').textContent") == "1 of 7"
    browser.press("Enter")
    assert browser.run(name) == "head"
    assert "whole image" in browser.run("document.getElementById('sentence').textContent")


def test_units_and_pixels_by_keys(browser: Browser, pages: Path) -> None:
    browser.open(pages / "branches.html", "#stem:0@2,3")
    browser.run("document.getElementById('map').focus()")
    browser.press("ArrowRight")
    browser.press("ArrowDown")
    sentence = "document.getElementById('sentence').textContent"
    assert browser.run(sentence).startswith("Unit 3,4 sees")
    assert browser.run("document.getElementById('spoken').textContent") == browser.run(sentence)
    browser.run("document.getElementById('picture').focus()")
    browser.press("ArrowLeft")
    assert browser.run(sentence).startswith("Pixel 9,12 can change")
    browser.until("decodeURIComponent(location.hash) === '#stem:0@3,4'")


def test_every_layer_of_every_page_can_be_shown(browser: Browser, pages: Path) -> None:
    for page in sorted(pages.iterdir()):
        for width in (360, 1280):
            browser.resize(width, 800)
            browser.open(page)
            for index in range(browser.run("data.layers.length")):
                browser.run(f"items[{index}].click()")
                assert browser.run("document.documentElement.scrollWidth") <= width
    browser.resize(1280, 900)


def test_hostile_names_stay_text(browser: Browser, tmp_path: Path) -> None:
    network = nn.Sequential()
    network.add_module(HOSTILE.replace(".", ""), nn.Conv2d(3, 2, 3))
    write_page(vizkit.receptive_field(network.eval(), 12), tmp_path / "page.html")
    browser.open(tmp_path / "page.html")
    assert browser.run("document.images.length") == 0
    assert browser.run("document.getElementById('list').textContent").count(HOSTILE) == 1


def test_both_themes_draw_the_map_in_their_own_colors(browser: Browser, pages: Path) -> None:
    browser.open(pages / "branches.html", "#stem:0@2,3")
    colors = []
    for theme in ("light", "dark"):
        browser.run(f"setTheme('{theme}')")
        assert np.argwhere(colored(browser, 9, 13)).tolist() == [[2, 3]]
        colors.append(browser.run("swatch('chosen')"))
    assert colors[0] != colors[1]
