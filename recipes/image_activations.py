"""What a photograph excites: the best classes, and the strongest channels of some layers.

::

    python recipes/image_activations.py [PHOTO] [--out maps]

Without a photograph it takes scikit-image's cat. A picture per layer shows it
and, beside it, where the strongest channels respond.
"""

from argparse import ArgumentParser
from pathlib import Path

import vizkit
from vizkit.activations import best_classes, map_strip, strongest_channels


def main(argv: list[str] | None = None) -> None:
    """Print classes and channels, and save the maps of each layer."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--network", default="efficientnet_lite0")
    parser.add_argument("--layers", default="blocks.2.1,blocks.4.2,blocks.6.0")
    parser.add_argument("--out", type=Path, default=Path("maps"), help="folder for the pictures")
    args = parser.parse_args(argv)

    network = vizkit.load(args.network)
    image = network.prepare(args.photo or cat())
    for best in best_classes(network, image):
        print(f"{best.probability:6.1%}  {best.name or best.channel}")
    layers = args.layers.split(",")
    # Any layer's output, as a tensor; no hook is left after the block.
    with vizkit.capture(network, layers) as acts:
        network(image)
    args.out.mkdir(parents=True, exist_ok=True)
    for layer, channels in strongest_channels(network, image, layers, top=4).items():
        names = [f"{each.channel} ({each.mean:.3g})" for each in channels]
        print(layer, tuple(acts[layer].shape), "strongest:", ", ".join(names))
        path = args.out / f"{layer}.png"
        map_strip(image[0], [each.map for each in channels]).save(path)
        print(path)


def cat():
    """Photograph of a cat that comes with scikit-image, H W C."""
    from skimage import data

    return data.cat()


if __name__ == "__main__":
    vizkit.script(main)
