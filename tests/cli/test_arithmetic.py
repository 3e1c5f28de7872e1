from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Terminal
from tests.test_package import loaded_by

CONV = [
    *("arithmetic", "conv", "--input", "227x227x3"),
    *("--filters", "96", "--kernel", "11", "--stride", "4"),
]


def test_a_layer_is_shown_with_its_formulas(vizkit: Terminal) -> None:
    done = vizkit(*CONV)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:2] == ["convolution 11x11, 96 filters, stride 4", "227x227x3 -> 55x55x96"]
    cells = {line.split("  ")[0]: line.split()[-1] for line in lines[3:] if "  " in line}
    assert cells["width"] == "55"
    assert cells["parameters"] == "34,944"
    assert cells["multiply-adds"] == "105,415,200"
    table = lines[3 : 3 + len(cells)]
    assert {len(line) for line in table} == {max(map(len, table))}  # numbers end flush right
    assert max(map(len, lines)) <= 80


def test_json(vizkit: Terminal) -> None:
    record = json.loads(vizkit(*CONV, "--padding", "1x2", "--no-bias", "--json").out)
    assert record["input"] == [227, 227, 3]
    assert record["output"] == [55, 56, 96]
    assert record["parameters"] == 96 * 363
    assert record["unused"] == [1, 0]
    assert record["formulas"]["height"] == "(227 - 11 + 2*1)/4 + 1 = 55.5, floor 55"
    assert record["memory_bytes"] == 4 * 55 * 56 * 96


def test_whatever_fits(vizkit: Terminal) -> None:
    done = vizkit(*CONV, "--padding", "fits")
    assert [line.split()[:2] for line in done.out.splitlines()[3:9]] == [
        [str(2 * i), f"{55 + i}x{55 + i}x96"] for i in range(6)
    ]
    record = json.loads(vizkit(*CONV, "--padding", "fits", "--json").out)
    assert [each["padding"] for each in record["rows"]] == [[p, p] for p in range(0, 11, 2)]
    assert record["unpadded"]["output"] == [55, 55, 96]


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("conv --input 32x32x3 --filters 6 --kernel 5 --stride 2 --padding 1+2", [16, 16, 6]),
        ("conv --input 9x8x4 --filters 6 --kernel 1x7 --padding 0x3+2 --groups 2", [9, 7, 6]),
        ("conv --input 9x8x4 --filters 6 --kernel 3 --padding same --dilation 2", [9, 8, 6]),
        ("pool --input 112x112x64 --kernel 3 --stride 2 --ceil", [56, 56, 64]),
        ("pool --input 224x224x64 --kernel 2", [112, 112, 64]),
        ("pool --input 7x7x1024 --adaptive 1", [1, 1, 1024]),
        ("transposed --input 7x7x8 --filters 4 --kernel 3 --stride 2 --padding 1", [13, 13, 4]),
        (
            "transposed --input 7x7x8 --filters 4 --kernel 3 --stride 2 --padding 1 "
            "--output-padding 1x0",
            [14, 13, 4],
        ),
        ("linear --input 7x7x512 --units 4096", [1, 1, 4096]),
    ],
)
def test_every_kind(vizkit: Terminal, command: str, output: list[int]) -> None:
    done = vizkit("arithmetic", *command.split(), "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["output"] == output


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("conv --input 32x3 --filters 6 --kernel 5", "'32x3' is not a volume"),
        ("conv --input 5x5x3 --filters 6 --kernel 11", "Pad by at least 3 at each side"),
        ("conv --input 5x5x3 --filters 6 --kernel 3 --padding x", "write 2, 1x2, 1+2, same or"),
        ("conv --input 5x5x3 --filters 6 --kernel 3 --stride 0", "not a whole number above zero"),
        ("pool --input 5x5x3", "--adaptive 1 for global pooling"),
        ("pool --input 5x5x3 --kernel 3 --adaptive 2", "either a window or a size to pool to"),
        ("transposed --input 5x5x3 --filters 6 --kernel 3 --padding same", "write 1 or 1x2"),
        ("pol --input 5x5x3", "Did you mean 'pool'?"),
    ],
)
def test_mistakes(vizkit: Terminal, command: str, message: str) -> None:
    done = vizkit("arithmetic", *command.split())
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_nothing_heavy_is_loaded() -> None:
    code = "from vizkit.cli import main; assert main(sys.argv[1:]) == 0; print()"
    assert loaded_by(code, *CONV) == set()


def test_a_layer_that_adds_activations_drops_none(vizkit: Terminal) -> None:
    grown = vizkit("arithmetic", "pool", "--input", "4x4x1", "--adaptive", "8", "--json")
    assert json.loads(grown.out)["dropped"] is None
    halved = vizkit("arithmetic", "pool", "--input", "4x4x1", "--kernel", "2", "--json")
    assert json.loads(halved.out)["dropped"] == 0.75


def test_a_question_mark_asks_what_fits(vizkit: Terminal) -> None:
    asked = ("arithmetic", "conv", "--input", "32x32x3", "--filters", "6", "--kernel", "5")
    assert vizkit(*asked, "--padding", "?").out == vizkit(*asked, "--padding", "fits").out


def test_other_names_of_a_layer_are_understood(vizkit: Terminal) -> None:
    assert "Did you mean 'transposed'?" in vizkit("arithmetic", "convT").err
