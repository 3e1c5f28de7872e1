"""Figures of chapter 9 of "Deep Learning" (Goodfellow, Bengio, Courville), as numbers (P35)."""

import torch
from torch import nn

from vizkit.receptive_fields import receptive_field


def row(*values: float) -> torch.Tensor:
    return torch.tensor(values)[None, None]


def test_figure_9_8_all_detectors_change_and_half_of_the_pooled():
    pool = nn.MaxPool1d(3, 1, 1)
    detectors, shifted = row(0.1, 1, 0.2, 0.1), row(0.3, 0.1, 1, 0.2)
    assert torch.equal(pool(detectors), row(1, 1, 1, 0.2))
    assert torch.equal(pool(shifted), row(0.3, 1, 1, 1))
    assert int((detectors != shifted).sum()) == 4
    assert int((pool(detectors) != pool(shifted)).sum()) == 2


def test_figure_9_9_one_pooling_unit_answers_to_whichever_filter_fits():
    first = torch.tensor([[0.0, 1, 0], [0, 1, 1], [0, 0, 0]])
    turned = torch.stack([torch.rot90(first, k) for k in range(3)])
    for k in range(3):
        detectors = (turned * torch.rot90(first, k)).sum((1, 2))
        assert int(detectors.argmax()) == k and float(detectors.max()) == 3


def test_figure_9_10_pooling_with_a_stride():
    pooled = nn.MaxPool1d(3, 2, ceil_mode=True)(row(0.1, 1, 0.2, 0.1, 0, 0.1))
    assert torch.equal(pooled, row(1, 0.2, 0.1))


def test_figures_9_2_to_9_4_units_see_more_with_depth():
    layers = [nn.Conv2d(1, 1, 3, padding=1) for _ in range(3)]
    fields = receptive_field(nn.Sequential(*layers), (1, 16, 16))
    assert [fields[str(n)].size[0] for n in range(3)] == [3, 5, 7]
