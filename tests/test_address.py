from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vizkit.address import Address, format_channels, parse_address, parse_channels
from vizkit.errors import AddressError

NETWORKS = st.sampled_from(
    [
        "googlenet",
        "lenet5",
        "timm:resnet26d",
        "timm:vit_base.x-1",
        "net.py:make",
        "my@home/a:b.py:f",
    ]
)
WEIGHTS = st.none() | st.from_regex(r"[\w.\-]+", fullmatch=True, alphabet=string.printable)
CHANNELS = st.lists(st.integers(0, 5000), min_size=1, max_size=9, unique=True).map(tuple)
POSITIONS = st.tuples(st.integers(0, 999), st.integers(0, 999))
LAYERS = st.text(min_size=1).filter(lambda text: text.isprintable() or True)


@given(NETWORKS, WEIGHTS, LAYERS, CHANNELS)
def test_printed_and_read_again(
    network: str, weights: str | None, layer: str, channels: tuple[int, ...]
) -> None:
    address = Address(network, weights, layer, channels)
    assert parse_address(str(address)) == address


@given(NETWORKS, WEIGHTS, st.integers(0, 9999), POSITIONS)
def test_neurons_are_printed_and_read_again(
    network: str, weights: str | None, channel: int, position: tuple[int, int]
) -> None:
    address = Address(network, weights, "layer4.0", (channel,), position)
    assert parse_address(str(address)) == address


@given(NETWORKS, st.text(min_size=1))
def test_class_names_are_printed_and_read_again(network: str, label: str) -> None:
    address = Address(network, None, "logits", (), None, label)
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("googlenet/inception4c:447", Address("googlenet", None, "inception4c", (447,))),
        ("vgg16@hed/conv4_3:0-2,40", Address("vgg16", "hed", "conv4_3", (0, 1, 2, 40))),
        ("vgg16@hed/features.14:12@7,9", Address("vgg16", "hed", "features.14", (12,), (7, 9))),
        ("timm:resnet26d@random/layer1:0", Address("timm:resnet26d", "random", "layer1", (0,))),
        ("a/b/net.py:make/conv:3", Address("a/b/net.py:make", None, "conv", (3,))),
        ("n@file-0123abcd/x:1", Address("n", "file-0123abcd", "x", (1,))),
        (
            'efficientnet_lite0/logits:"tabby, tabby cat"',
            Address("efficientnet_lite0", None, "logits", (), None, "tabby, tabby cat"),
        ),
        ("  lenet5/c1:5,3,4,4  ", Address("lenet5", None, "c1", (5, 3, 4))),
    ],
)
def test_addresses_are_read(text: str, expected: Address) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("googlenet", "it has no '/'"),
        ("googlenet/inception4c", "it has no ':'"),
        ("googlenet/:3", "a form that cannot be read"),
        ("/conv:3", "a form that cannot be read"),
        ("googlenet/conv:", "a form that cannot be read"),
        ("googlenet/conv:x", "a form that cannot be read"),
        ("googlenet/conv:-1", "'' in '-1' is not a channel|'-1' is not a channel|'-1' in '-1'"),
        ("googlenet/conv:1,,2", "'' in '1,,2' is not a channel"),
        ("googlenet/conv:9-3", "runs backwards.\n  Write 3-9"),
        ("googlenet/conv:0-3@1,2", "gives a position to 4 channels"),
        ("googlenet/conv:3@1", "a form that cannot be read"),
        ("googlenet/conv:3@-1,2", "negative position"),
        ('googlenet/logits:""', "empty class name"),
        ('googlenet/logits:"cat', "a form that cannot be read"),
        ("googlenet/conv:0-99999999", "names more than 1,000,000 channels"),
        ("googlenet/conv:" + "1" * 5000, "is not a channel"),
        ("googlenet/conv%FF:1", "an escape '%FF' that is not UTF-8"),
        ("goo glenet/conv:1", "a form that cannot be read"),
    ],
)
def test_mistakes_say_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(AddressError, match=message) as caught:
        parse_address(text)
    assert caught.value.exit_code == 2


@given(st.text())
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    for made in (text, f"a/b:{text}", f"a/{text}:1", f"{text}/b:1", f"a/b:1@{text}"):
        try:
            address = parse_address(made)
        except AddressError:
            continue
        assert parse_address(str(address)) == address


def test_several_channels_are_no_unit() -> None:
    address = parse_address("vgg16@hed/conv4_3:3,1-2")
    assert address.channels == (3, 1, 2)
    with pytest.raises(AddressError, match="names 3 channels where one unit is needed"):
        _ = address.channel


@given(st.lists(st.integers(0, 300), unique=True, min_size=1))
def test_channels_are_spelled_shortly_and_read_again(channels: list[int]) -> None:
    text = format_channels(channels)
    assert parse_channels(text) == tuple(channels)
    assert len(text) <= len(",".join(map(str, channels)))
