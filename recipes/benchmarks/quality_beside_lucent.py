"""The scorecard of pictures by vizkit and by torch-lucent 0.1.8, of the same units at one size.

Two channels of each layer of `benchmark_quality.py`. torch-lucent paints 128 px and shows them to
the network enlarged to 224, so both are measured at 224 px, ours painted there. `lucent_peer.py`
tells how to install the peer; it takes two minutes a picture of GoogLeNet on a core, ten of VGG16::

    python recipes/benchmarks/quality_beside_lucent.py --out FOLDER [--networks a,b]

writes ``peers.jsonl``, one row a layer and renderer, and goes on where it was cut off.
"""

import json
import statistics
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

from torch.nn import functional

import vizkit
from benchmark_quality import CHANNELS, measure, units
from compare_with_lucent import by_lucent

SIDE = 224


def enlarged(network: vizkit.Network, render: vizkit.Render) -> vizkit.Render:
    """The picture as torch-lucent showed it to the network."""
    image = functional.interpolate(render.image[None], (SIDE, SIDE), mode="bilinear")[0]
    with vizkit.capture(network, render.unit.layer.name) as activations:
        network(image[None])
    final = float(activations[render.unit.layer.name][0, render.unit.channel].mean())
    return replace(render, image=image, canvas_size=(SIDE, SIDE), final=final)


def rows(network: vizkit.Network, layer: str, half: str, steps: int):
    """Ours, then the peer's."""
    ours = list(vizkit.render(network, units(network, layer, half)[::4], size=SIDE))
    theirs = [enlarged(network, by_lucent(network, render, steps)) for render in ours]
    for name, renders in (("vizkit", ours), (f"torch-lucent, {steps} steps", theirs)):
        response = statistics.median(render.final for render in renders)
        about = {"network": network.source, "layer": layer, "half": half, "by": name}
        yield about | {"response": round(response, 4)} | measure(network, renders)


def main(argv: list[str] | None = None) -> None:
    """Measure what is not there yet."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--networks", default=",".join(CHANNELS))
    parser.add_argument("--half", choices=("choose", "confirm"), default="confirm")
    parser.add_argument("--peer-steps", type=int, default=512, help="its own default is 512")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    file = args.out / "peers.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    done = {(row["network"], row["layer"], row["half"]) for row in map(json.loads, lines)}
    for source in args.networks.split(","):
        network = vizkit.load(source)
        for layer in CHANNELS[source]:
            if (source, layer, args.half) in done:
                continue
            for row in rows(network, layer, args.half, args.peer_steps):
                with file.open("a") as log:
                    log.write(json.dumps(row) + "\n")
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    vizkit.script(main)
