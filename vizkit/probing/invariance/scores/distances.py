"""How far features move as the image is transformed (Zeiler and Fergus 2014, figure 5)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.probing.uncertainty import ratio_of_means

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
    cosine : cosine of the angle between an image's features and its transformed version's, N x T.
    """

    moved: Tensor
    other: Tensor
    between: Tensor
    cosine: Tensor


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
    cosine : mean cosine between the features, T.
    images : number of images.
    """

    distance: Tensor
    low: Tensor
    high: Tensor
    null: Tensor
    cosine: Tensor
    images: int


def image_distances(originals: Tensor, transformed: Tensor) -> ImageDistances:
    """Distances of one batch of N images; the other image is the next one in the batch.

    Parameters
    ----------
    originals : features, N x ...
    transformed : features under T transforms, T x N x ...

    Raises
    ------
    UsageError : fewer than two images, or shapes that do not belong together.
    """
    if transformed.shape[1:] != originals.shape or len(originals) < 2:
        raise UsageError(
            f"features of shapes {tuple(originals.shape)} and {tuple(transformed.shape)} cannot be "
            "compared.\n  Give images x ... of at least two images, and transforms x images x ..."
        )
    reference = Originals(originals)
    return joined_values([reference.distances(each) for each in transformed])


class Originals:
    """Features of N images, which those of transformed versions are compared with, T times.

    Parameters
    ----------
    features : N x ...
    """

    def __init__(self, features: Tensor) -> None:
        first = features.flatten(1)
        count = len(first)
        self._near = []
        for start in range(0, count, _ROWS):
            # The rows themselves, the one after them, and zero, from which norms are distances.
            places = range(start, min(start + _ROWS, count) + 1)
            rows = first[[place % count for place in places]]
            self._near.append(torch.cat([rows, torch.zeros_like(rows[:1])]))
        _, self._between, self._norm = self._apart(first)

    def distances(self, transformed: Tensor) -> ImageDistances:
        """Distances from the features to those under one transform, N x ..."""
        moved, other, norm = self._apart(transformed.flatten(1))
        # By the law of cosines, which gives exactly 1 where nothing moved.
        squares = self._norm.square() + norm.square() - moved.square()
        # The root of each square by itself would make the cosine of equal features miss 1.
        cosine = squares / (2 * (self._norm.square() * norm.square()).sqrt())
        return ImageDistances(moved[:, None], other[:, None], self._between, cosine[:, None])

    def _apart(self, second: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """From each row to the same one of the features, to the one after that, and to zero."""
        found: list[tuple[Tensor, Tensor, Tensor]] = []
        for near, rows in zip(self._near, torch.split(second, _ROWS), strict=True):
            apart = _all_distances(near, rows)
            number = torch.arange(len(rows))
            found.append((apart[number, number], apart[number + 1, number], apart[-1]))
        own, other, norm = (torch.cat(each) for each in zip(*found, strict=True))
        return own, other, norm


def joined_values(values: list[ImageDistances]) -> ImageDistances:
    """Distances of the same images at all values together."""
    moved, other, cosine = (
        torch.cat([getattr(each, name) for each in values], 1)
        for name in ("moved", "other", "cosine")
    )
    return ImageDistances(moved, other, values[0].between, cosine)


def joined(batches: list[ImageDistances]) -> ImageDistances:
    """Distances of all batches together."""
    return ImageDistances(
        *(
            torch.cat([getattr(each, name) for each in batches])
            for name in ("moved", "other", "between", "cosine")
        )
    )


def distance_curve(distances: ImageDistances) -> DistanceCurve:
    """Curve of a layer from the distances of its images.

    Examples
    --------
    >>> features = torch.eye(3)
    >>> found = distance_curve(image_distances(features, torch.stack([features, 2 * features])))
    >>> [round(each, 2) for each in found.distance.tolist()]
    [0.0, 0.71]
    """
    value, low, high = ratio_of_means(distances.moved, distances.between)
    null, _, _ = ratio_of_means(distances.other, distances.between)
    return DistanceCurve(value, low, high, null, distances.cosine.mean(0), len(distances.between))


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
