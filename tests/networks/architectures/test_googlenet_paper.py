"""GoogLeNet of the paper against its Table 1."""

from __future__ import annotations

import pytest
import torch

import vizkit

# Multiply-adds as printed there, in millions. Left out are conv1, where 34M stand for a third of
# the 7 x 7 filters that it names, and inception5a, printed 3M above what its widths give.
MILLIONS = {
    "conv2": 360,
    "inception3a": 128,
    "inception3b": 304,
    "inception4a": 73,
    "inception4b": 88,
    "inception4c": 100,
    "inception4d": 119,
    "inception4e": 170,
    "inception5b": 71,
    "fc": 1,
}
# Channels before a block; its 1 x 1, 3 x 3 reduced, 3 x 3, 5 x 5 reduced, 5 x 5, pool projected.
WIDTHS = [
    (192, 64, 96, 128, 16, 32, 32),
    (256, 128, 128, 192, 32, 96, 64),
    (480, 192, 96, 208, 16, 48, 64),
    (512, 160, 112, 224, 24, 64, 64),
    (512, 128, 128, 256, 24, 64, 64),
    (512, 112, 144, 288, 32, 64, 64),
    (528, 256, 160, 320, 32, 128, 128),
    (832, 256, 160, 320, 32, 128, 128),
    (832, 384, 192, 384, 48, 128, 128),
]


@pytest.fixture(scope="module")
def fields() -> vizkit.receptive_fields.ReceptiveFields:
    return vizkit.receptive_field("googlenet_paper")


@pytest.mark.parametrize("name", MILLIONS)
def test_multiply_adds_are_those_of_table_1(
    name: str, fields: vizkit.receptive_fields.ReceptiveFields
) -> None:
    names = ("conv2_reduce", "conv2") if name == "conv2" else (name,)
    operations = sum(fields[each].multiply_adds or 0 for each in names)
    assert operations / 1e6 == pytest.approx(MILLIONS[name], abs=0.7)


def test_parameters_follow_from_the_widths_of_table_1(
    fields: vizkit.receptive_fields.ReceptiveFields,
) -> None:
    def filters(side: int, inputs: int, outputs: int) -> int:
        return (side * side * inputs + 1) * outputs

    total = filters(7, 3, 64) + filters(1, 64, 64) + filters(3, 64, 192) + filters(1, 1024, 1000)
    for before, one, three_reduced, three, five_reduced, five, pooled in WIDTHS:
        total += filters(1, before, one + three_reduced + five_reduced + pooled)
        total += filters(3, three_reduced, three) + filters(5, five_reduced, five)
    assert fields.parameters == total == 6_998_552


def test_fields_are_those_of_5_by_5_filters(
    fields: vizkit.receptive_fields.ReceptiveFields,
) -> None:
    # By r' = r + (k - 1) j along the branch of 5 x 5.
    sides = {"inception3a": 59, "inception4a": 171, "inception4e": 427, "inception5b": 715}
    assert {name: fields[name].size[0] for name in sides} == sides
    assert fields["3a"] is fields["inception3a"]


def test_it_runs() -> None:
    network = vizkit.load("googlenet_paper")
    assert network.source == "googlenet_paper@random"
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 224, 224)).shape == (1, 1000)
    blocks = [f"inception{each}" for each in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")]
    assert network.default_layers() == ("conv1", "conv2_reduce", "conv2", *blocks)
