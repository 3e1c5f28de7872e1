"""Channels that stay silent after every rescue, and how the pictures of the others use the screen.

With the default recipe, which takes up to seven minutes a layer on one core::

    python recipes/benchmarks/dead_units.py [NETWORK] [--layers a,b] [--channels 0-31] [--json]
"""

import json
import time
from argparse import ArgumentParser

import numpy as np

import vizkit

LAYERS = "conv2_2,conv3_3,conv4_3,conv5_3"
LUMINANCE = np.array((0.2126, 0.7152, 0.0722))  # Rec. 709


def span(pixels) -> float:
    """Luminance between the 1st and the 99th percentile, of a range of 1."""
    gray = pixels @ LUMINANCE if pixels.shape[2] == 3 else pixels
    low, high = np.percentile(gray, (1, 99)) / 255
    return float(high - low)


def clipped(pixels) -> float:
    """Share of values at either end of the range."""
    return float(((pixels == 0) | (pixels == 255)).mean())


def examine(network, layer: str, channels: str, recipe) -> dict:
    """Counts of a layer, and its worst pictures; a dead channel has none to judge."""
    started = time.perf_counter()
    found = vizkit.render(network, f"{layer}:{channels}", recipe=recipe)
    pictures = [each.pixels() for each in found if not each.dead]
    return {
        "layer": layer,
        "channels": len(found),
        "dead": [each.address for each in found if each.dead],
        "rescued": sum(each.attempts > 1 and not each.dead for each in found),
        "clipped": max(map(clipped, pictures), default=None),
        "span": min(map(span, pictures), default=None),
        "seconds": round(time.perf_counter() - started, 1),
    }


def sentence(row: dict) -> str:
    """One line about a layer."""
    text = f"{row['layer']}: {len(row['dead'])} of {row['channels']} dead"
    if row["clipped"] is not None:
        text += (
            f", {row['rescued']} rescued; at most {row['clipped']:.1%} of a picture clipped, "
            f"luminance spans {row['span']:.0%} or more"
        )
    return " ".join([f"{text}; {row['seconds']:.0f} s", *row["dead"]])


def main(argv: list[str] | None = None) -> None:
    """Render and count, layer by layer."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", nargs="?", default="vgg16@hed")
    parser.add_argument("--layers", default=LAYERS)
    parser.add_argument("--channels", default="0-31", help="of each layer (default 0-31)")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    network = vizkit.load(args.network)
    recipe = vizkit.Recipe(steps=args.steps)
    rows = []
    for layer in args.layers.split(","):
        rows.append(examine(network, layer, args.channels, recipe))
        if not args.json:
            print(sentence(rows[-1]), flush=True)
    channels, dead = sum(row["channels"] for row in rows), sum(len(row["dead"]) for row in rows)
    if args.json:
        total = {"network": network.source, "channels": channels, "dead": dead, "layers": rows}
        print(json.dumps(total, indent=1))
    else:
        print(f"{network.source}: {dead} of {channels} channels dead ({dead / channels:.1%})")


if __name__ == "__main__":
    vizkit.script(main)
