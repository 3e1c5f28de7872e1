"""How a network builds up its understanding: what its units look for, from first to last layer.

Every picture is painted by the network itself: it is what one channel responds to most. Edges and
colors come first, then textures and patterns, then rounder and more complex things; and from layer
to layer a unit sees more of the input, as drawn below to scale. GoogLeNet's weights were distilled
from another network on some hundred photographs, VGG16's fine-tuned to find edges: neither can show
objects as clearly as a classifier of a million photographs.

No channel is picked by hand. Each row belongs to a photograph; shown is, in every layer, the
channel whose mean response to that photograph exceeds its mean response to seven others by most.

::

    python recipes/lecture/features_over_depth.py [--network googlenet] [--layers a,b] [--steps 72]

With googlenet it takes torchvision's ImageNet weights, which are downloaded once.
"""

from argparse import ArgumentParser
from pathlib import Path

import torch
from skimage import data

import vizkit
from computations.preference import preferred_channels
from diagrams.depth import depth_strip
from vizkit.rendering import size_canvas

PHOTOS = ("astronaut", "chelsea", "coffee", "rocket", "camera", "coins", "grass", "brick")
NETWORKS = ["googlenet@distilled", "vgg16@hed"]
SOME = {"vgg16": "conv1_1,conv1_2,conv2_1,conv2_2,conv3_1,conv3_3,conv4_1,conv4_3,conv5_1,conv5_3"}
LARGEST = 112  # pixels; the deep layers' canvases would be larger, and no other picture


def render(network, layer, channels, steps):
    """Pictures of channels, on a canvas of `LARGEST` pixels or less."""
    units = [f"{layer}:{channel}" for channel in channels]
    side = size_canvas(network, network.layer(layer)).canvas[0]
    return vizkit.render(network, units, steps=steps, size=min(side, LARGEST))


def main(argv: list[str] | None = None) -> None:
    """Choose channels, render them, and save a strip for each network."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", action="append", help=f"default: {' and '.join(NETWORKS)}")
    parser.add_argument("--layers", help="default: the network's published list, of VGG16 ten")
    parser.add_argument("--rows", type=int, default=4, choices=range(1, len(PHOTOS) + 1))
    parser.add_argument("--steps", type=int, default=72)
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)

    for number, source in enumerate(args.network or NETWORKS):
        network = vizkit.load(source)
        listed = args.layers or SOME.get(network.name)
        layers = listed.split(",") if listed else network.default_layers()
        images = torch.cat([network.prepare(getattr(data, name)()) for name in PHOTOS])
        chosen = preferred_channels(network, images, layers, first=args.rows)
        fields = vizkit.receptive_field(network)
        print(f"{network.source}: {network.weights.origin}")
        pictures = {}
        for layer in layers:
            pictures[layer] = render(network, layer, chosen[layer], args.steps)
            seen = fields[layer].size
            share = 100 * fields[layer].share
            dead = sum(each.dead for each in pictures[layer])
            print(
                f"{layer:12} sees {seen[0]:3d} x {seen[1]:3d} px, {share:5.3g} % of the input; "
                f"channels {', '.join(map(str, chosen[layer]))}{f', {dead} dead' if dead else ''}",
                flush=True,
            )
        strip = depth_strip(
            [[pictures[layer][row] for layer in layers] for row in range(args.rows)],
            {layer: fields[layer].size for layer in layers},
            network.input_size,
            images=list(images[: args.rows]),
            title=f"{network.source}   what channels respond to most, from first to last layer",
        )
        path = args.out / f"features_over_depth{'_' + network.name if number else ''}.png"
        strip.savefig(path)
        print(path)


if __name__ == "__main__":
    vizkit.script(main)
