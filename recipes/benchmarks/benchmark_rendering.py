"""How fast is the rendering? Units times steps per second, beside torch-lucent 0.1.8.

GoogLeNet with random weights, a canvas of 128 px, the default recipe, 16 units at once. Ours and
the peer's take turns; figures are medians over the rounds; only the loops are timed, from the third
step on, with waking steps in the proportion of a full rendering. torch-lucent enlarges its 128 px
to 224 before the network, so ours is measured with the same enlargement, too. ::

    python recipes/benchmarks/benchmark_rendering.py [--rounds 5] [--json] [--profile LAYER]

`lucent_peer.py` tells how to install the peer; without it, ours is measured alone.

The share is of the rate at which this machine multiplies 2048 x 2048 matrices in the same format.
Counted are the convolutions and matrix products of the network, forward to the layer and back to
the image, two operations per multiply-add; nothing of the canvas, the views and the update.
"""

from __future__ import annotations

import copy
import json
import sys
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import vizkit
from lucent_peer import Clock, installed, render_with_lucent
from vizkit.rendering import Recipe, Renderer
from vizkit.rendering.length import in_pixels

GOALS = {"inception3a": (15, 6), "inception4a": (12, 4.5), "inception5b": (9, 3.5)}
"""Times the peer's rate that we want to reach: at the canvas's own size, and enlarged."""
CANVAS, ENLARGED, UNITS, MATRIX = 128, 224, 16, 2048
STEADY = 1.4
"""Highest over lowest rate of equal rounds; more is no property of what is measured."""


class Enlarge(nn.Module):
    """Images enlarged as torch-lucent does it, then the network."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Output of the network."""
        size = (ENLARGED, ENLARGED)
        return self.network(F.interpolate(images, size, mode="bilinear", align_corners=True))


def our_rate(renderer: Renderer, layer: str) -> float:
    """Units times steps per second."""
    clock = Clock()
    units = [vizkit.parse_address(f"{renderer.network.source}/{layer}:0-{UNITS - 1}")]
    renderer.block(units, canvas=(CANVAS, CANVAS), block_size=UNITS, progress=clock)
    return UNITS * clock.rate()


def peer_rate(module: nn.Module, layer: str, steps: int) -> float:
    """Steps per second of one picture, which is what the peer renders at a time."""
    clock = Clock()
    render_with_lucent(module, layer, 0, steps, clock)
    return clock.rate()


def matrix_rate(dtype: torch.dtype, device: torch.device) -> float:
    """Operations per second of a matrix product."""
    clock = Clock()
    left, right = (torch.rand(MATRIX, MATRIX, device=device).to(dtype) for _ in range(2))
    for _ in range(8):
        left @ right
        clock()
    return 2 * MATRIX**3 * clock.rate()


def operations(network: vizkit.Network, layer: str, side: int) -> int:
    """Operations of the network for one unit and step, on an image of `side` pixels."""
    module = copy.deepcopy(network.module).requires_grad_(False)
    image = torch.rand(1, 3, side, side, device=network.device, requires_grad=True)
    with FlopCounterMode(display=False) as counter, vizkit.capture(module, layer) as acts:
        module(image)
        acts[layer].sum().backward()
    return counter.get_total_flops()


def profile(renderer: Renderer, layer: str) -> str:
    """Where the time of our loop goes, by operation."""
    from torch.profiler import profile as profiler

    with profiler() as found:
        our_rate(renderer, layer)
    return found.key_averages().table(sort_by="self_cpu_time_total", row_limit=20)


def measure(args: Namespace) -> dict[str, object]:
    """Measure in turns; rates in units times steps per second, operations per second."""
    recipe = Recipe(steps=args.steps, wake_steps=args.steps // 8, rescues=0, dtype=args.dtype)
    network = vizkit.load("googlenet@random", device=args.device)
    enlarged = vizkit.load(
        Enlarge(network.module), preprocessing=network.preprocessing, name="enlarged"
    )
    plain, wide = Renderer(network, recipe), Renderer(enlarged, recipe)
    rates: dict[str, list[float]] = defaultdict(list)
    for number in range(args.rounds):
        for layer in args.layers:
            print(f"round {number + 1} of {args.rounds}: {layer}", file=sys.stderr)
            rates[f"{layer} ours"].append(our_rate(plain, layer))
            if installed():
                rates[f"{layer} peer"].append(peer_rate(network.module, layer, args.steps))
            rates[f"{layer} enlarged"].append(our_rate(wide, f"network.{layer}"))
        for dtype in (torch.float32, torch.bfloat16):
            rates[str(dtype)].append(matrix_rate(dtype, network.device))
    middle = {name: median(values) for name, values in rates.items()}
    rows, frame = [], round(in_pixels(recipe.pad, (CANVAS, CANVAS)))
    for layer in args.layers:
        row: dict[str, object] = {"layer": layer, "peer": middle.get(f"{layer} peer")}
        for kind, side in (("ours", CANVAS + 2 * frame), ("enlarged", ENLARGED)):
            rate = middle[f"{layer} {kind}"]
            work = operations(network, layer, side)
            row |= {kind: rate, f"{kind} operations": work}
            row[f"{kind} share"] = rate * work / middle[str(plain.dtype)]
            row[f"{kind} ratio"] = rate / middle[f"{layer} peer"] if installed() else None
        rows.append(row)
    return {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "device": str(network.device),
        "dtype": str(plain.dtype).removeprefix("torch."),
        "matrix rate": {name: middle[name] for name in ("torch.float32", "torch.bfloat16")},
        "rows": rows,
        "rates": rates,
    }


def table(found: dict[str, object]) -> str:
    """Figures for people."""
    single, half = (rate / 1e9 for rate in found["matrix rate"].values())
    lines = [
        f"torch {found['torch']}, {found['threads']} threads, {found['device']}, rendering in "
        f"{found['dtype']}; matrix products: {single:.0f} GFLOP/s float32, {half:.0f} bfloat16",
        f"{'':12}{'peer':>7} |{'ours':>7}{'ratio':>8}{'goal':>6}{'share':>7} |"
        f"{'at 224':>7}{'ratio':>8}{'goal':>6}{'share':>7}",
    ]
    for row in found["rows"]:
        line = f"{row['layer']:12}{_number(row['peer'], 7)} |"
        for kind, goal in zip(("ours", "enlarged"), GOALS.get(row["layer"], (0, 0)), strict=True):
            line += f"{_number(row[kind], 7)}{_number(row[f'{kind} ratio'], 8)}{goal:>6}"
            line += f"{row[f'{kind} share']:>7.0%} |"
        lines.append(line.removesuffix(" |"))
    lines += ["", "lowest to highest of the rounds:"]
    for name, values in found["rates"].items():
        scale = 1e9 if name.startswith("torch.") else 1
        low, high = min(values) / scale, max(values) / scale
        lines.append(f"  {name:22}{low:8.1f} to {high:8.1f}" + "  UNSTEADY" * (high > STEADY * low))
    if any("UNSTEADY" in line for line in lines):
        lines.append(
            "Something else ran at the time: medians and ratios above mean little. Repeat."
        )
    return "\n".join(lines)


def _number(value: float | None, width: int) -> str:
    return f"{'-':>{width}}" if value is None else f"{value:>{width}.1f}"


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--layers", nargs="+", default=list(GOALS))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="auto", choices=("auto", "float32", "bfloat16"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--profile", metavar="LAYER", help="show where the time goes instead")
    args = parser.parse_args(argv)
    if args.profile:
        network = vizkit.load("googlenet@random", device=args.device)
        recipe = Recipe(steps=args.steps, wake_steps=args.steps // 8, rescues=0, dtype=args.dtype)
        print(profile(Renderer(network, recipe), args.profile))
        return
    found = measure(args)
    print(json.dumps(found, indent=1) if args.json else table(found))


if __name__ == "__main__":
    vizkit.script(main)
