"""Results of a rendering: pictures that carry what was measured of them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, overload

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin
from torch import Tensor

from vizkit.errors import RenderError
from vizkit.filenames import file_name
from vizkit.files import write_bytes
from vizkit.images.gray import GRAY
from vizkit.images.planes import side_by_side
from vizkit.result import Result, plain
from vizkit.unit import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_MEASURED = ("objective", "initial", "final", "peak", "dead", "seed", "steps", "canvas")


@dataclass(frozen=True, slots=True, eq=False)
class Render(Result):
    """The picture of one unit and what was measured of it; printed it is a line.

    Attributes
    ----------
    unit : whose picture it is.
    objective : what gradient ascent made larger, as text.
    canvas : what it was painted on, e.g. ``"fourier"``.
    image : float32, C H W in [0, 1], on the CPU.
    initial, final : response before and after optimization; spatial mean for a channel. Of an
        objective, without its terms that look at the picture alone.
    peak : largest response over positions.
    dead : True when the unit stayed silent, or its picture flat, after every rescue.
    weak : True when another channel of the layer responds fifty times as strongly to the picture.
    seed : the user's seed.
    steps : optimization steps of one attempt.
    attempts : attempts that were made, 1 without a rescue.
    canvas_size : (height, width) in pixels.
    block_size : units rendered together.
    dtype : number format inside the network.
    wall_s : the unit's share of the time of its block, in seconds.
    random : True when the network's weights were never trained.
    error : why there is no result, or None.
    alpha : how opaque each pixel of a transparent picture is, H W in [0, 1], else None. Its `image`
        is the picture on neutral gray, and so is what was measured; files have colors and alpha.
    """

    unit: Shown
    objective: str
    canvas: str
    image: Tensor
    initial: float
    final: float
    peak: float
    dead: bool
    seed: int
    steps: int
    attempts: int
    canvas_size: tuple[int, int]
    block_size: int
    dtype: str
    wall_s: float
    random: bool
    error: str | None = None
    weak: bool = False
    alpha: Tensor | None = None
    plot: ClassVar[str] = "contact_sheet"

    @property
    def address(self) -> str:
        """Canonical address of the unit."""
        return self.unit.address

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as ``vizkit render --json`` prints it, without the file; None for NaN."""
        data: dict[str, Any] = plain(
            {
                "address": self.address,
                **{name: getattr(self, name) for name in _MEASURED},
                "canvas_size": self.canvas_size,
                "wall_s": round(self.wall_s, 4),
            }
        )
        return data

    def figure(self, **options: Any) -> Figure:
        """The picture at true scale with its caption, by `vizkit.plots.contact_sheet`."""
        return Renders([self]).figure(**options)

    def pixels(self) -> NDArray[np.uint8]:
        """8-bit pixels, H W C; of a transparent picture as it is on neutral gray."""
        return to_pixels(self.image)

    def to_pil(self) -> Image.Image:
        """The picture as a Pillow image, RGBA of a transparent one, its contrast not stretched."""
        if self.alpha is None:
            return to_picture(self.pixels())
        return to_transparent_picture(self.image, self.alpha)

    def to_png(self) -> bytes:
        """PNG file with the address and the measurements in its text fields."""
        info = PngImagePlugin.PngInfo()
        info.add_text("Title", self.address)
        info.add_text("Software", "vizkit")
        info.add_text(
            "Comment",
            f"seed {self.seed}, {self.steps} steps, response {self.initial:.4g} -> {self.final:.4g}"
            + (", RANDOM WEIGHTS" if self.random else "")
            + ("" if self.state == "ok" else f", {self.state}"),
        )
        buffer = io.BytesIO()
        self.to_pil().save(buffer, "PNG", pnginfo=info)
        return buffer.getvalue()

    def save(self, folder: Path | str) -> Path:
        """Write ``<encoded address>.png`` into `folder` and return its path."""
        path = Path(folder) / f"{file_name(self.address)}.png"
        write_bytes(path, self.to_png())
        return path

    @property
    def state(self) -> str:
        """``"ok"``; ``"weaker"`` than at the start, ``"weak"``, ``"dead"`` or ``"failed"``."""
        if self.error:
            return "failed"
        if self.dead:
            return "dead"
        return "weaker" if self.final < self.initial else "weak" if self.weak else "ok"

    def __repr__(self) -> str:
        state = self.state
        if state not in ("dead", "failed"):
            state = f"response {self.final:.3g}" + ("" if state == "ok" else f", {state}")
        height, width = self.canvas_size
        badge = ", RANDOM WEIGHTS" if self.random else ""
        return f"<Render {self.address} {height}x{width} px, {state}{badge}>"

    def __str__(self) -> str:
        badge = "  RANDOM WEIGHTS" if self.random else ""
        return (
            f"{self.address}  {self.state}  response {self.initial:.3g} -> {self.final:.3g}"
            f"  peak {self.peak:.3g}{badge}"
        )


class Renders(Result, Sequence[Render]):
    """Pictures in the order asked; printed they are a line each, their figure a contact sheet."""

    plot = "contact_sheet"

    def __init__(self, renders: Sequence[Render]) -> None:
        self._renders = tuple(renders)

    @overload
    def __getitem__(self, index: int) -> Render: ...
    @overload
    def __getitem__(self, index: slice) -> Renders: ...
    def __getitem__(self, index: int | slice) -> Render | Renders:
        """One picture, or some as `Renders`."""
        if isinstance(index, slice):
            return Renders(self._renders[index])
        return self._renders[index]

    def __len__(self) -> int:
        return len(self._renders)

    def __iter__(self) -> Iterator[Render]:
        return iter(self._renders)

    def save(self, folder: Path | str) -> list[Path]:
        """Write one PNG per unit into `folder`."""
        return [render.save(folder) for render in self]

    def as_dict(self) -> dict[str, Any]:
        """Plain data of render picture, under ``"renders"``."""
        return {"renders": [render.as_dict() for render in self]}

    def __repr__(self) -> str:
        dead = sum(render.dead for render in self)
        badge = ", RANDOM WEIGHTS" if any(render.random for render in self) else ""
        pictures = "1 picture" if len(self) == 1 else f"{len(self)} pictures"
        return f"<Renders of {pictures}, {dead} dead{badge}>"

    def __str__(self) -> str:
        return "\n".join(map(str, self))


class UnitsFailedError(RenderError):
    """Some units of a request could not be rendered.

    Attributes
    ----------
    finished : pictures of the others, in the order asked.
    failed : reason by address.
    """

    def __init__(self, renders: Renders) -> None:
        self.finished = Renders([render for render in renders if render.error is None])
        self.failed = {
            render.address: render.error for render in renders if render.error is not None
        }
        listed = "\n".join(f"  {address}: {error}" for address, error in self.failed.items())
        super().__init__(f"{len(self.failed)} of {len(renders)} units failed:\n{listed}")


def to_pixels(image: Tensor) -> NDArray[np.uint8]:
    """8-bit pixels of an image in [0, 1], C H W to H W C; rounds, never stretches."""
    array: NDArray[np.uint8] = (
        (image.detach().float().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    )
    return array


def to_picture(pixels: NDArray[np.uint8]) -> Image.Image:
    """Pillow image of 8-bit pixels, H W C: in gray or color, other planes side by side."""
    shown = side_by_side(pixels)
    return Image.fromarray(np.ascontiguousarray(shown[..., 0] if shown.shape[2] == 1 else shown))


def to_transparent_picture(image: Tensor, alpha: Tensor) -> Image.Image:
    """RGBA Pillow image that on neutral gray looks as `image`, C H W in [0, 1].

    Parameters
    ----------
    alpha : H W in [0, 1].
    """
    opacity = to_pixels(alpha[None])
    shares = torch.from_numpy(opacity[..., 0] / np.float32(255))
    colors = to_pixels(GRAY + (image.cpu() - GRAY) / shares.clamp(min=1 / 255))
    colors = colors[..., :3] if colors.shape[2] >= 3 else colors[..., :1].repeat(3, axis=2)
    return Image.fromarray(np.concatenate([colors, opacity], axis=2))
