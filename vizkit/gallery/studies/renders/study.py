"""The picture that each unit likes best, and how strongly it responds to it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import TYPE_CHECKING, Any, ClassVar

from vizkit.gallery.panel import Fact, Panel, Picture
from vizkit.gallery.pieces import Piece
from vizkit.gallery.plan import Plan
from vizkit.gallery.study import Compute, Found, Shown, Study
from vizkit.images.planes import count_side_by_side
from vizkit.progress import OnProgress, Progress
from vizkit.rendering.recipe import Recipe
from vizkit.unit import Unit

if TYPE_CHECKING:
    from PIL.Image import Image

    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network
    from vizkit.rendering import Step

_LOSSLESS_BELOW = 64
"""Sides up to this are stored without loss: lossy WebP halves the resolution of color, which shows
in a picture that is enlarged."""
_QUALITY = 90


class Renders(Study):
    """A picture of each unit.

    Attributes
    ----------
    negative : whether it shows what units like least.
    """

    name = "renders"
    title = "What it likes best"
    order = 10
    depends = ("recipe", "seed", "block_size", "canvas")
    negative: ClassVar[bool] = False

    def applies(self, network: Network, layer: LayerInfo) -> bool:
        return True

    def cost(self, network: Network, piece: Piece) -> float:
        from vizkit.gallery.cost import step_seconds

        (height, width), size = piece.layer.canvas, piece.layer.block_size
        steps = int(piece.layer.recipe["steps"])
        return steps * step_seconds(network, piece.layer.module, size * height * width)

    def begin(self, network: Network, plan: Plan) -> Compute:
        from vizkit.rendering import Renderer

        renderer = Renderer(network, Recipe(**plan.recipe), plan.seed)

        def compute(piece: Piece, progress: OnProgress) -> Iterator[Found]:
            layer, info = piece.layer, network.layer(piece.layer.module)

            def each_step(step: Step) -> None:
                progress(Progress(step.done, step.total, piece.title))

            job = renderer.prepare(
                [Unit(network.source, info, channel) for channel in piece.channels],
                canvas=layer.canvas,
                block_size=layer.block_size,
                negative=self.negative,
            )
            renders = renderer.render(job, each_step)
            for channel, render in zip(piece.channels, renders, strict=True):
                if render.error is not None:
                    yield Found(channel, error=render.error)
                    continue
                data = {key: value for key, value in render.as_dict().items() if key != "wall_s"}
                data |= {
                    "attempts": render.attempts,
                    "block_size": render.block_size,
                    "dtype": render.dtype,
                    "state": render.state,
                    "objective": "channel" if len(layer.shape) == 3 else "logit",
                }
                picture = _webp(render.to_pil(), max(render.canvas_size))
                yield Found(channel, data, {f"{channel}.webp": picture})

        return compute

    def dead(self, data: Mapping[str, Any]) -> bool:
        return data.get("dead") is True

    def show(self, record: Shown) -> Panel:
        data, address = record.data, record.address
        height, width = data["canvas_size"]
        planes = count_side_by_side(record.plan.network.input[0])
        dead = self.dead(data)
        means = "mean over the map" if data["objective"] == "channel" else "the class's logit"
        facts = [
            Fact("response", f"{data['final']:.3g}", data["final"], f"{means}, on this picture"),
            Fact("at the start", f"{data['initial']:.3g}", data["initial"], "on nearly flat gray"),
            Fact("peak", f"{data['peak']:.3g}", data["peak"], "largest over positions"),
        ]
        if data["initial"] > 0:
            gain = data["final"] / data["initial"]
            facts.append(Fact("gain", f"×{gain:.3g}", gain, "response over the one at the start"))
        if data["attempts"] > 1:
            note = "it was silent at first and was helped to wake"
            facts.append(Fact("attempts", str(data["attempts"]), float(data["attempts"]), note))
        label = record.layer.labels.get(record.channel)
        sign = "negative" if self.negative else "positive"
        what = f"{address}{f', {label}' if label else ''}, {'dead' if dead else sign}"
        changed = "".join(
            f" --{name} {quote(record.plan.recipe[name])}"
            for name in ("canvas", "views", "regularizers")
            if record.plan.recipe.get(name)
        )
        changed += " --negative" if self.negative else ""
        changed += " --alpha" if record.plan.recipe.get("alpha") else ""
        size = str(height) if height == width else f"{height}x{width}"
        weights = " --weights FILE" if record.plan.network.weights_file else ""
        return Panel(
            pictures=(Picture(f"{record.channel}.webp", planes * width, height, what),),
            facts=tuple(facts),
            badges=("dead",) if dead else tuple({data.get("state", "ok")} - {"ok"}),
            seed=data.get("seed"),
            command=(
                f"vizkit render {quote(address)}{weights} --seed {record.plan.seed} "
                f"--steps {data['steps']} --size {size} "
                f"--block-size {data['block_size']} --dtype {data['dtype']}{changed} --out ."
            ),
        )


def _webp(picture: Image, side: int) -> bytes:
    buffer = io.BytesIO()
    if side <= _LOSSLESS_BELOW:
        picture.save(buffer, "WEBP", lossless=True, quality=100, method=4)
    else:
        picture.save(buffer, "WEBP", quality=_QUALITY, method=4)
    return buffer.getvalue()


STUDY = Renders()
