"""What tells whether a map can be believed."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def completeness_error(attributions: Tensor, change: float) -> float:
    """Distance of the sum from the response's change, as a share of it."""
    return abs(float(attributions.double().sum()) - change) / max(abs(change), 1e-12)


def randomize(module: nn.Module) -> None:
    """Shuffle every weight tensor of `module` in place, the same way each time (Adebayo 2018).

    Each keeps its numbers, so that the network's responses keep their scale.
    """
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in module.parameters():
            order = torch.randperm(weight.numel(), generator=generator).to(weight.device)
            weight.copy_(weight.flatten()[order].view_as(weight))


def rank_correlation(first: Tensor, second: Tensor) -> float | None:
    """Spearman's correlation of magnitudes, -1 to 1; None where one of them is constant.

    Where both are 0, as outside of a receptive field, there is nothing to agree about.
    """
    told = (first != 0) | (second != 0)
    ranks = torch.stack([_ranks(each[told].abs()) for each in (first, second)])
    if ranks.shape[1] < 2 or bool((ranks.std(1) == 0).any()):
        return None
    return float(torch.corrcoef(ranks)[0, 1])


def _ranks(values: Tensor) -> Tensor:
    """Ranks, equal numbers sharing their mean rank."""
    _, places, counts = torch.unique(values.double(), return_inverse=True, return_counts=True)
    ranks: Tensor = (counts.cumsum(0) - (counts - 1) / 2)[places]
    return ranks.double()
