"""How far features move as the image is transformed (Zeiler and Fergus 2014, figure 5)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.invariance.scores.bootstrap import ratio_of_means


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
    first = originals.flatten(1)
    rows = []
    for each in transformed:
        second = each.flatten(1)
        rows.append(
            (_distance(first, second), _distance(first.roll(-1, 0), second), _cosine(first, second))
        )
    moved, other, cosine = (torch.stack(each, 1) for each in zip(*rows, strict=True))
    return ImageDistances(moved, other, _distance(first, first.roll(-1, 0)), cosine)


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


def _distance(first: Tensor, second: Tensor) -> Tensor:
    return (first - second).square().sum(1, dtype=torch.float64).sqrt().cpu()


def _cosine(first: Tensor, second: Tensor) -> Tensor:
    product, *squares = (
        (a * b).sum(1, dtype=torch.float64)
        for a, b in ((first, second), (first, first), (second, second))
    )
    # The root of each square by itself would make the cosine of equal features miss 1.
    return (product / (squares[0] * squares[1]).sqrt()).cpu()
