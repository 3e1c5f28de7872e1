"""The learned filters of the first convolution: weights that can be seen as small images."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vizkit.gallery.panel import Fact, Panel, Picture
from vizkit.gallery.pieces import Piece
from vizkit.gallery.plan import Plan
from vizkit.gallery.study import Compute, Found, Shown, Study
from vizkit.progress import OnProgress, Progress

if TYPE_CHECKING:
    from torch import nn

    from vizkit.layer_info import LayerInfo
    from vizkit.networks.network import Network


class _Filters(Study):
    name = "filters"
    title = "Learned filter"
    order = 20
    scope = "layer"

    def applies(self, network: Network, layer: LayerInfo) -> bool:
        from torch import nn

        convolution = _first_convolution(network.module)
        if convolution is None or layer.channels != convolution.out_channels:
            return False
        # With normalization and activation, but not with a second convolution that mixes channels.
        inside = network.module.get_submodule(layer.name).modules()
        return [part for part in inside if isinstance(part, nn.Conv2d)] == [convolution]

    def begin(self, network: Network, plan: Plan) -> Compute:
        from PIL import Image

        convolution = _first_convolution(network.module)
        assert convolution is not None
        weights = convolution.weight.detach().float().cpu()
        order = network.preprocessing.order
        # The image channel that feeds each weight plane, back in the order of the image.
        back = sorted(range(len(order)), key=order.__getitem__)

        def compute(piece: Piece, progress: OnProgress) -> Iterator[Found]:
            for done, channel in enumerate(piece.channels, 1):
                kernel = weights[channel][back]
                largest = float(kernel.abs().max())
                if largest == 0 or not bool(kernel.isfinite().all()):
                    yield Found(channel, error="the filter is all zero or not finite")
                    continue
                pixels = ((kernel / largest + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
                picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
                buffer = io.BytesIO()
                picture.save(buffer, "PNG")
                data = {
                    "size": list(pixels.shape[:2]),
                    "largest": largest,
                    "norm": float(kernel.norm()),
                }
                progress(Progress(done, len(piece.channels), piece.title))
                yield Found(channel, data, {f"{channel}.png": buffer.getvalue()})

        return compute

    def show(self, record: Shown) -> Panel:
        data = record.data
        height, width = data["size"]
        alt = f"{record.address}, {height} by {width} weights"
        caption = "Gray is zero; the largest weight of this filter is fully colored."
        return Panel(
            pictures=(Picture(f"{record.channel}.png", width, height, alt, caption, smooth=False),),
            facts=(
                Fact("largest weight", f"{data['largest']:.3g}", None, "absolute value"),
                Fact("norm", f"{data['norm']:.3g}", data["norm"], "of the filter's weights"),
            ),
        )


def _first_convolution(module: nn.Module) -> nn.Conv2d | None:
    """First convolution in the order of registration, if its weights can be seen as images."""
    from torch import nn

    first = next((part for part in module.modules() if isinstance(part, nn.Conv2d)), None)
    return first if first is not None and first.weight.shape[1] in (1, 3) else None


STUDY = _Filters()
