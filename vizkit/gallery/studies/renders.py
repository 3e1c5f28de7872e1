"""The picture that each unit likes best, and how strongly it responds to it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Any

from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.study import Compute, Fact, Found, Panel, Picture, Study, Tick

if TYPE_CHECKING:
    from PIL.Image import Image

    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network
    from vizkit.rendering import Step

_LOSSLESS_BELOW = 64
"""Sides up to this are stored without loss: lossy WebP halves the resolution of color, which shows
in a picture that is enlarged."""
_QUALITY = 90


class _Renders(Study):
    name = "renders"
    title = "What it likes best"
    order = 10

    def applies(self, network: Network, layer: LayerInfo) -> bool:  # noqa: ARG002
        return True

    def begin(self, network: Network, plan: Plan) -> Compute:
        from vizkit.address import parse_address
        from vizkit.rendering import Recipe, Renderer

        renderer = Renderer(network, Recipe(**plan.recipe), plan.seed)

        def compute(layer: PlannedLayer, channels: Sequence[int], tick: Tick) -> Iterator[Found]:
            def follow(step: Step) -> None:
                tick(step.step / step.steps if step.attempt == 0 else 1.0)

            renders = renderer.block(
                [parse_address(plan.address(layer, channel)) for channel in channels],
                canvas=layer.canvas,
                block_size=layer.block_size,
                callback=follow,
            )
            for channel, render in zip(channels, renders, strict=True):
                if render.error is not None:
                    yield Found(channel, error=render.error)
                    continue
                data = {key: value for key, value in render.as_dict().items() if key != "wall_s"}
                data |= {
                    "attempts": render.attempts,
                    "block_size": render.block_size,
                    "dtype": render.dtype,
                    "objective": "channel" if len(layer.shape) == 3 else "logit",
                }
                picture = _webp(render.to_pil(), max(render.canvas_size))
                yield Found(channel, data, {f"{channel}.webp": picture})

        return compute

    def show(self, plan: Plan, layer: PlannedLayer, channel: int, data: Mapping[str, Any]) -> Panel:
        height, width = data["canvas_size"]
        address = plan.address(layer, channel)
        dead = bool(data["dead"])
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
        label = layer.labels.get(channel)
        what = f"{address}{f', {label}' if label else ''}, {'dead' if dead else 'positive'}"
        weights = " --weights FILE" if plan.network.weights_file else ""
        return Panel(
            pictures=(Picture(f"{channel}.webp", width, height, what),),
            facts=tuple(facts),
            badges=("dead",) if dead else (),
            command=(
                f"vizkit render {quote(address)}{weights} --seed {plan.seed} "
                f"--steps {data['steps']} --size {_size(height, width)} "
                f"--block-size {data['block_size']} --dtype {data['dtype']} --out ."
            ),
        )


def _size(height: int, width: int) -> str:
    return str(height) if height == width else f"{height}x{width}"


def _webp(picture: Image, side: int) -> bytes:
    buffer = io.BytesIO()
    if side <= _LOSSLESS_BELOW:
        picture.save(buffer, "WEBP", lossless=True, quality=100, method=4)
    else:
        picture.save(buffer, "WEBP", quality=_QUALITY, method=4)
    return buffer.getvalue()


STUDY = _Renders()
