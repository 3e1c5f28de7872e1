"""How large pictures are shown: in whole multiples, so that a pixel stays a pixel."""

from __future__ import annotations

from dataclasses import dataclass

_TINY = 48
_TINY_SHOWN = 96
_WIDE = 256
_LARGE = 512
_PANEL = 224


@dataclass(frozen=True, slots=True)
class Scale:
    """Screen pixels per picture pixel: ``up / down``, of which one is 1.

    Examples
    --------
    >>> Scale(up=3).size(32, 32), Scale(up=3).text, Scale().text, Scale(down=2).text
    ((96, 96), '×3', '', '÷2')
    """

    up: int = 1
    down: int = 1

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Size in screen pixels of a picture of `width` by `height` pixels."""
        return max(1, width * self.up // self.down), max(1, height * self.up // self.down)

    @property
    def text(self) -> str:
        """Spelling for people; empty at true scale."""
        if self.up > 1:
            return f"×{self.up}"
        return f"÷{self.down}" if self.down > 1 else ""


def tile_scale(height: int, width: int) -> Scale:
    """Scale of all tiles of a layer: 1, but more for tiny canvases and less for huge ones.

    Examples
    --------
    >>> tile_scale(128, 128), tile_scale(32, 32).up, tile_scale(512, 512).down
    (Scale(up=1, down=1), 3, 2)
    """
    side = max(height, width, 1)
    if side <= _TINY:
        return Scale(up=max(2, _TINY_SHOWN // side))
    return Scale(down=-(-side // _WIDE))


def large_scale(height: int, width: int, *, main: bool) -> Scale:
    """Scale of a picture on a unit's own page; `main` is the one that the page is about."""
    target = _LARGE if main else _PANEL
    side = max(height, width, 1)
    if side <= target:
        return Scale(up=target // side)
    return Scale(down=-(-side // target))


def scale_bar(width: int) -> int:
    """Length in picture pixels of the bar under a picture of `width`: 1, 2 or 5 times ten to n.

    Examples
    --------
    >>> scale_bar(224), scale_bar(96), scale_bar(32)
    (50, 20, 10)
    """
    length = 1
    for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        if step <= width / 3:
            length = step
    return length
