"""Every name that torch gives a module works wherever a layer is named."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from torch import nn

import vizkit
from tests import nets
from vizkit.address import escape_layer, parse_address
from vizkit.filenames import file_name
from vizkit.gallery import status
from vizkit.rendering import Recipe

QUICK = Recipe(steps=1, rescues=0, wake_steps=0)
HARD = [
    'say "a"',
    "it's",
    "conv(1)",
    "a<b>&amp;",
    "a/b",
    "a\\b",
    "a:0",
    "a@1,2",
    "-a",
    "+a",
    "2*a",
    "a - 2*tv",
    "100%41",
    "plan\njson",
    "\x00\x1f\x7f",
    " ",
    "{{ 7*7 }}",
    "Über中文",
    "💡" * 50,
    "x" * 200,
    "CON",
    "~z",
    "#?&=",
    "tv",
]


def legal(name: str) -> bool:
    try:
        nn.Sequential().add_module(name, nn.Identity())
    except (KeyError, TypeError):
        return False
    return True


NAMES = st.sampled_from(HARD) | st.text(min_size=1, max_size=200).filter(legal)


def named(name: str, inner: str | None = None) -> vizkit.Network:
    """A network with a convolution of that name, alone or in a part that has a name, too."""
    inside = nn.Sequential()
    inside.add_module(inner or name, nn.Conv2d(1, 2, 3))
    whole = inside
    if inner is not None:
        whole = nn.Sequential()
        whole.add_module(name, inside)
    return nets.plain(nets.seeded(whole), 8)


@given(st.text(min_size=1))
@example("plan.json")
def test_in_an_address_it_is_one_word(name: str) -> None:
    escaped = escape_layer(name)
    assert parse_address(f"net/{escaped}:3").layer == name
    assert not set(escaped) & set(' \t\n/:@"(),*')
    assert not escaped.startswith(("+", "-"))


@given(NAMES)
def test_as_a_file_it_is_short_enough(name: str) -> None:
    assert len(file_name(name).encode()) <= 160


@given(st.text(min_size=100), st.text(min_size=100))
def test_long_names_differ_where_the_names_do(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) == (one == other)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NAMES)
def test_layers_render_and_receptive_field(name: str) -> None:
    net = named(name)
    (layer,) = net.layers
    assert layer.name == name
    text = f"{escape_layer(name)}:1"
    unit = net.unit(text)
    assert net.unit(unit.address) == unit
    assert net.layer(name) is net.layer(escape_layer(name)) is layer
    assert len(str(net).strip().splitlines()) == 4  # one line a layer
    (picture,) = vizkit.render(net, text, size=6, recipe=QUICK)
    assert picture.address == unit.address
    (weighted,) = vizkit.render(net, f"{text} - 0.5*{escape_layer(name)}:0", size=6, recipe=QUICK)
    assert weighted.steps == 1
    with TemporaryDirectory() as folder:
        assert picture.save(folder).is_file()
    fields = vizkit.receptive_field(net)
    assert fields[name].size == (3, 3)
    assert fields.unit(name, 1).box == fields.unit(text).box
    assert len(fields.table(every=True).splitlines()) == len(
        vizkit.receptive_field(named("plain")).table(every=True).splitlines()
    )
    with vizkit.capture(net, name) as acts:
        net(nets.images(1, 1, 8))
    assert acts[name].shape == (1, 2, 6, 6)


class _Text(HTMLParser):
    """Headings of a page, and where it leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for key, value in attrs if key in ("href", "src") and value]


@pytest.mark.parametrize("name", HARD)
def test_gallery(name: str, tmp_path: Path) -> None:
    net = named("plan", "json") if name == "CON" else named(name)
    module = net.layers[0].name
    made = vizkit.gallery.make(
        net,
        tmp_path,
        layers=[module],
        channels="0",
        studies=["renders", "receptive_field"],
        recipe=QUICK,
        size=6,
    )
    assert (made.failed, made.computed) == ((), 2)
    assert status(tmp_path).networks[net.source].done == 1
    (record,) = tmp_path.glob("*/*/renders/0.json")
    assert parse_address(json.loads(record.read_text("utf-8"))["address"]).layer == module
    page = _Text()
    page.feed((record.parents[1] / "0.html").read_text("utf-8"))
    assert any(" ".join(module.split()) in " ".join(word.split()) for word in page.words)
    for link in page.links:
        if not link.startswith(("#", "data:", "http")):
            assert (record.parents[1] / link.partition("#")[0]).exists(), link
