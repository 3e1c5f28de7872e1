"""How far features move as the image is transformed (Zeiler and Fergus 2014, figure 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.probing.uncertainty import Estimate, ratio_of_means

_ROWS = 8
"""Images that are compared with each other at a time, of which neighbors count."""
_RUN = 2**14
"""Features whose squared differences are summed in the precision that they come in."""


@dataclass(frozen=True, eq=False)
class ImageDistances:
    """Euclidean distances between features of N images under T transforms, float64.

    Attributes
    ----------
    moved : from an image to its transformed version, N x T.
    other : from an image to another image's transformed version, N x T.
    between : from an image to another image, N.
    """

    moved: Tensor
    other: Tensor
    between: Tensor

    @property
    def mean_moved(self) -> Estimate:
        """How far images move, mean over the transforms; 1 is as far as another image."""
        return _ratio(self.moved, self.between)

    @property
    def mean_other(self) -> Estimate:
        """The same to the transformed versions of another image."""
        return _ratio(self.other, self.between)


@dataclass(frozen=True, eq=False)
class DistanceCurve:
    """Distance of a layer's features from those of the untransformed image, over a transform.

    Attributes
    ----------
    distance : mean over images, divided by the mean distance between two images, T. 0 is
        invariance; 1 is as far as another image.
    low, high : interval of 95 % from resampled images.
    null : the same from the transformed version of another image: what a layer shows that has
        nothing left of the image.
    """

    distance: Tensor
    low: Tensor
    high: Tensor
    null: Tensor


class Originals:
    """Features of two images or more, which those of transformed versions are compared with.

    The other image of each is the next one, that of the last the first.

    Parameters
    ----------
    features : N x ...
    """

    def __init__(self, features: Tensor) -> None:
        first = features.flatten(1)
        count = len(first)
        self._near = []
        for start in range(0, count, _ROWS):
            # The rows themselves, and the one after them.
            places = range(start, min(start + _ROWS, count) + 1)
            self._near.append(first[[place % count for place in places]])
        _, self._between = self._apart(first)

    def distances(self, transformed: Tensor) -> ImageDistances:
        """Distances from the features to those under one transform, N x ..."""
        moved, other = self._apart(transformed.flatten(1))
        return ImageDistances(moved[:, None], other[:, None], self._between)

    def _apart(self, second: Tensor) -> tuple[Tensor, Tensor]:
        """From each row to the same one of the features, and to the one after that."""
        moved, other = [], []
        for near, rows in zip(self._near, torch.split(second, _ROWS), strict=True):
            apart = _all_distances(near, rows)
            number = torch.arange(len(rows))
            moved.append(apart[number, number])
            other.append(apart[number + 1, number])
        return torch.cat(moved), torch.cat(other)


def joined_values(values: Sequence[ImageDistances]) -> ImageDistances:
    """Distances of the same images at all values together."""
    moved, other = (torch.cat([getattr(v, name) for v in values], 1) for name in ("moved", "other"))
    return ImageDistances(moved, other, values[0].between)


def joined(batches: Sequence[ImageDistances]) -> ImageDistances:
    """Distances of all batches together."""
    names = ("moved", "other", "between")
    return ImageDistances(*(torch.cat([getattr(b, name) for b in batches]) for name in names))


def distance_curve(distances: ImageDistances) -> DistanceCurve:
    """Curve of a layer from the distances of its images.

    Examples
    --------
    >>> features = torch.eye(3)
    >>> original = Originals(features)
    >>> apart = [original.distances(scale * features) for scale in (1, 2)]
    >>> [round(each, 2) for each in distance_curve(joined_values(apart)).distance.tolist()]
    [0.0, 0.71]
    """
    value, low, high = ratio_of_means(distances.moved, distances.between)
    null, _, _ = ratio_of_means(distances.other, distances.between)
    return DistanceCurve(value, low, high, null)


def _ratio(over: Tensor, under: Tensor) -> Estimate:
    value, low, high = ratio_of_means(over.mean(1, keepdim=True), under)
    return Estimate(float(value[0]), float(low[0]), float(high[0]))


def _all_distances(first: Tensor, second: Tensor) -> Tensor:
    """From every row of `first` to every row of `second`, float64 on the CPU.

    Differences are squared and summed on the way through memory, which is what a sweep over all
    layers of a network waits for. Runs of a map are summed in its own precision, not all of it.
    """
    runs = zip(torch.split(first, _RUN, 1), torch.split(second, _RUN, 1), strict=True)
    squares = [
        torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").double().square()
        for a, b in runs
    ]
    return torch.stack(squares).sum(0).sqrt().cpu()
