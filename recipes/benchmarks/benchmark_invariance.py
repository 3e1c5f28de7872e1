"""What one sweep of images costs, beside a loop that probes one unit at a time.

::

    python recipes/benchmarks/benchmark_invariance.py [--network NAME] [--rounds 3] [--json]

Time: one batched sweep reads all units of all layers; the loop is what one would write for a single
unit: a hook, and a pass for every image and value. Both run in turn, and figures are medians over
the rounds. The loop runs for few units, and its time for all of them is that of one unit times
their number; this alone is extrapolated. Passes are counted by a hook on the network.

Memory: the most that a process held while it scored 8, 32 and 128 images, each number in a process
of its own. There glibc gives blocks above 128 KiB back at once, so that it is what is held that
counts, and not holes between small blocks, which add about 1 MiB per image of 224 pixels.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from statistics import median
from time import perf_counter
from typing import Any

import torch

import vizkit
from vizkit.probing.grid import grid
from vizkit.probing.invariance import report_layers
from vizkit.probing.responses import responses
from vizkit.transforms import transform
from vizkit.unit import Unit

HELD = """
import json, resource, sys
import torch, vizkit
name, layer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
network = vizkit.load(name)
size = (1, network.input_channels, *network.input_size)
draw = torch.Generator().manual_seed(0)
images = (torch.rand(size, generator=draw) for _ in range(count))
found = vizkit.invariance(network, layer.split(","), "shift_x", images=images, values=(0, 1, 2, 4))
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"images": found.images, "passes": found.passes, "mib": held}))
"""


@contextmanager
def counted(network: vizkit.Network) -> Iterator[list[int]]:
    """Number of images that pass through the network; not blank ones, which find fields."""
    passed = [0]

    def count(_: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        images = given[0].flatten(2)
        passed[0] += 0 if images.is_meta else int((images.amax(2) != images.amin(2)).any(1).sum())

    hook = network.module.register_forward_pre_hook(count)
    try:
        yield passed
    finally:
        hook.remove()


def by_sweep(
    network: vizkit.Network, layers: list[str], images: torch.Tensor, values: tuple[float, ...]
) -> torch.Tensor:
    """Responses of all units of all layers, images x values x units."""
    infos = [network.layer(layer) for layer in layers]
    units = [
        Unit(network.source, info, channel) for info in infos for channel in range(info.channels)
    ]
    (read,) = responses(network, units, [grid("rotation", values)], images)
    return read.together


def by_loop(
    network: vizkit.Network,
    module: str,
    channel: int,
    place: tuple[int, int],
    images: torch.Tensor,
    values: tuple[float, ...],
) -> torch.Tensor:
    """Responses of one unit, images x values: what one writes for one unit."""
    kept: list[torch.Tensor] = []

    def keep(_module: torch.nn.Module, _given: Any, output: torch.Tensor) -> None:
        kept.append(torch.relu(output[0, channel, place[0], place[1]]))

    turn = transform("rotation")
    hook = network.module.get_submodule(module).register_forward_hook(keep)
    with torch.no_grad():
        for image in images:
            for value in values:
                network(turn.apply(image[None], value))
    hook.remove()
    return torch.stack(kept).view(len(images), len(values))


def timed(args: Namespace) -> dict[str, Any]:
    """Figures of the two, in turn."""
    network = vizkit.load(args.network)
    layers = list(report_layers(network))
    photos = list(islice(network.images("all_photographs"), args.photos))
    images = torch.cat(photos)
    values = tuple(360.0 * step / args.values for step in range(args.values))
    info = next(each for each in map(network.layer, layers[len(layers) // 2 :]) if each.spatial)
    place = ((info.shape[1] - 1) // 2, (info.shape[2] - 1) // 2)
    rows = []
    for _ in range(args.rounds):
        with counted(network) as swept:
            start = perf_counter()
            found = by_sweep(network, layers, images, values)
            whole = perf_counter() - start
        with counted(network) as looped:
            start = perf_counter()
            for channel in range(args.units):
                by_loop(network, info.name, channel, place, images, values)
            single = (perf_counter() - start) / args.units
        rows.append((whole, single))
        print(f"sweep {whole:.2f} s, loop {single:.2f} s a unit", file=sys.stderr)
    units = found.shape[2]
    whole, single = (median(each) for each in zip(*rows, strict=True))
    return {
        "network": network.source,
        "layers": len(layers),
        "units": units,
        "images": len(images),
        "values": len(values),
        "sweep_passes": swept[0],
        "loop_passes_per_unit": looped[0] // args.units,
        "sweep_s": whole,
        "loop_s_per_unit": single,
        "times_for_one_unit": single / whole,
        "times_for_all_units": median(units * one / all_ for all_, one in rows),
        "lowest": min(units * one / all_ for all_, one in rows),
        "highest": max(units * one / all_ for all_, one in rows),
    }


def memory(args: Namespace) -> list[dict[str, float]]:
    """The most that a process held, by number of images."""
    found = []
    for count in map(int, args.counts.split(",")):
        done = subprocess.run(
            [sys.executable, "-c", HELD, args.network, args.memory_layers, str(count)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "MALLOC_MMAP_THRESHOLD_": str(128 * 1024)},
        )
        found.append(dict(json.loads(done.stdout)))
        print(f"{count} images: {found[-1]['mib']:.0f} MiB", file=sys.stderr)
    return found


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="googlenet@distilled")
    parser.add_argument("--photos", type=int, default=4)
    parser.add_argument("--values", type=int, default=8)
    parser.add_argument("--units", type=int, default=3, help="that the loop probes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--counts", default="8,32,128", help="of images, for memory")
    parser.add_argument("--memory-layers", default="conv1,conv2")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    time, held = timed(args), memory(args)
    if args.json:
        print(json.dumps({"time": time, "memory": held}, indent=1))
        return
    print(
        f"{time['network']}: {time['units']} units in {time['layers']} layers, "
        f"{time['images']} images at {time['values']} values\n"
        f"one sweep   {time['sweep_passes']:6d} passes for all units  {time['sweep_s']:8.2f} s\n"
        f"loop        {time['loop_passes_per_unit']:6d} passes for each     "
        f"{time['loop_s_per_unit']:8.2f} s a unit, measured on {args.units}\n"
        f"the sweep takes {1 / time['times_for_one_unit']:.2f} times as long as the loop of one;\n"
        f"for all units the loop would take {time['times_for_all_units']:.0f} times the sweep "
        f"({time['lowest']:.0f} to {time['highest']:.0f}; extrapolated)\n"
    )
    print("images  passes      MiB")
    for row in held:
        print(f"{row['images']:6d}  {row['passes']:6d}  {row['mib']:7.0f}")
    print(f"largest over smallest: {held[-1]['mib'] / held[0]['mib']:.2f}")


if __name__ == "__main__":
    vizkit.script(main)
