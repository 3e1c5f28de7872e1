"""LeNet-5 as it was published, the first network of most lectures."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vizkit.images.preprocessing import Preprocessing
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.weights.sources import packaged

MAPS_OF_C3: tuple[tuple[int, ...], ...] = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)
"""Maps of S2 that each of the 16 maps of C3 is connected to: Table I of the paper."""
_PICTURES = """
.......  .......  .......  .......  .......  .......  .......  .......  .......  .......
..###..  ...##..  .#####.  #######  .....#.  #######  ..####.  #######  .#####.  .#####.
.##.##.  ..###..  ##...##  .....##  ....##.  ##.....  .##....  .....##  ##...##  ##...##
##...##  .####..  .....##  ....##.  ...###.  ##.....  ##.....  .....##  ##...##  ##...##
##...##  ...##..  .....##  ...##..  ..####.  ######.  ##.....  ....##.  ##...##  ##...##
##...##  ...##..  ....##.  ..####.  .##.##.  ##...##  ######.  ....##.  .#####.  .######
##...##  ...##..  ...##..  .....##  ##..##.  .....##  ##...##  ...##..  .#####.  .....##
##...##  ...##..  ..##...  .....##  #######  .....##  ##...##  ...##..  ##...##  .....##
##...##  ...##..  .##....  .....##  ....##.  .....##  ##...##  ..##...  ##...##  .....##
.##.##.  ...##..  ##.....  ##...##  ....##.  ##...##  ##...##  ..##...  ##...##  ....##.
..###..  .######  #######  .#####.  ....##.  .#####.  .#####.  ..##...  .#####.  .####..
.......  .......  .......  .......  .......  .......  .......  .......  .......  .......
"""


def squash(values: Tensor) -> Tensor:
    """The paper's sigmoid, ``1.7159 tanh(2/3 a)``, through (1, 1) and (-1, -1).

    Examples
    --------
    >>> [round(float(each), 4) for each in squash(torch.tensor([-1.0, 0.0, 1.0, 9.0]))]
    [-1.0, 0.0, 1.0, 1.7159]
    """
    return 1.7159 * torch.tanh(values * (2 / 3))


class Subsampling(nn.AvgPool2d):
    """Sum of 2 x 2 neighbors, times a coefficient, plus a bias, squashed; two numbers per map."""

    def __init__(self, maps: int) -> None:
        super().__init__(2, divisor_override=1)
        # The mean, to begin with.
        self.coefficient = nn.Parameter(torch.full((maps, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(maps, 1, 1))

    def forward(self, input: Tensor) -> Tensor:
        """Maps of half the height and width."""
        return squash(super().forward(input) * self.coefficient + self.bias)


class PartialConvolution(nn.Module):
    """Convolution by 5 x 5 whose maps see only some of the maps below.

    Neighbors in `MAPS_OF_C3` that see equally many are the groups of one convolution, so that
    weights exist for real connections only.
    """

    three: Tensor
    four: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.of_three = nn.Conv2d(6 * 3, 6, 5, groups=6)
        self.of_four = nn.Conv2d(9 * 4, 9, 5, groups=9)
        self.of_six = nn.Conv2d(6, 1, 5)
        # Buffers, as a list would be copied to the device in every pass; never without numbers.
        for name, part in (("three", slice(6)), ("four", slice(6, 15))):
            numbers = [number for maps in MAPS_OF_C3[part] for number in maps]
            self.register_buffer(name, torch.tensor(numbers, device="cpu"), persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        """The 16 maps, before squashing."""
        three = self.of_three(maps[:, self.three])
        four = self.of_four(maps[:, self.four])
        return torch.cat([three, four, self.of_six(maps)], 1)


class RadialBasis(nn.Module):
    """Minus the squared distance of the features from the code of each class."""

    codes: Tensor

    def __init__(self, codes: Tensor) -> None:
        super().__init__()
        self.register_buffer("codes", codes, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Scores, B x classes, at most 0."""
        # |x - w|^2 = |x|^2 - 2 x w + |w|^2: a product with the codes, as in any last layer.
        product = functional.linear(features, 2 * self.codes, -self.codes.square().sum(1))
        return product - features.square().sum(1, keepdim=True)


class LeNet5(nn.Module):
    """LeNet-5 of LeCun, Bottou, Bengio and Haffner, for gray images of 32 x 32 pixels.

    "Gradient-based learning applied to document recognition" (1998): 60,000 trained parameters and
    340,908 connections, with subsampling that is trained, the partial connections of C3, the scaled
    tanh behind every layer up to F6, and an output of Euclidean radial basis functions whose
    centers are bitmaps of the digits. Two things are not the paper's: scores are minus the squared
    distances, so that the largest wins as in other networks, and the bitmaps were drawn anew in
    the manner of its Figure 3. Subsampling layers give squashed maps, the others what comes
    before squashing.

    Examples
    --------
    >>> net = LeNet5()
    >>> net(torch.zeros(2, 1, 32, 32)).shape, sum(p.numel() for p in net.parameters())
    (torch.Size([2, 10]), 60000)
    """

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsampling(6)
        self.c3 = PartialConvolution()
        self.s4 = Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.output = RadialBasis(digit_codes())
        for part in self.modules():
            if isinstance(part, nn.Conv2d | nn.Linear):
                # Uniform within 2.4 over the fan-in, as in the paper.
                limit = 2.4 / part.weight[0].numel()
                for values in part.parameters():
                    nn.init.uniform_(values, -limit, limit)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the ten digits, B x 10, for `images`, B x 1 x 32 x 32."""
        maps = self.s2(squash(self.c1(images)))
        maps = self.s4(squash(self.c3(maps)))
        maps = squash(self.c5(maps))
        scores: Tensor = self.output(squash(self.f6(maps.flatten(1))))
        return scores


def digit_codes() -> Tensor:
    """Codes of the digits 0 to 9, 10 x 84, 1 for ink and -1 for paper, row by row.

    Digits that look alike have codes that lie close together, which is the idea of the paper:
    confusions of F6 then stay readable as pictures.

    Examples
    --------
    >>> digit_codes().shape, digit_codes().unique().tolist()
    (torch.Size([10, 84]), [-1.0, 1.0])
    """
    lines = [line.split() for line in _PICTURES.split("\n") if line]
    pictures = ["".join(rows) for rows in zip(*lines, strict=True)]
    # On the CPU, whatever device networks are built on: a description without numbers has these.
    values = [[1.0 if pixel == "#" else -1.0 for pixel in picture] for picture in pictures]
    return torch.tensor(values)


# The paper's range, from -0.1 for the ground to 1.175 for ink, which is bright here.
_INK = Preprocessing((0.1 / 1.275,), (1 / 1.275,), (32, 32), resize=32)
BLUEPRINTS = tuple(
    Blueprint("lenet5", tag, LeNet5, _INK, tuple("0123456789"), weights)
    for tag, weights in (("digits", packaged("lenet5_digits")), ("random", None))
)
