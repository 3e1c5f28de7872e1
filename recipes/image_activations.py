"""What a photograph excites: the best classes, and the strongest channels of some layers.

::

    python recipes/image_activations.py [PHOTO] [--out maps]

Without a photograph it takes scikit-image's cat. A picture per layer shows it
and, beside it, where the strongest channels respond.
"""

from argparse import ArgumentParser
from pathlib import Path

import vizkit
from vizkit.activations import map_strip


def main(argv: list[str] | None = None) -> None:
    """Print classes and channels, and save the maps of each layer."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--network", default="efficientnet_lite0")
    parser.add_argument("--layers", default="blocks.2.1,blocks.4.2,blocks.6.0")
    parser.add_argument("--out", type=Path, default=Path("maps"), help="folder for the pictures")
    args = parser.parse_args(argv)

    layers = args.layers.split(",")
    seen = vizkit.image_activations(args.network, layers, image=args.photo or cat(), channels=4)
    for best in seen.classes:
        print(f"{best.probability:6.1%}  {best.name or best.channel}")
    args.out.mkdir(parents=True, exist_ok=True)
    for layer in seen.layers:
        names = [f"{best.unit.channel} ({best.mean:.3g})" for best in layer.strongest]
        print(layer.layer, (1, *layer.shape), "strongest:", ", ".join(names))
        path = args.out / f"{layer.layer}.png"
        map_strip(seen.image, [best.map for best in layer.strongest]).save(path)
        print(path)


def cat():
    """Photograph of a cat that comes with scikit-image, H W C."""
    from skimage import data

    return data.cat()


if __name__ == "__main__":
    vizkit.script(main)
