"""How fast rendering is on a GPU, what holds it up, and how long all of GoogLeNet takes.

Three parts, in ``--minutes`` together and printed as they go:

whole : one block at each of the 12 published layers, from the request to the PNG files, with
    measuring and rescues, of so many steps that a layer takes about five seconds. A full rendering
    has more steps like the last ones; times the number of blocks this is all 5,808 channels.
rates : images times steps per second at four layers and several block sizes, the default recipe;
    only the loop, from the fourth step on, with as many waking steps as a full rendering has.
profile : kernels and their time beside the time of a step. Where the device is idle most of the
    time, the processor does not launch kernels fast enough.

::

    python recipes/benchmarks/gpu_throughput.py [--minutes 4] [--out FOLDER] [--tiny]

It needs no packages but torch, torchvision, NumPy, Pillow and safetensors, and downloads nothing.
"""

from __future__ import annotations

import json
import math
import platform
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

import vizkit
from vizkit.rendering import Recipe, Renderer, Step, size_canvas
from vizkit.rendering.defaults import complete

LAYERS = ("inception3a", "inception4a", "inception4c", "inception5b")
BLOCKS = (16, 64, 128)
PROFILED = (16,)
WHOLE = (128,)
STEPS, GOAL_S, LAYER_S = 512, 300.0, 5.0
SKIPPED = 3
"""Steps before the timing begins."""
LEAST = 64
"""Steps that a whole block has at least."""


class Stopwatch:
    """Callback that notes, when the device is done, the end of certain steps.

    Only at these does it wait, so that the loop runs as it would without.
    """

    def __init__(self, device: torch.device, steps: Sequence[int]) -> None:
        self.times: dict[int, float] = {}
        self._device, self._steps = device, set(steps)

    def __call__(self, step: Step) -> None:
        """Note the end of a step of the first attempt."""
        if step.attempt == 0 and step.step in self._steps:
            wait(self._device)
            self.times[step.step] = time.perf_counter()

    def between(self, first: int, last: int) -> float:
        """Seconds per step."""
        return (self.times[last] - self.times[first]) / (last - first)


def wait(device: torch.device) -> None:
    """Return when the device is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def units_of(network: vizkit.Network, layer: str, count: int) -> list[vizkit.Address]:
    """`count` channels spread over a layer."""
    channels = network.layer(layer).channels
    chosen = [place * channels // count for place in range(min(count, channels))]
    return [vizkit.parse_address(f"{network.source}/{layer}:{channel}") for channel in chosen]


def canvas_of(network: vizkit.Network, layer: str, args: Namespace) -> tuple[int, int]:
    """The canvas that a rendering would take."""
    return (24, 24) if args.tiny else size_canvas(network, network.layer(layer)).canvas


def rate(network: vizkit.Network, layer: str, block: int, args: Namespace) -> dict[str, Any]:
    """Rate of one layer and block size; what is timed begins when steps are replayed."""
    waking, plain = (2, 3) if args.tiny else (12, 48)
    woken_at, usual_from = SKIPPED + waking, 2 * SKIPPED + waking
    steps = (SKIPPED, woken_at, usual_from, usual_from + plain)
    recipe = Recipe(steps=steps[3], wake_steps=woken_at, rescues=0, dtype=args.dtype)
    renderer = Renderer(network, recipe)
    units, canvas = units_of(network, layer, block), canvas_of(network, layer, args)
    warm = Renderer(network, Recipe(steps=4, wake_steps=2, rescues=0, dtype=args.dtype))
    warm.block(units, canvas=canvas, block_size=block)
    if network.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    watch = Stopwatch(network.device, steps)
    renderer.block(units, canvas=canvas, block_size=block, progress=watch)
    woken, usual = watch.between(*steps[:2]), watch.between(*steps[2:])
    whole = complete(Recipe(), network, [network.layer(layer)])
    share = whole.wake_steps / whole.steps
    memory = torch.cuda.max_memory_allocated() / 2**30 if network.device.type == "cuda" else 0.0
    return {
        "layer": layer,
        "block": block,
        "canvas": canvas[0],
        "dtype": str(renderer.dtype).removeprefix("torch."),
        "step_ms": 1e3 * usual,
        "waking_step_ms": 1e3 * woken,
        "rate": block / (share * woken + (1 - share) * usual),
        "memory_gib": memory,
    }


def profiled(network: vizkit.Network, layer: str, block: int, args: Namespace) -> dict[str, Any]:
    """Kernels and time of one step, without waking."""
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    steps = 3 if args.tiny else 16
    units, canvas = units_of(network, layer, block), canvas_of(network, layer, args)

    def run(count: int, watch: Stopwatch | None = None) -> None:
        recipe = Recipe(steps=count, wake_steps=0, rescues=0, dtype=args.dtype)
        Renderer(network, recipe).block(units, canvas=canvas, block_size=block, progress=watch)

    run(4)
    watch = Stopwatch(network.device, (SKIPPED, SKIPPED + 2 * steps))
    run(SKIPPED + 2 * steps, watch)
    wall = watch.between(SKIPPED, SKIPPED + 2 * steps)
    activities = [ProfilerActivity.CPU]
    if network.device.type == "cuda":
        activities.append(ProfilerActivity.CUDA)
    # What comes before and after the loop is in both runs, and cancels.
    found = []
    for count in (2, 2 + steps):
        with profile(activities=activities) as kept:
            run(count)
            wait(network.device)
        found.append(kept.key_averages())
    kernels: dict[str, tuple[float, float]] = {}
    calls: dict[str, tuple[float, float]] = {}
    for sign, averages in zip((-1, 1), found, strict=True):
        for each in averages:
            if each.key.startswith(_RANGES) or getattr(each, "is_user_annotation", False):
                continue
            on_device = each.device_type != DeviceType.CPU
            spent = _device_time(each) if on_device else each.self_cpu_time_total
            into = kernels if on_device else calls
            count, total = into.get(each.key, (0.0, 0.0))
            into[each.key] = (
                count + sign * each.count / steps,
                total + sign * spent / 1e3 / steps,
            )
    busy = sum(total for _, total in kernels.values())
    return {
        "layer": layer,
        "block": block,
        "step_ms": 1e3 * wall,
        "kernels_per_step": sum(count for count, _ in kernels.values()),
        "kernel_ms": busy,
        "busy": busy / (1e3 * wall),
        "launches_per_step": sum(
            count for name, (count, _) in calls.items() if "LaunchKernel" in name
        ),
        "top_kernels": _top(kernels),
        "top_calls": _top(calls),
    }


_RANGES = ("Optimizer.", "ProfilerStep", "Activity Buffer")
"""Names of spans that hold kernels which are counted themselves."""


def _device_time(event: Any) -> float:
    """Microseconds on the device; the name has changed with torch."""
    found = getattr(event, "self_device_time_total", None)
    return float(event.self_cuda_time_total if found is None else found)


def _top(table: dict[str, tuple[float, float]], most: int = 14) -> list[list[Any]]:
    """Name, number and milliseconds per step of the dearest."""
    rows = [[name, count, total] for name, (count, total) in table.items()]
    return sorted(rows, key=lambda row: -row[2])[:most]


def whole(
    network: vizkit.Network, layer: str, block: int, steps: int, args: Namespace
) -> dict[str, Any]:
    """One block of a layer from the request to the files' bytes."""
    recipe = Recipe(steps=steps, dtype=args.dtype)
    channels = network.layer(layer).channels
    size = min(block, channels)
    units, canvas = units_of(network, layer, size), canvas_of(network, layer, args)
    renderer = Renderer(network, recipe)
    Renderer(network, Recipe(steps=3, rescues=0, dtype=args.dtype)).block(
        units, canvas=canvas, block_size=size
    )
    wait(network.device)
    if network.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    watch = Stopwatch(network.device, (steps - steps // 4, steps))
    began = time.perf_counter()
    renders = renderer.block(units, canvas=canvas, block_size=size, progress=watch)
    rendered = time.perf_counter()
    written = sum(len(each.to_png()) for each in renders)
    ended = time.perf_counter()
    loop, after = watch.times[steps] - began, rendered - watch.times[steps]
    rescued = sum(each.attempts > 1 for each in renders)
    # Waking steps, and those before steps are replayed, are as many as in a full rendering.
    full_loop = loop + (STEPS - steps) * watch.between(steps - steps // 4, steps)
    full_after = after * (STEPS / steps if rescued else 1)
    return {
        "layer": layer,
        "asked": block,
        "block": size,
        "steps": steps,
        "loop_s": loop,
        "after_loop_s": after,
        "full_loop_s": full_loop,
        "full_after_loop_s": full_after,
        "png_s": ended - rendered,
        "png_bytes": written,
        "rescued": rescued,
        "dead": sum(each.dead for each in renders),
        "failed": sum(each.error is not None for each in renders),
        "risen": sum(each.final > each.initial for each in renders),
        "blocks": math.ceil(channels / size),
        "layer_s": (full_loop + full_after + ended - rendered) * math.ceil(channels / size),
        "memory_gib": torch.cuda.max_memory_reserved() / 2**30
        if network.device.type == "cuda"
        else 0.0,
    }


def machine(device: torch.device) -> dict[str, Any]:
    """What this was measured on."""
    found: dict[str, Any] = {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "vizkit": vizkit.__version__,
        "threads": torch.get_num_threads(),
        "device": str(device),
    }
    if device.type == "cuda":
        import shutil
        import subprocess

        own = torch.cuda.get_device_properties(device)
        found |= {
            "name": own.name,
            "memory_gib": own.total_memory / 2**30,
            "multiprocessors": own.multi_processor_count,
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "tf32": f"convolutions {torch.backends.cudnn.allow_tf32}, "
            f"products {torch.backends.cuda.matmul.allow_tf32}",
        }
        if shutil.which("nvidia-smi"):
            asked = "--query-gpu=driver_version,clocks.max.sm,power.limit"
            done = subprocess.run(
                ["nvidia-smi", asked, "--format=csv,noheader"],
                capture_output=True,
                text=True,
                check=False,
            )
            found["driver"] = done.stdout.strip()
    return found


def measured(found: dict[str, Any], args: Namespace, save: Any) -> None:
    """Fill `found`, part by part; what fails is noted, and the rest goes on."""
    network = vizkit.load("googlenet@distilled", device=args.device)
    ends = time.monotonic() + 60 * args.minutes

    def left() -> float:
        """Seconds until the time is over."""
        return ends - time.monotonic()

    def attempt(part: str, compute: Any, *given: Any) -> dict[str, Any] | None:
        try:
            row: dict[str, Any] = compute(network, *given, args)
        except Exception as error:
            print(f"{part} {given}: {type(error).__name__}: {str(error)[:200]}", flush=True)
            found["errors"].append(f"{part} {given}: {type(error).__name__}: {str(error)[:200]}")
            if network.device.type == "cuda":
                torch.cuda.empty_cache()
            return None
        found[part].append(row)
        save()
        return row

    longest = 0.0  # seconds that 512 steps have taken so far
    for block in args.whole:
        for layer in network.default_layers():
            if left() < 0:
                found["errors"].append(f"whole {layer}, {block}: not reached in time")
                continue
            steps = args.steps
            while steps > LEAST and longest * steps / STEPS > LAYER_S:
                steps //= 2
            started = time.monotonic()
            row = attempt("whole", whole, layer, block, steps)
            longest = max(longest, (time.monotonic() - started) * STEPS / steps)
            if row is not None:
                print(_whole_line(row), flush=True)
    for block in args.blocks:
        for layer in args.layers:
            if left() < 0:
                found["errors"].append(f"rates {layer}, {block}: not reached in time")
                continue
            row = attempt("rates", rate, layer, block)
            if row is not None:
                print(_rate_line(row), flush=True)
    for block in args.profiled:
        if left() < 0:
            found["errors"].append(f"profile {block}: not reached in time")
            continue
        row = attempt("profile", profiled, args.layers[-2], block)
        if row is not None:
            print("\n".join(_profile_lines(row)), flush=True)


def _rate_line(row: dict[str, Any]) -> str:
    return (
        f"{row['layer']:12} block {row['block']:>3}, {row['canvas']:>3} px, {row['dtype']}: "
        f"{row['step_ms']:7.2f} ms a step, {row['waking_step_ms']:7.2f} waking, "
        f"{row['rate']:9.0f} images*steps/s, {row['memory_gib']:5.1f} GiB"
    )


def _profile_lines(row: dict[str, Any]) -> list[str]:
    head = (
        f"profile {row['layer']} block {row['block']}: {row['step_ms']:.2f} ms a step, "
        f"{row['kernels_per_step']:.0f} kernels of {row['kernel_ms']:.2f} ms, device busy "
        f"{row['busy']:.0%}, {row['launches_per_step']:.0f} launches"
    )
    lines = [head]
    for title, name in (("device", "top_kernels"), ("processor", "top_calls")):
        lines += [
            f"  {title:9} {total:7.3f} ms {count:6.1f} x  {key[:90]}"
            for key, count, total in row[name]
        ]
    return lines


def _whole_line(row: dict[str, Any]) -> str:
    return (
        f"{row['layer']:12} block {row['block']:>3} x {row['blocks']:>3}, {row['steps']} steps: "
        f"loop {row['loop_s']:6.2f} s, rescues and measuring {row['after_loop_s']:6.2f} s, "
        f"PNG {row['png_s']:5.2f} s, {row['rescued']} rescued, {row['dead']} dead, "
        f"layer {row['layer_s']:7.1f} s, {row['memory_gib']:5.1f} GiB"
    )


def summary(found: dict[str, Any], args: Namespace) -> list[str]:
    """Short table of everything."""
    own = found["machine"]
    lines = [
        ", ".join(f"{name} {value}" for name, value in own.items()),
        "",
        "images*steps/s (ms a step), " + ", ".join(sorted({r["dtype"] for r in found["rates"]})),
        f"{'block':>7}" + "".join(f"{layer:>22}" for layer in args.layers),
    ]
    by_place = {(row["layer"], row["block"]): row for row in found["rates"]}
    for block in args.blocks:
        cells = []
        for layer in args.layers:
            row = by_place.get((layer, block))
            cells.append("-" if row is None else f"{row['rate']:.0f} ({row['step_ms']:.2f})")
        if set(cells) != {"-"}:
            lines.append(f"{block:>7}" + "".join(f"{cell:>22}" for cell in cells))
    lines += [
        f"block {row['block']} at {row['layer']}: device busy {row['busy']:.0%} of a step of "
        f"{row['step_ms']:.2f} ms, {row['kernels_per_step']:.0f} kernels"
        for row in found["profile"]
    ]
    for block in args.whole:
        rows = [row for row in found["whole"] if row["asked"] == block]
        if not rows:
            continue
        blocks = sum(row["blocks"] for row in rows)
        total = sum(row["layer_s"] for row in rows)
        loops = sum(row["full_loop_s"] * row["blocks"] for row in rows)
        after = sum(row["full_after_loop_s"] * row["blocks"] for row in rows)
        files = sum(row["png_s"] * row["blocks"] for row in rows)
        lines.append(
            f"GoogLeNet at {STEPS} steps, blocks of {block}: {total / 60:.1f} min for {blocks} "
            f"blocks of {len(rows)} layers, from one block of each, of "
            f"{min(row['steps'] for row in rows)} to {max(row['steps'] for row in rows)} steps "
            f"(goal: {GOAL_S / 60:.0f} min for 12 layers): loops {loops:.0f} s, "
            f"rescues and measuring {after:.0f} s, PNG {files:.0f} s; "
            f"of the sample {sum(r['rescued'] for r in rows)} rescued, "
            f"{sum(r['dead'] for r in rows)} dead, {sum(r['failed'] for r in rows)} failed, "
            f"{sum(r['risen'] for r in rows)} of {sum(r['block'] for r in rows)} risen"
        )
    lines += [f"NOT DONE: {each}" for each in found["errors"]]
    return lines


def main() -> int:
    """Measure, print and save."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=4.0, help="for everything together")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="auto", choices=("auto", "float32", "bfloat16"))
    parser.add_argument("--layers", nargs="+", default=list(LAYERS))
    parser.add_argument("--blocks", nargs="*", type=int, default=list(BLOCKS))
    parser.add_argument("--profiled", nargs="*", type=int, default=list(PROFILED))
    parser.add_argument("--whole", nargs="*", type=int, default=list(WHOLE))
    parser.add_argument("--steps", type=int, default=STEPS, help="of a whole block, at most")
    parser.add_argument("--out", type=Path, default=Path("gallery/out/gpu"), metavar="FOLDER")
    parser.add_argument("--tiny", action="store_true", help="small pictures, to try it out")
    args = parser.parse_args()
    if args.tiny:
        args.steps = min(args.steps, 4)
    device = vizkit.load("lenet5@random", device=args.device).device
    found: dict[str, Any] = {
        "machine": machine(device),
        **{"rates": [], "profile": [], "whole": [], "errors": []},
    }
    args.out.mkdir(parents=True, exist_ok=True)

    def save() -> None:
        (args.out / "throughput.json").write_text(json.dumps(found, indent=1))

    print(", ".join(f"{name} {value}" for name, value in found["machine"].items()), flush=True)
    measured(found, args, save)
    save()
    text = "\n".join(summary(found, args))
    (args.out / "throughput.txt").write_text(text + "\n")
    print(f"\n{text}", flush=True)
    return 0


if __name__ == "__main__":
    vizkit.script(main)
