"""Connections between units in one column, against gradients and against each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import vizkit
from computations.connections import connections
from vizkit.errors import UsageError


def convolution(kernel: int = 3, stride: int = 1) -> nn.Module:
    return nn.Conv2d(1, 1, (kernel, 1), stride=(stride, 1), padding=(kernel // 2, 0))


def dense(inputs: int, outputs: int) -> nn.Module:
    flat = nn.Linear(inputs, outputs)
    return nn.Sequential(nn.Flatten(), flat, nn.Unflatten(1, (1, outputs, 1)))


NETS = {
    "kernel 3": ([convolution(), convolution(), convolution()], 9),
    "stride 2": ([convolution(stride=2), convolution(5, 2)], 16),
    "pooling": ([convolution(), nn.AvgPool2d((2, 1)), convolution()], 12),
    "dense": ([dense(6, 5), dense(5, 4)], 6),
}


@pytest.fixture(params=NETS)
def net(request):
    layers, size = NETS[request.param]
    fields = vizkit.receptive_field(nn.Sequential(*layers), (1, size, 1))
    return layers, size, connections(fields, [str(number) for number in range(len(layers))])


def positive(layers):
    for module in nn.Sequential(*layers).modules():
        for parameter in module.parameters(recurse=False):
            nn.init.constant_(parameter, 1.0)


def test_connections_are_where_gradients_are(net):
    layers, size, found = net
    positive(layers)
    for layer, matrix in zip(layers, found.matrices, strict=True):
        jacobian = torch.autograd.functional.jacobian(layer, torch.zeros(1, 1, matrix.shape[1], 1))
        assert np.array_equal(matrix, jacobian.reshape(matrix.shape).numpy() != 0)
    assert found.sizes == (size, *(len(matrix) for matrix in found.matrices))
    assert found.counts == tuple(matrix.sum() for matrix in found.matrices)


def test_cones_are_products_of_the_connections(net):
    _, size, found = net
    for unit in range(size):
        reached = np.arange(size) == unit
        for level, row in enumerate(found.from_below(unit)):
            if level:
                reached = found.matrices[level - 1] @ reached
            assert np.array_equal(row, reached)
    for unit in range(found.sizes[-1]):
        seen = np.arange(found.sizes[-1]) == unit
        rows = found.from_above(unit)
        for level in reversed(range(len(rows))):
            assert np.array_equal(rows[level], seen)
            seen = seen @ found.matrices[level - 1] if level else seen


def test_units_lie_above_the_middle_of_what_they_see():
    fields = vizkit.receptive_field(nn.Sequential(*NETS["stride 2"][0]), (1, 17, 1))
    found = connections(fields, ["0", "1"])
    assert [row.tolist() for row in found.places[1:]] == [list(range(0, 17, 2)), [0, 4, 8, 12, 16]]
    mean = [np.flatnonzero(found.from_above(unit)[0]).mean() for unit in (2,)]
    assert mean == [found.places[2][2]]


def test_only_columns_of_single_units():
    wide = vizkit.receptive_field(nn.Sequential(nn.Conv2d(1, 1, 3)), (1, 9, 9))
    with pytest.raises(UsageError, match=r"'0' gives \(1, 7, 7\), which is not a column"):
        connections(wide)
