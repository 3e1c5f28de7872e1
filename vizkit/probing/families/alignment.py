"""How much alike two channels are after one's responses have been moved along the values.

Channel b is a copy of channel a turned by an angle k if it answers to every image turned by v + k
as a does to the image turned by v. The joint tuning of a layer, images x values x channels, shows
this as a high correlation at the lag k, for all images at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_TINY = 1e-30


@dataclass(frozen=True, eq=False)
class Joint:
    """Joint tuning of channels.

    Attributes
    ----------
    whole : images x values x channels. Around a circle responses less the mean of their channel;
        else less that of each value, too: an image that shrinks loses contrast, which all channels
        follow, and whatever they have in common would pass for copies of each other.
    circle : True where the values go round a circle.
    """

    whole: Tensor
    circle: bool

    @classmethod
    def of(cls, responses: Tensor, circle: bool) -> Joint:
        """Joint tuning of `responses`, images x values x channels."""
        return cls(responses - responses.mean((0, 1) if circle else 0), circle)

    @property
    def lags(self) -> Tensor:
        """Steps by which one channel's values are moved along: all, or those that leave half."""
        count = self.whole.shape[1]
        return torch.arange(count) if self.circle else torch.arange(-(count // 2), count // 2 + 1)

    @property
    def likeness(self) -> Tensor:
        """Of each channel to each other one moved along by each lag, lags x channels x channels.

        The lower one of two correlations: of the responses, and of their change with the value
        alone. An answer to contrast that no turn changes would else pass for a common angle.
        """
        return self._around() if self.circle else self._along()

    def _around(self) -> Tensor:
        """By Fourier's theorem, which takes one product for each frequency."""
        count = self.whole.shape[1]
        waves = torch.fft.rfft(self.whole, dim=1).transpose(0, 1)
        products = waves.transpose(1, 2) @ waves.conj()
        # What does not change around the circle is frequency 0.
        constant = products[0].real / count
        products[0] = 0
        change = torch.fft.irfft(products, count, dim=0)
        return torch.minimum(_correlation(change + constant), _correlation(change))

    def _along(self) -> Tensor:
        """By the values that are left where both have ends."""
        found = []
        for lag in self.lags.tolist():
            own, other = self.together(self.whole, self.whole, lag)
            whole = _product(own, other)
            found.append(torch.minimum(whole, _product(_changes(own), _changes(other))))
        return torch.stack(found)

    def with_one(self, channels: Tensor, one: int) -> Tensor:
        """Sums from which the likeness of `channels` to `one` follows for any draw of images.

        Returns
        -------
        Tensor : whole and change x product and both squares x images x channels x lags.
        """
        found = []
        for lag in self.lags.tolist():
            own, other = self.together(self.whole[:, :, channels], self.whole[:, :, [one]], lag)
            pairs = (own, other), (_changes(own), _changes(other))
            found.append(torch.stack([_sums(*pair) for pair in pairs]))
        return torch.stack(found, 4)

    def together(self, own: Tensor, other: Tensor, lag: int) -> tuple[Tensor, Tensor]:
        """Responses at those values that belong together when `other` is moved by `lag` steps."""
        if self.circle:
            return own, other.roll(lag, 1)
        count = own.shape[1]
        first, last = max(lag, 0), count + min(lag, 0)
        return own[:, first:last], other[:, first - lag : last - lag]

    def __getitem__(self, channels: Tensor) -> Joint:
        return Joint(self.whole[:, :, channels], self.circle)


def _correlation(products: Tensor) -> Tensor:
    """Sums of products, lags x channels x channels, over those of each channel with itself."""
    norms = products[0].diagonal().clamp(min=_TINY).sqrt()
    return products / (norms[:, None] * norms)


def _changes(responses: Tensor) -> Tensor:
    """Responses less the mean over the values of each image."""
    return responses - responses.mean(1, keepdim=True)


def _product(own: Tensor, other: Tensor) -> Tensor:
    """Correlation of each channel with each, channels x channels."""
    flat = (each.flatten(0, 1) for each in (own, other))
    left, right = (each / each.square().sum(0).clamp(min=_TINY).sqrt() for each in flat)
    return left.T @ right


def _sums(own: Tensor, other: Tensor) -> Tensor:
    """Over the values, of the product and of both squares; 3 x images x channels."""
    return torch.stack([own * other, own.square(), other.square().expand_as(own)]).sum(2)
