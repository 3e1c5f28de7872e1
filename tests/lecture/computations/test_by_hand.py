"""Every step of a convolution, against loops and against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from computations.by_hand import convolve
from vizkit.errors import UsageError


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.tuples(*[st.integers(1, 3)] * 3, *[st.integers(3, 7)] * 2),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_output_is_pytorchs(sizes, stride, padding, seed):
    depth, count, kernel, height, width = sizes
    numbers = np.random.default_rng(seed)
    planes = numbers.integers(-9, 10, (depth, height, width))
    filters = numbers.integers(-9, 10, (count, depth, kernel, kernel))
    biases = numbers.integers(-9, 10, count)
    found = convolve(planes, filters, biases, stride=stride, padding=padding)
    tensors = (torch.tensor(each).double() for each in (planes, filters, biases))
    image, weight, bias = tensors
    expected = functional.conv2d(image, weight, bias, stride=stride, padding=padding)
    assert np.array_equal(found.output, expected.numpy())
    assert found.output.dtype.kind == "i"


def test_a_step_is_window_times_filter():
    numbers = np.random.default_rng(1)
    planes = numbers.integers(0, 5, (2, 4, 5)).tolist()
    filters = numbers.integers(-2, 3, (1, 2, 3, 3)).tolist()
    found = convolve(planes, filters, [7], stride=2, padding=1)
    assert [(step.top, step.left) for step in found.steps] == [
        *((0, 0), (0, 2), (0, 4)),
        *((2, 0), (2, 2), (2, 4)),
    ]
    for step in found.steps:
        total = 7
        for c in range(2):
            for y in range(3):
                for x in range(3):
                    at = step.top + y - 1, step.left + x - 1
                    inside = 0 <= at[0] < 4 and 0 <= at[1] < 5
                    taken = planes[c][at[0]][at[1]] if inside else 0
                    assert step.window[c, y, x] == taken
                    assert step.products[c, y, x] == taken * filters[0][c][y][x]
                    total += taken * filters[0][c][y][x]
        assert step.value == sum(step.sums) + 7 == total


@pytest.mark.parametrize(
    ("planes", "filters", "biases", "message"),
    [
        ((2, 5, 5), (1, 3, 3, 3), [0], r"do not go together.\n  Give C H W and K C F F"),
        ((5, 5), (1, 1, 3, 3), [0], "do not go together"),
        ((1, 5, 5), (2, 1, 3, 3), [0], r"2 filters need as many biases, not \[0\]"),
        ((1, 2, 5), (1, 1, 3, 3), [0], "A kernel of 3 is larger than the input: 2 rows"),
    ],
)
def test_mistakes(planes, filters, biases, message):
    with pytest.raises(UsageError, match=message):
        convolve(np.zeros(planes), np.zeros(filters), biases)
