"""Activation volumes: what an image turns into on its way through a network, column by column.

Every column is one layer, every tile the response of one of its channels. At first the image can
still be seen, its edges and colors sorted into channels. Then the maps get coarser and the channels
more, until a few numbers are left that say what is in it, with a score for each class.

The tiles are the channels that vary most over the positions. Columns without a gap between them
show the same channels before and after an operation.

::

    python recipes/lecture/activation_volumes.py [IMAGE ...] [--network efficientnet_lite0]

An image is a file, or the name of a photograph that comes with scikit-image.
"""

from argparse import ArgumentParser
from pathlib import Path

from skimage import data

import vizkit

COLUMNS = {
    "efficientnet_lite0": "conv_stem,bn1,blocks.0.0,blocks.1.1,blocks.2.1,blocks.3.2,blocks.4.2,"
    "blocks.6.0,conv_head,bn2,global_pool",
    "vgg16": "conv1_2,relu1_2,pool1,conv2_2,relu2_2,pool2,conv3_3,relu3_3,pool3,conv4_3,relu4_3,"
    "pool4,conv5_3,relu5_3,pool5",
}


def main(argv: list[str] | None = None) -> None:
    """Print sizes and scores, and save a figure for each image."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", nargs="*", default=["chelsea", "coffee", "rocket"])
    parser.add_argument("--network", default="efficientnet_lite0")
    parser.add_argument("--layers", help="default: some of them, from first to last")
    parser.add_argument("--channels", type=int, default=6, help="tiles in a column")
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)

    network = vizkit.load(args.network)
    listed = args.layers or COLUMNS.get(network.name)
    layers = listed.split(",") if listed else None
    for number, given in enumerate(args.images):
        photo = Path(given) if Path(given).is_file() else getattr(data, given)()
        name = Path(given).stem
        seen = vizkit.image_activations(network, layers, image=photo, channels=args.channels)
        if number == 0:
            for layer in seen.layers:
                size = " x ".join(map(str, (*layer.shape[1:], layer.shape[0])))
                print(f"{layer.layer:12} {layer.kind:12} {size:16} {layer.activations:9,} values")
        print(name)
        for best in seen.classes:
            print(f"  {100 * best.probability:5.1f} %  {best.name or best.channel}")
        figure = seen.figure(title=f"{network.source}   {name}")
        path = args.out / f"activation_volumes{'_' + name if number else ''}.png"
        figure.savefig(path)
        print(path)


if __name__ == "__main__":
    vizkit.script(main)
