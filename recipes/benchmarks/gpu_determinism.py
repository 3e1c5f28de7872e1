"""Where a rendering on a GPU is, and is not, the same bit for bit.

A unit's picture must not depend on its neighbors, on its place in the block or on the run. Every
stage of a step is fed the same numbers several times, and in another order, with other company;
then whole renderings are compared. For each stage and setting the table says ``same``, or how many
of its numbers differ and by how much of the largest. ::

    python recipes/benchmarks/gpu_determinism.py [--layers a,b] [--block 8] [--seconds 60]

Whole pictures, whose steps are recorded and replayed, are compared with those of steps that are
not; ``--pictures`` does nothing else.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

import vizkit
from vizkit.activations import capture
from vizkit.images.gray import GRAY
from vizkit.networks.device import network_precision
from vizkit.networks.reproducible import reproducible
from vizkit.rendering import Recipe, Renderer, size_canvas
from vizkit.rendering.canvases.fourier import FourierCanvas
from vizkit.rendering.loop import normalize
from vizkit.rendering.measure import rectified_layers
from vizkit.rendering.robustness import DrawnViews, look, parse_views
from vizkit.rendering.seed import unit_generator
from vizkit.rendering.seen import Seen
from vizkit.rendering.silent_units import WIDE, Waking

LAYERS = "conv2,inception3a,inception4c,inception5b"
REPEATS = 4


@dataclass
class Stages:
    """One step of a block, in stages that can be repeated with lanes in any order."""

    renderer: Renderer
    layer: str
    block: int
    waking: bool

    def __post_init__(self) -> None:
        net = self.renderer.network
        info = net.layer(self.layer)
        canvas = size_canvas(net, info).canvas
        units = [
            vizkit.parse_address(f"{net.source}/{self.layer}:{channel}")
            for channel in range(self.block)
        ]
        self.job = self.renderer.prepare(units, canvas=canvas, block_size=self.block)
        generators = [unit_generator(each, 0, 0) for each in self.job.keys]
        self.canvas = FourierCanvas(net.input_channels, canvas, generators, net.device, 16.0)
        self.start = self.canvas.parameters.detach().clone()
        self.view = (canvas[0] + 2 * self.job.frame, canvas[1] + 2 * self.job.frame)
        recipe = self.job.recipe
        views = parse_views(recipe.views, canvas)
        drawn = DrawnViews(views, recipe.steps, canvas, self.view, generators, net.device)
        self.views = drawn.maps[0]
        self.scale, self.shift = net.preprocessing.affine(net.device, torch.float32)

    def run(self, order: list[int], given: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Outputs of all stages, each fed what `given` (by default this run) has before it.

        Parameters
        ----------
        order : lane of each place; the outputs come in that order.
        """
        out: dict[str, Tensor] = {}

        def fed(name: str) -> Tensor:
            return (out[name] if given is None else given[name][order]).detach()

        renderer, net = self.renderer, self.renderer.network
        with torch.no_grad():
            self.canvas.parameters.copy_(self.start[order])
        images = self.canvas.images()
        out["canvas"] = images.detach()
        before = (fed("canvas") - GRAY).requires_grad_()
        seen = look(before, self.views[order], self.view)
        out["view"] = seen.detach()
        shown = fed("view").requires_grad_()
        objective = self.job.response.take(order)
        inputs = shown * self.scale + self.shift + GRAY * self.scale
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        waking = Waking(WIDE) if self.waking else nullcontext()
        (layer,) = objective.layers
        rectified = rectified_layers(net, objective.layers)
        with renderer._frozen.showing([layer]) as frozen, capture(frozen, [layer]) as acts:
            with waking, network_precision(renderer.dtype, net.device):
                frozen(inputs)
            out["layer"] = acts[layer].detach()
            scores = objective.score(Seen(images, {layer: acts[layer]}, rectified))
            out["scores"] = scores.detach()
            (out["network's gradient"],) = torch.autograd.grad(-scores.sum(), [shown])
        (out["view's gradient"],) = torch.autograd.grad(seen, [before], fed("network's gradient"))
        (out["canvas's gradient"],) = torch.autograd.grad(
            images, [self.canvas.parameters], fed("view's gradient")
        )
        out["normalized"] = normalize(fed("canvas's gradient"))
        spectra = self.start[order].clone().requires_grad_()
        adam = torch.optim.Adam([spectra], lr=0.1)
        for _ in range(3):
            spectra.grad = fed("normalized").clone()
            adam.step()
        out["adam"] = spectra.detach()
        with torch.no_grad(), capture(net, [layer]) as acts:
            net(fed("canvas"))
            out["measured"] = objective.score(Seen(images, {layer: acts[layer]}, rectified))
        return out


def apart(one: Tensor, other: Tensor) -> str:
    """``same``, or how much of two tensors differs."""
    if torch.equal(one, other):
        return "same"
    difference = (one.double() - other.double()).abs()
    share = float((difference > 0).double().mean())
    largest = float(one.double().abs().max())
    return f"{share:.1%} by {float(difference.max()) / max(largest, 1e-30):.1e}"


def worst(found: list[str]) -> str:
    """Of several comparisons the first that is not ``same``."""
    return next((each for each in found if each != "same"), "same")


def by_stage(stages: Stages) -> list[dict[str, str]]:
    """Whether each stage is the same again, in another order, and beside other lanes."""
    with reproducible(stages.renderer.network.device):
        return _by_stage(stages)


def _by_stage(stages: Stages) -> list[dict[str, str]]:
    plain = list(range(stages.block))
    reference = stages.run(plain)
    shuffled = [(5 * lane + 3) % stages.block for lane in plain]
    if sorted(shuffled) != plain:
        shuffled = plain[::-1]
    alone = [plain[-1]] * stages.block
    rows = {name: {"stage": name} for name in reference}
    again = [stages.run(plain, reference) for _ in range(REPEATS)]
    moved = [stages.run(shuffled, reference) for _ in range(REPEATS)]
    other = [stages.run(alone, reference) for _ in range(REPEATS)]
    for name, tensor in reference.items():
        rows[name]["run to run"] = worst([apart(tensor, each[name]) for each in again])
        rows[name]["other places"] = worst([apart(tensor[shuffled], each[name]) for each in moved])
        rows[name]["other company"] = worst(
            [apart(tensor[-1], each[name][0]) for each in other]
            + [apart(tensor[-1], each[name][-1]) for each in other]
        )
    return list(rows.values())


def whole_pictures(renderer: Renderer, layer: str, block: int) -> dict[str, str]:
    """Whole renderings again, in another order, alone with padding; beside one without replay."""
    net = renderer.network
    canvas = size_canvas(net, net.layer(layer)).canvas

    def pictures(channels: list[int]) -> dict[str, Tensor]:
        units = [vizkit.parse_address(f"{net.source}/{layer}:{each}") for each in channels]
        made = renderer.block(units, canvas=canvas, block_size=block)
        return {each.address: each.image for each in made}

    plain = list(range(block))
    with patch("vizkit.rendering.loop.replaying", lambda turn, _: nullcontext(turn)):
        reference = pictures(plain)
    found = {"stage": f"pictures of {renderer.recipe.steps} steps"}
    for name, channels in (
        ("run to run", plain),
        ("other places", plain[::-1]),
        ("other company", plain[-1:]),
    ):
        others = pictures(channels)
        found[name] = worst([apart(reference[key], image) for key, image in others.items()])
    return found


def flagged(stages: Stages) -> list[str]:
    """Operations of a step of which torch itself says that they are not deterministic."""
    before = torch.are_deterministic_algorithms_enabled()
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        torch.use_deterministic_algorithms(True, warn_only=True)
        try:
            stages.run(list(range(stages.block)))
        finally:
            torch.use_deterministic_algorithms(before)
    return sorted({str(each.message).partition(". ")[0].partition(" You")[0] for each in found})


def waits(renderer: Renderer, layer: str) -> list[str]:
    """Lines in which the loop waits for the device between its first and last step."""
    if renderer.network.device.type != "cuda":
        return []
    found: list[str] = []

    def follow(step: vizkit.rendering.Step) -> None:
        torch.cuda.set_sync_debug_mode("warn" if 1 <= step.step < step.steps else "default")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net = renderer.network
        canvas = size_canvas(net, net.layer(layer)).canvas
        units = [vizkit.parse_address(f"{net.source}/{layer}:0-3")]
        renderer.block(units, canvas=canvas, block_size=4, progress=follow)
        torch.cuda.set_sync_debug_mode("default")
    for each in caught:
        if "prototype" not in str(each.message):
            place = f"{Path(each.filename).name}:{each.lineno}"
            found.append(f"{place} {str(each.message).splitlines()[0][:80]}")
    return sorted(set(found))


def table(rows: list[dict[str, str]]) -> str:
    """Rows for people."""
    names = list(rows[0])
    widths = [max(len(name), *(len(row[name]) for row in rows)) for name in names]
    lines = [dict(zip(names, names, strict=True)), *rows]
    return "\n".join(
        "  " + "  ".join(f"{line[name]:{width}}" for name, width in zip(names, widths, strict=True))
        for line in lines
    )


def attempt(what: str, compute: Callable[[], Any]) -> Any:
    """What `compute` gives; an error is printed, and the rest goes on."""
    try:
        return compute()
    except Exception as error:
        print(f"  {what} FAILED: {type(error).__name__}: {str(error)[:300]}", flush=True)
        return None


def main() -> int:
    """Compare and print."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", default=LAYERS)
    parser.add_argument("--block", type=int, default=8)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--pictures", action="store_true", help="no stages within a step")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    args = parser.parse_args()
    ends = time.monotonic() + args.seconds
    network = vizkit.load("googlenet@distilled", device=args.device)
    found: list[dict[str, Any]] = []
    summary: list[str] = []
    for layer in args.layers.split(","):
        for dtype in ("float32", "bfloat16"):
            title = f"{layer}, {dtype}"
            if time.monotonic() > ends:
                summary.append(f"{title}: not reached in time")
                continue
            recipe = Recipe(steps=args.steps, wake_steps=args.steps // 3, rescues=0, dtype=dtype)
            print(f"\n{title}", flush=True)
            renderer = attempt("preparing", lambda r=recipe: Renderer(network, r))
            if renderer is None:
                continue
            rows: list[dict[str, str]] = []
            said, waiting = [], []
            if not args.pictures:
                waking = Stages(renderer, layer, args.block, True)
                stages = Stages(renderer, layer, args.block, False)
                rows += attempt("stages", lambda s=stages: by_stage(s)) or []
                for row in attempt("waking", lambda s=waking: by_stage(s)) or []:
                    if row["stage"] == "network's gradient":
                        rows.append(row | {"stage": "network's gradient, waking"})
                said = attempt("torch's flags", lambda s=waking: flagged(s)) or []
                waiting = attempt("waiting", lambda r=renderer, at=layer: waits(r, at)) or []
            last = attempt(
                "pictures", lambda r=renderer, at=layer: whole_pictures(r, at, args.block)
            )
            rows += [last] if last else []
            if rows:
                print(table(rows), flush=True)
            print(*(f"  torch says: {each}" for each in said), sep="\n", flush=True)
            print(*(f"  waits: {each}" for each in waiting), sep="\n", flush=True)
            broken = [
                row["stage"]
                for row in rows
                if {row["run to run"], row["other places"], row["other company"]} != {"same"}
            ]
            summary.append(f"{title}: " + (", ".join(broken) or "all the same"))
            found.append({"title": title, "rows": rows, "flags": said, "waits": waiting})
    print("\nStages that are not the same bit for bit:")
    print("\n".join(f"  {line}" for line in summary), flush=True)
    if args.out is not None:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps({"summary": summary, "tables": found}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
