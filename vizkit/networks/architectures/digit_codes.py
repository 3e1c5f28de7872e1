"""Codes of the ten digits for the output of LeNet-5: pictures of 7 x 12 pixels."""

from __future__ import annotations

import torch
from torch import Tensor

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
