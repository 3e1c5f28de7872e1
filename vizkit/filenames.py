"""One reversible encoding that turns an address, or any text, into the name of a file."""

from __future__ import annotations

import hashlib
import re

from vizkit.errors import AddressError

_TO_CODE = {"/": "s", ":": "c", "@": "a", '"': "q", ",": "k", " ": "b", "~": "~"}
_FROM_CODE = {code: char for char, code in _TO_CODE.items()}
_PLAIN = re.compile(r"[A-Za-z0-9_.\-]")
# Devices of Windows; and what lies beside the folders of layers in a gallery.
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)|plan\.json$")
_LONGEST = 160
"""Of the 255 bytes that file systems allow; suffixes and unfinished files' names come to it."""


def encode(text: str) -> str:
    """Name that is safe as a file name on every system and, unchanged, as a part of a URL.

    `decode` is its inverse. ``~`` introduces an escape: ``~s`` slash, ``~c`` colon, ``~a`` at,
    ``~q`` quote, ``~k`` comma, ``~b`` blank, ``~~`` tilde, ``~xHH`` any other byte of UTF-8.

    Examples
    --------
    >>> encode("vgg16@hed/conv4_3:12@7,7")
    'vgg16~ahed~sconv4_3~c12~a7~k7'
    >>> decode(encode("vgg16@hed/conv4_3:12@7,7"))
    'vgg16@hed/conv4_3:12@7,7'
    """
    pieces = [_encode_char(char) for char in text]
    if text and (_RESERVED.match(text) or text[0] in ".-"):
        pieces[0] = _hex(text[0])
    if text and text[-1] == "." and len(text) > 1:
        pieces[-1] = _hex(text[-1])
    return "".join(pieces)


def file_name(text: str) -> str:
    """`encode`, cut off and with a hash in the end where that is too long for a file system.

    Examples
    --------
    >>> file_name("conv4_3"), len(file_name("conv" * 100))
    ('conv4_3', 160)
    """
    name = encode(text)
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f"{name[: _LONGEST - len(digest) - 2]}~z{digest}"


def decode(name: str) -> str:
    """Text that `encode` turned into `name`.

    Raises
    ------
    AddressError : `encode` never makes such a name.
    """
    out, i = bytearray(), 0
    while i < len(name):
        if name[i] != "~":
            out += name[i].encode()
            i += 1
        elif name[i + 1 : i + 2] == "x" and re.fullmatch(r"[0-9A-F]{2}", name[i + 2 : i + 4]):
            out.append(int(name[i + 2 : i + 4], 16))
            i += 4
        elif name[i + 1 : i + 2] in _FROM_CODE:
            out += _FROM_CODE[name[i + 1]].encode()
            i += 2
        else:
            raise AddressError(f"{name!r} is not an encoded name: stray '~' at {i}.")
    try:
        text = out.decode()
    except UnicodeDecodeError:
        text = None
    if text is None or encode(text) != name:
        raise AddressError(f"{name!r} is not an encoded name.")
    return text


def _encode_char(char: str) -> str:
    if char in _TO_CODE:
        return "~" + _TO_CODE[char]
    return char if _PLAIN.match(char) else _hex(char)


def _hex(char: str) -> str:
    return "".join(f"~x{byte:02X}" for byte in char.encode())
