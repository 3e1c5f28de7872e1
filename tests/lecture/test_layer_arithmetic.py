"""Sizes and parameters of the lecture, by its formulas."""

from __future__ import annotations

import re

import pytest
from torch import nn

from vizkit.arithmetic import Convolution

# Input, output and parameters of each layer, in the order in which they are printed.
FIRST = [("32x32x3", "32x32x12", 3 * 3 * 3 * 12 + 12)]
EXPECTED = [
    *FIRST,
    *FIRST,
    ("32x32x12", "32x32x12", None),
    ("32x32x12", "16x16x12", None),
    ("16x16x12", "1x1x10", 16 * 16 * 12 * 10 + 10),
    ("32x32x3", "28x28x6", (5 * 5 * 3) * 6 + 6),
    ("28x28x6", "24x24x10", (5 * 5 * 6) * 10 + 10),
    ("24x24x10", "20x20x16", (5 * 5 * 10) * 16 + 16),
    ("20x20x16", "16x16x20", (5 * 5 * 16) * 20 + 20),
    ("7x7x3", "7x7x1", 3 * 3 * 3 + 1),
    ("56x56x64", "56x56x32", 64 * 32 + 32),
    ("32x32x3", "32x32x8", (3 * 3 * 3) * 8 + 8),
    ("32x32x3", "32x32x8", (5 * 5 * 3) * 8 + 8),
    ("32x32x3", "32x32x8", (7 * 7 * 3) * 8 + 8),
    ("224x224x64", "112x112x64", None),
    ("55x55x96", "27x27x96", None),
    *((f"{32}x32x3", f"{n}x{n}x6", None) for n in range(15, 19)),
    *((f"{33}x33x3", f"{n}x{n}x6", None) for n in range(15, 20)),
]


def test_printed_numbers(printed, tmp_path):
    lines = printed("layer_arithmetic").splitlines()
    heads = [at for at, line in enumerate(lines) if " -> " in line]
    for at, (given, made, parameters) in zip(heads, EXPECTED, strict=True):
        words = lines[at].split()
        assert words[-3:] == [given, "->", made]
        details = [line.split() for line in lines[at + 1 : at + 3]]
        if parameters is not None:
            (found,) = (each for each in details if each and each[0] == "parameters")
            assert found[-1] == f"{parameters:,}"
    assert "(32 - 5 + 1 + 2)/2 + 1 = 16" in "\n".join(lines)
    widths = [line.split(maxsplit=1)[1] for line in lines if line.split()[:1] == ["width"]]
    pooled = [re.sub(" +", " ", line) for line in widths if line.startswith("(W1 - F)/S + 1 ")]
    assert pooled == [
        "(W1 - F)/S + 1 (32 - 2)/2 + 1 = 16",
        "(W1 - F)/S + 1 (224 - 2)/2 + 1 = 112",
        "(W1 - F)/S + 1 (55 - 3)/2 + 1 = 27",
    ]
    assert (tmp_path / "layer_arithmetic.png").is_file()


def test_pytorch_is_really_asked(recipe, monkeypatch):
    page = recipe("layer_arithmetic")
    layer = Convolution(6, 5).on("32x32x3")
    assert page.verified(layer) is layer
    monkeypatch.setattr(page, "pytorch_module", lambda _: nn.Conv2d(3, 6, 3))
    with pytest.raises(AssertionError):
        page.verified(layer)
