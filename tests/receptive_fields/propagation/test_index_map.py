"""Index maps against the closed forms, and against evaluating index by index."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from vizkit.receptive_fields import receptive_field
from vizkit.receptive_fields.propagation.index_map import NEVER, IndexMap, Reads

# Kernel, stride, padding and dilation.
Layer = tuple[int, int, int, int]
layers = st.lists(
    st.tuples(st.integers(1, 7), st.integers(1, 3), st.integers(0, 5), st.integers(1, 3)),
    min_size=1,
    max_size=6,
)
plain = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(1, 3))
window = plain.map(lambda given: Reads.window(*given))
transposed = plain.map(lambda given: Reads.transposed(*given))
reads = st.lists(window | transposed, max_size=4)


@given(layers)
def test_closed_form_of_a_stack(stack: list[Layer]) -> None:
    found = IndexMap.identity()
    for k, s, p, d in stack:
        found = found.through(Reads.window(k, s, p, d)) or IndexMap.identity()
    jumps = [prod(s for _, s, _, _ in stack[:i]) for i in range(len(stack) + 1)]
    size = 1 + sum(d * (k - 1) * jump for (k, _, _, d), jump in zip(stack, jumps, strict=False))
    padding = sum(p * jump for (_, _, p, _), jump in zip(stack, jumps, strict=False))
    assert (found.size, found.stride, found.padding) == (size, jumps[-1], padding)
    for index in (-3, 0, 8):
        start = index * jumps[-1] - padding
        assert found.at(index) == (start, start + size - 1)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(plain, plain), min_size=1, max_size=3))
def test_stacks_of_layers(stack: list[tuple[Layer, Layer]]) -> None:
    kinds = [
        nn.Conv2d(1, 1, *((r[i], c[i]) for i in range(4)))  # type: ignore[arg-type]
        for r, c in stack
    ]
    fields = receptive_field(nn.Sequential(*kinds), (1, 240, 250))
    for axis in (0, 1):
        given_axis = [pair[axis] for pair in stack]
        jumps = [prod(s for _, s, _, _ in given_axis[:i]) for i in range(len(given_axis) + 1)]
        parts = zip(given_axis, jumps, strict=False)
        assert fields[""].size[axis] == 1 + sum(d * (k - 1) * j for (k, _, _, d), j in parts)
        assert fields[""].stride[axis] == jumps[-1]
        parts = zip(given_axis, jumps, strict=False)
        assert fields[""].padding[axis] == sum(p * j for (_, _, p, _), j in parts)


def _seen(chain: list[Reads], index: int) -> set[int]:
    seen = {index}
    for each in reversed(chain):
        seen = {read for i in seen for read in each.at(i)}
    return seen


@given(reads, reads, st.integers(-7, 20))
def test_unions_of_any_chains(first: list[Reads], second: list[Reads], index: int) -> None:
    maps = []
    for chain in (first, second):
        found: IndexMap | None = IndexMap.identity()
        for each in chain:
            assert found is not None
            found = found.through(each)
        assert found is not None
        maps.append(found)
        seen = _seen(chain, index)
        lo, hi = found.at(index)
        assert (lo, hi) == ((min(seen), max(seen)) if seen else (NEVER, -NEVER))
    united = maps[0].union(maps[1])
    seen = _seen(first, index) | _seen(second, index)
    assert united is not None
    assert united.at(index) == ((min(seen), max(seen)) if seen else (NEVER, -NEVER))


@given(plain)
def test_transposed_reads(layer: Layer) -> None:
    k, s, p, d = layer
    own = Reads.transposed(k, s, p, d)
    for index in range(-5, 15):
        inputs = {t for t in range(-40, 40) for tap in range(k) if t * s - p + d * tap == index}
        assert set(own.at(index)) == inputs


@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (3, 2), (2, 2), (5, 3)])
def test_up_and_down_again_has_one_size(kernel: int, stride: int) -> None:
    up = IndexMap.identity().through(Reads.transposed(kernel, stride))
    assert up is not None
    sizes = {hi - lo + 1 for lo, hi in (up.at(i) for i in range(6))}
    assert (up.size is None) == (len(sizes) > 1)
    down = up.through(Reads.window(kernel, stride))
    assert down is not None
    assert (down.stride, down.padding) == (1, down.size // 2 if down.size else None)
    starts = [down.at(i)[0] for i in range(5)]
    assert all(b - a == 1 for a, b in pairwise(starts))
