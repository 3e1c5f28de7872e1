"""Addresses: the one string that names a unit, parsed and printed here and nowhere else.

``NETWORK[@WEIGHTS]/LAYER:CHANNELS[@y,x]``, for example ``vgg16@hed/conv4_3:12``, the neuron
``vgg16@hed/conv4_3:12@7,7``, several channels ``googlenet/inception4c:0-15,40`` and the class
``efficientnet_lite0/logits:"tabby, tabby cat"``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vizkit.errors import AddressError

_FORM = "NETWORK[@WEIGHTS]/LAYER:CHANNELS[@y,x]"
_EXAMPLE = "for example googlenet@distilled/inception4c:447 or vgg16@hed/conv4_3:0-15,40"
_ADDRESS = re.compile(
    r"""(?P<network> .*?\.py:[A-Za-z_]\w* | [A-Za-z_][\w.\-]*(?: :[\w.\-/]+? )? )
        (?: @(?P<weights>[\w.\-]+) )?
        /(?P<layer>[^/:@"\s]+)
        :(?P<channels>"(?:[^"\\]|\\.)*" | [0-9,\-]+)
        (?: @(?P<y>-?\d{1,9}),(?P<x>-?\d{1,9}) )?""",
    re.VERBOSE,
)
# What ends a name, or begins something else, in an address, an objective or a list of names.
_LAYER_ESCAPE = re.compile(r'[/:@"%(),*\s\x00-\x1f\x7f]|^[+-]')
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
MOST_CHANNELS = 1_000_000
"""Largest number of channels that one address may name; more is taken for a typing error."""


@dataclass(frozen=True, slots=True)
class Address:
    """Units of one layer of one network, as the user named them.

    Attributes
    ----------
    network : name of the network, e.g. ``"googlenet"``, ``"timm:resnet26d"``, ``"net.py:make"``.
    weights : weights tag, or None for the network's default.
    layer : module path or published alias.
    channels : channel numbers in the order asked, 0-based; empty when `label` is given.
    position : (y, x) of a neuron in the layer's map, or None for whole channels.
    label : class name, for ``logits:"tabby cat"``; None otherwise.

    Examples
    --------
    >>> unit = parse_address("vgg16@hed/conv4_3:12@7,7")
    >>> unit.channel, unit.position, str(unit)
    (12, (7, 7), 'vgg16@hed/conv4_3:12@7,7')
    """

    network: str
    weights: str | None
    layer: str
    channels: tuple[int, ...]
    position: tuple[int, int] | None = None
    label: str | None = None

    @property
    def channel(self) -> int:
        """The one channel of a unit's address."""
        if len(self.channels) != 1:
            raise AddressError(
                f"{str(self)!r} names {len(self.channels)} channels where one unit is needed.\n"
                f"  Name one channel, {_EXAMPLE.split(' or ')[0]}."
            )
        return self.channels[0]

    @property
    def source(self) -> str:
        """Network and weights tag, e.g. ``"vgg16@hed"``."""
        return self.network if self.weights is None else f"{self.network}@{self.weights}"

    def __str__(self) -> str:
        if self.label is not None:
            quoted = self.label.replace("\\", "\\\\").replace('"', '\\"')
            channels = f'"{quoted}"'
        else:
            channels = format_channels(self.channels)
        return f"{self.source}/{escape_layer(self.layer)}:{format_place(channels, self.position)}"


def escape_layer(layer: str) -> str:
    """Name of a layer as it stands in an address: what would end it is escaped.

    Examples
    --------
    >>> escape_layer("features.0"), escape_layer('say "a(b)"')
    ('features.0', 'say%20%22a%28b%29%22')
    """
    return _LAYER_ESCAPE.sub(lambda match: _percent(match.group()), layer)


def unescape_layer(text: str) -> str:
    """Name of the layer that `escape_layer` wrote as `text`.

    Raises
    ------
    AddressError : an escape that is not UTF-8.
    """
    return _ESCAPED.sub(lambda match: _unpercent(match.group(), text), text)


def format_place(channels: str, position: tuple[int, int] | None) -> str:
    """What stands behind the layer, ``"12@7,7"``."""
    return channels if position is None else f"{channels}@{position[0]},{position[1]}"


def parse_address(text: str) -> Address:
    """Address that `text` spells.

    Raises
    ------
    AddressError : `text` is not of the form ``NETWORK[@WEIGHTS]/LAYER:CHANNELS[@y,x]``.

    Examples
    --------
    >>> parse_address("googlenet/inception4c:0-2,40").channels
    (0, 1, 2, 40)
    """
    found = _ADDRESS.fullmatch(text.strip())
    if found is None:
        raise AddressError(
            f"{text!r} is not an address: {_reason(text)}\n  Write {_FORM}, {_EXAMPLE}."
        )
    layer = unescape_layer(found["layer"])
    label, channels = None, found["channels"]
    numbers: tuple[int, ...] = ()
    if channels.startswith('"'):
        label = re.sub(r"\\(.)", r"\1", channels[1:-1])
        if not label:
            raise AddressError(f'{text!r} has an empty class name.\n  Write logits:"tabby cat".')
    else:
        numbers = parse_channels(channels)
    position = None
    if found["y"] is not None:
        position = (int(found["y"]), int(found["x"]))
        if len(numbers) != 1:
            raise AddressError(
                f"{text!r} gives a position to {len(numbers)} channels.\n"
                "  A position (@y,x) goes with one channel, for example conv4_3:12@7,7."
            )
        if min(position) < 0:
            raise AddressError(f"{text!r} has a negative position; (y, x) count from 0,0.")
    return Address(found["network"], found["weights"], layer, numbers, position, label)


def parse_channels(text: str) -> tuple[int, ...]:
    """Channel numbers that ``"0-15,40"`` spells, in that order, each once.

    Raises
    ------
    AddressError : not a comma-separated list of numbers and ascending ranges.
    """
    numbers: dict[int, None] = {}
    for part in text.split(","):
        found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", part.strip())
        if found is None:
            raise AddressError(
                f"{part!r} in {text!r} is not a channel.\n"
                "  Write numbers and ranges: 7, 0-15 or 0-15,40."
            )
        first = int(found[1])
        last = first if found[2] is None else int(found[2])
        if last < first:
            raise AddressError(f"{part!r} runs backwards.\n  Write {last}-{first}.")
        if last - first >= MOST_CHANNELS or len(numbers) > MOST_CHANNELS:
            raise AddressError(f"{part!r} names more than {MOST_CHANNELS:,} channels.")
        numbers.update(dict.fromkeys(range(first, last + 1)))
    return tuple(numbers)


def format_channels(channels: Iterable[int]) -> str:
    """Shortest spelling of `channels` that `parse_channels` reads back in the same order.

    Examples
    --------
    >>> format_channels([0, 1, 2, 40])
    '0-2,40'
    """
    runs: list[list[int]] = []
    for channel in channels:
        if runs and channel == runs[-1][1] + 1:
            runs[-1][1] = channel
        else:
            runs.append([channel, channel])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())


def _unpercent(escaped: str, text: str) -> str:
    try:
        return bytes.fromhex(escaped.replace("%", "")).decode()
    except UnicodeDecodeError:
        raise AddressError(f"{text!r} has an escape {escaped!r} that is not UTF-8.") from None


def _reason(text: str) -> str:
    """First thing that keeps `text` from being an address."""
    if not text.strip():
        return "it is empty."
    if "/" not in text:
        return "it has no '/' between network and layer."
    if ":" not in text.rpartition("/")[2] and '"' not in text:
        return "it has no ':' between layer and channels."
    return "network, layer or channels have a form that cannot be read."
