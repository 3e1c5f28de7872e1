"""Results of a gallery as `Renders` again: for figures, notebooks and measurements."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vizkit.errors import StoreError, nearest
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.records import Records
from vizkit.gallery.store import Store

if TYPE_CHECKING:
    from vizkit.networks.network import Network
    from vizkit.rendering import Render, Renders


def read(
    root: Path | str, network: str | Network, layer: str | Iterable[str] | None = None
) -> Renders:
    """Pictures that a gallery holds, in the order of its plan, with what was measured of them.

    A unit that is not done yet is left out. Pictures of more than 64 pixels are stored with a
    little loss, and ``wall_s`` is not stored at all: it is 0 here.

    Parameters
    ----------
    root : the gallery folder.
    network : name, e.g. ``"vgg16@hed"``, or network.
    layer : public name of a layer, or several; by default all.

    Raises
    ------
    StoreError : there is no such gallery, layer, or picture.

    Examples
    --------
    >>> renders = vizkit.gallery.read("gallery/out", "vgg16@hed", "conv4_3")  # doctest: +SKIP
    >>> vizkit.plots.contact_sheet(renders).savefig("conv4_3.pdf")  # doctest: +SKIP
    """
    from vizkit.gallery.completeness import full_source
    from vizkit.rendering import Renders

    source = full_source(network) if isinstance(network, str) else network.source
    store = Store(root)
    plan = store.read_plan(source)
    shown = [planned.name for planned in plan.layers]
    wanted = shown if layer is None else [layer] if isinstance(layer, str) else list(layer)
    for name in wanted:
        if name not in shown:
            hint = nearest(name, shown) or "It shows: " + ", ".join(shown) + "."
            raise StoreError(f"{str(root)!r} shows no layer {name!r} of {source}. {hint}")
    return Renders(
        [
            render
            for planned in plan.layers
            if planned.name in wanted
            for records in [store.records(plan, planned.name, "renders")]
            for channel in planned.channels
            if (render := _render(records, plan, planned, channel)) is not None
        ]
    )


def _render(records: Records, plan: Plan, layer: PlannedLayer, channel: int) -> Render | None:
    from vizkit.rendering import Render
    from vizkit.unit import Unit

    record = records.read(channel)
    if record is None:
        return None
    data = record.data
    height, width = data["canvas_size"]
    image, alpha = _read_picture(records.folder / f"{channel}.webp", plan.network.input[0])
    unit = Unit(plan.network.source, layer.info(), channel)
    return Render(
        unit=unit,
        objective=unit.name,
        image=image,
        alpha=alpha,
        canvas_size=(height, width),
        random=plan.network.random,
        wall_s=0.0,
        **{name: data[name] for name in _STORED},
    )


_STORED = (
    *("initial", "final", "peak", "dead", "seed", "steps", "attempts"),
    *("block_size", "dtype", "canvas"),
)


def _read_picture(path: Path, channels: int) -> tuple[Any, Any]:
    """Picture of a file, float32, C H W in [0, 1], on gray where it is transparent; its alpha."""
    import numpy as np
    import torch
    from PIL import Image

    from vizkit.images.gray import GRAY

    try:
        with Image.open(path) as picture:
            opacity = np.array(picture.getchannel("A")) if picture.mode == "RGBA" else None
            pixels = np.array(picture.convert("L" if channels == 1 else "RGB"))
    except OSError as error:
        raise StoreError(f"{str(path)!r} cannot be read: {error}") from None
    image = torch.from_numpy(np.atleast_3d(pixels)).permute(2, 0, 1) / 255
    if opacity is None:
        return image, None
    alpha = torch.from_numpy(opacity) / 255
    return GRAY + alpha * (image - GRAY), alpha
