"""How much alike two channels are after one's responses have been moved along the values.

Channel b is a copy of channel a turned by an angle k if it answers to every image turned by v + k
as a does to the image turned by v. The joint tuning of a layer, images x values x channels, shows
this as a high correlation at the lag k, for all images at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Joint:
    """Joint tuning of channels, as Fourier coefficients or standardized values.

    Attributes
    ----------
    whole, change : responses less their mean, and less the mean of each image; images x values x
        channels, each channel of unit norm.
    circle : True where the values go round a circle.
    """

    whole: Tensor
    change: Tensor
    circle: bool

    @classmethod
    def of(cls, responses: Tensor, circle: bool) -> Joint:
        """Joint tuning of `responses`, images x values x channels."""
        whole = responses - responses.mean((0, 1))
        change = responses - responses.mean(1, keepdim=True)
        return cls(whole / _norm(whole, (0, 1)), change / _norm(change, (0, 1)), circle)

    @property
    def lags(self) -> Tensor:
        """Steps by which one channel's values are moved along: all, or those that leave half."""
        count = self.whole.shape[1]
        return torch.arange(count) if self.circle else torch.arange(-(count // 2), count // 2 + 1)

    def to(self, other: Joint) -> Tensor:
        """Likeness of channels of `other`, moved along by each lag, to these; lags x own x other.

        The lower one of two correlations: of the responses, and of their change with the value
        alone. An answer to contrast that no turn changes would else pass for a common angle.
        """
        correlate = _around if self.circle else _along
        return torch.minimum(
            *(
                correlate(mine, others, self.lags)
                for mine, others in ((self.whole, other.whole), (self.change, other.change))
            )
        )

    def __getitem__(self, channels: Tensor) -> Joint:
        return Joint(self.whole[:, :, channels], self.change[:, :, channels], self.circle)


def _around(mine: Tensor, others: Tensor, lags: Tensor) -> Tensor:
    """Circular correlation by Fourier's theorem, which takes one product per frequency."""
    count = mine.shape[1]
    own, other = (torch.fft.rfft(each, dim=1).transpose(0, 1) for each in (mine, others))
    product = own.transpose(1, 2) @ other.conj()
    likeness: Tensor = torch.fft.irfft(product, count, dim=0)[lags]
    return likeness


def _along(mine: Tensor, others: Tensor, lags: Tensor) -> Tensor:
    """Correlation over the values that are left where both have ends."""
    count = mine.shape[1]
    found = []
    for lag in lags.tolist():
        first, last = max(lag, 0), count + min(lag, 0)
        own = mine[:, first:last].flatten(0, 1)
        other = others[:, first - lag : last - lag].flatten(0, 1)
        found.append((own / _norm(own, 0)).T @ (other / _norm(other, 0)))
    return torch.stack(found)


def _norm(values: Tensor, axes: int | tuple[int, ...]) -> Tensor:
    return values.square().sum(axes).sqrt().clamp(min=_TINY)
