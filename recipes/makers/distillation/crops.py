"""Random crops of photographs: moved, turned, stretched, and, for training, recolored and cut."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional

_LEVELS = 4
_LONGEST = 0.95
_TURN = 0.35
_STRETCH = 0.3
_PHOTOS_IN_A_BATCH = 32


class Crops:
    """A stream of random crops, drawn on the device of the photographs.

    A crop is a rectangle of a photograph, its side drawn evenly on a log scale and at most 95 % of
    the photograph's shorter one, its sides' ratio within exp(-0.3) to exp(0.3), turned by up to
    0.35 rad, mirrored every second time, and resampled from that level of an image pyramid which
    suits its size. Large photographs are drawn more often, as the root of their area. Of more than
    32, each batch takes 32 different ones and draws evenly from these, which makes the difference
    smaller, the more so the fewer are left out.

    Parameters
    ----------
    photos : each 3 H W in [0, 1], all on one device.
    size : side of the crops in pixels, after resampling.
    sides : shortest and longest side in pixels of the photograph.
    seed : of the stream.

    Examples
    --------
    >>> crops = Crops([torch.rand(3, 90, 120)], 32, sides=(20, 80))
    >>> crops.draw(5).shape, crops.augmented(5).shape
    (torch.Size([5, 3, 32, 32]), torch.Size([5, 3, 32, 32]))
    """

    def __init__(
        self,
        photos: Iterable[Tensor],
        size: int,
        *,
        sides: tuple[float, float] = (64, 960),
        seed: int = 0,
    ) -> None:
        self._pyramids = [_pyramid(photo, size) for photo in photos]
        self._device = self._pyramids[0][0].device
        self._size, self._sides = size, sides
        areas = [levels[0].shape[-1] * levels[0].shape[-2] for levels in self._pyramids]
        self._weights = torch.tensor(areas, dtype=torch.float64).sqrt()
        # Photographs are picked on the CPU: how many crops each gives is needed there.
        self._picks = torch.Generator().manual_seed(seed)
        self._draws = torch.Generator(self._device).manual_seed(seed)

    def state(self) -> dict[str, Tensor]:
        """Where the stream is; `restore` goes on from there."""
        return {"picks": self._picks.get_state(), "draws": self._draws.get_state()}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from a `state`."""
        self._picks.set_state(state["picks"].cpu())
        self._draws.set_state(state["draws"].cpu())

    def draw(self, count: int) -> Tensor:
        """The next `count` crops in random order, float32, count 3 size size in [0, 1]."""
        few = min(_PHOTOS_IN_A_BATCH, len(self._pyramids))
        chosen = torch.multinomial(self._weights, few, generator=self._picks)
        # Those left out were so by their weights already.
        weights = self._weights[chosen] if few == len(self._pyramids) else torch.ones(few)
        picks = torch.multinomial(weights, count, replacement=True, generator=self._picks)
        shares = torch.bincount(picks, minlength=few).tolist()
        crops = torch.cat(
            [
                part
                for photo, share in zip(chosen.tolist(), shares, strict=True)
                for part in self._of(self._pyramids[photo], share)
            ]
        )
        return crops[torch.randperm(count, generator=self._draws, device=self._device)]

    def augmented(self, count: int) -> Tensor:
        """The next `count` crops, recolored; a third of them with a part of another crop in it."""
        return self._mixed(self._recolored(self.draw(count)))

    def _of(self, levels: list[Tensor], count: int) -> list[Tensor]:
        """`count` crops of one photograph."""
        if not count:
            return []
        height, width = levels[0].shape[-2:]
        low, high = self._sides
        high = min(high, _LONGEST * min(height, width))
        side = torch.exp(self._even(count, math.log(min(low, high)), math.log(high)))
        stretch = torch.exp(self._even(count, -_STRETCH, _STRETCH)).sqrt()
        turn = self._even(count, -_TURN, _TURN)
        mirror = (self._even(count, 0, 1) < 0.5) * 2.0 - 1.0
        across, down = side * stretch, side / stretch
        cos, sin = turn.cos(), turn.sin()
        x = self._placed(width, cos * across + sin.abs() * down)
        y = self._placed(height, sin.abs() * across + cos * down)
        to_unit = torch.tensor([2 / width, 2 / height], device=self._device)
        affine = torch.stack(
            [
                torch.stack([cos * across * mirror / 2, -sin * down / 2, x - width / 2], 1),
                torch.stack([sin * across * mirror / 2, cos * down / 2, y - height / 2], 1),
            ],
            1,
        )
        grid = functional.affine_grid(
            affine * to_unit[None, :, None],
            [count, 3, self._size, self._size],
            align_corners=False,
        )
        depth = torch.log2(side / self._size).round().clamp(0, len(levels) - 1).long()
        found = []
        for level, photo in enumerate(levels):
            at = (depth == level).nonzero().flatten()
            if len(at):
                # One tall grid reads one photograph; a batch of grids would need a copy for each.
                rows = grid[at].reshape(1, -1, self._size, 2)
                read = functional.grid_sample(
                    photo, rows, padding_mode="reflection", align_corners=False
                )
                found.append(read.view(3, len(at), self._size, self._size).transpose(0, 1))
        return found

    def _placed(self, length: int, extents: Tensor) -> Tensor:
        """Centers that keep crops of these extents inside; those too long reach out evenly."""
        room = length - extents
        share = self._even(len(extents), 0, 1)
        return torch.where(room > 0, extents / 2 + share * room, torch.full_like(room, length / 2))

    def _recolored(self, crops: Tensor) -> Tensor:
        count = len(crops)

        def factor(low: float, high: float, channels: int = 1) -> Tensor:
            return self._even(count * channels, low, high).view(count, channels, 1, 1)

        crops = crops * factor(0.6, 1.4)
        mean = crops.mean((1, 2, 3), keepdim=True)
        crops = (crops - mean) * factor(0.6, 1.5) + mean
        gray = crops.mean(1, keepdim=True)
        crops = gray + (crops - gray) * factor(0.4, 1.8)
        return (crops * factor(0.8, 1.2, 3)).clamp(0, 1)

    def _mixed(self, crops: Tensor) -> Tensor:
        """CutMix (Yun et al., 2019) on the first third: teachers tell two scenes apart."""
        count = len(crops) // 3
        if not count:
            return crops
        order = torch.randperm(len(crops), generator=self._draws, device=self._device)
        other = crops[order[:count]]
        width = self._even(count, 0.3, 0.8) * self._size
        inside = []
        for _ in range(2):
            start = self._even(count, 0, 1) * (self._size - width)
            at = torch.arange(self._size, device=self._device)[None]
            inside.append((at >= start[:, None]) & (at < (start + width)[:, None]))
        window = inside[0][:, None, :, None] & inside[1][:, None, None, :]
        return torch.cat([torch.where(window, other, crops[:count]), crops[count:]])

    def _even(self, count: int, low: float, high: float) -> Tensor:
        drawn = torch.rand(count, generator=self._draws, device=self._device)
        return drawn * (high - low) + low


def _pyramid(photo: Tensor, size: int) -> list[Tensor]:
    """The photograph, and halves of it while they are larger than a crop; each 1 3 H W."""
    levels = [photo[None]]
    while min(levels[-1].shape[-2:]) > size and len(levels) < _LEVELS:
        levels.append(functional.avg_pool2d(levels[-1], 2))
    return levels
