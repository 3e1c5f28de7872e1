"""Pooling: the strongest response of each window stays, and where in it that was is forgotten.

Max pooling makes maps smaller: windows of 2x2 in steps of 2 turn 224x224x64 into 112x112x64, and
75 % of the activations are gone. It also makes them calmer. When the input moves a little, every
value below may change while some of the maxima above stay, because they are still within their
windows: half of them in the textbook's example, a fifth in the first pooling layer of VGG16.

A window may be wider than its step, so that windows overlap (AlexNet's 3x3 in steps of 2), and the
last one may find fewer inputs than the others. VGG16 is a trained one, and the photograph that it
looks at moves by one pixel.

::

    python recipes/lecture/pooling.py [--network vgg16@hed] [--layers relu1_2,pool1] [--out DIR]
"""

from argparse import ArgumentParser
from pathlib import Path

import torch
from torch.nn import functional

import vizkit
from diagrams.pooled_maps import pooled_maps
from diagrams.pooling import pooling_diagram, pooling_windows
from vizkit.arithmetic import Pooling, Volume

DETECTORS = {"detectors": (0.1, 1.0, 0.2, 0.1), "moved to the right by one": (0.3, 0.1, 1.0, 0.2)}
SIX = (0.1, 1.0, 0.2, 0.1, 0.0, 0.1)
CAT = 2  # of the photographs that come with scikit-image


def pooled(values, width, stride, padding=0):
    """Max pooling along a line by PyTorch; the last window may be smaller."""
    line = torch.tensor([values], dtype=torch.float64)
    return functional.max_pool1d(line, width, stride, padding, ceil_mode=True)[0].tolist()


def changes(first, moved) -> int:
    """How many values differ."""
    return sum(a != b for a, b in zip(first, moved, strict=True))


def share(first, moved, edge=4) -> float:
    """Share of the values that differ, away from the border and where either responds at all."""
    first, moved = (each[..., edge:-edge, edge:-edge] for each in (first, moved))
    return float((first != moved)[(first != 0) | (moved != 0)].float().mean())


def kinds(maps) -> dict:
    """Maps pooled in several ways."""
    return {
        "not pooled": maps,
        "max 2x2, step 2": functional.max_pool2d(maps, 2),
        "max 3x3, step 2": functional.max_pool2d(maps, 3, 2),
        "mean 2x2, step 2": functional.avg_pool2d(maps, 2),
    }


def uneven(maps) -> int:
    """Channel with the largest deviation for its mean, of those active at a third of the places."""
    flat = maps.flatten(1)
    busy = (flat > 0).float().mean(1) > 1 / 3
    return int((busy * flat.std(1) / flat.mean(1).clamp(min=1e-9)).argmax())


def main(argv: list[str] | None = None) -> None:
    """Pool by hand and in a network, print the numbers, and save the figures."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="vgg16@hed")
    parser.add_argument("--layers", default="relu1_2,pool1", help="a layer and its pooling")
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)

    layer = Pooling(2, stride=2).on("224x224x64")
    before, after = layer.input.activations, layer.output.activations
    print(
        f"{layer.input} -> {layer.output}: {before:,} values -> {after:,}, "
        f"{100 * layer.dropped:.0f} % gone"
    )
    for name, values in DETECTORS.items():
        print(f"width 3, step 1, {name}: {values} -> {tuple(pooled(values, 3, 1, 1))}")
    still, moved = (pooled(values, 3, 1, 1) for values in DETECTORS.values())
    below, above = changes(*DETECTORS.values()), changes(still, moved)
    print(f"{below} of 4 inputs change, {above} of 4 outputs")
    print(f"width 3, step 2: {SIX} -> {tuple(pooled(SIX, 3, 2))}, from 3, 3 and 2 inputs")
    for pooling in (Pooling(3, stride=2), Pooling(2, stride=2)):
        found = pooling.on(Volume(55, 55, 96))
        rows = pooling.windows(found.input)[0]
        print(f"AlexNet, {pooling}: {found.input} -> {found.output}, overlap {rows.overlap}, "
              f"unread rows {rows.unused}")  # fmt: skip

    network = vizkit.load(args.network)
    names = args.layers.split(",")
    height, width = network.input_size
    photo = network.images("photographs", (height, width + 1))[CAT]
    maps = []
    for image in (photo[..., 1:], photo[..., :-1]):  # the second has all one pixel further right
        with torch.no_grad(), vizkit.capture(network, names) as acts:
            network(image)
            maps.append([acts[name].clone() for name in names])
    (first, small), (second, small_moved) = maps
    shares = {}
    for (name, one), other in zip(kinds(first).items(), kinds(second).values(), strict=True):
        shares[name] = share(one, other)
        print(
            f"{args.network} {names[0]}, {name}: {100 * shares[name]:.1f} % of active values change"
        )
    print(f"{names[0]} {tuple(first.shape[1:])} -> {names[1]} {tuple(small.shape[1:])}")

    channel = uneven(first[0])
    own = [each[0, channel] for each in (first, second, small, small_moved)]
    volumes = [Volume(*each.shape[2:], each.shape[1]) for each in (first, small)]
    gone = 1 - volumes[1].activations / volumes[0].activations
    title = (
        f"{network.source}  {names[0]}:{channel} and {names[1]}:{channel}   "
        f"{volumes[0]} to {volumes[1]}, {100 * gone:.0f} % gone"
    )
    figures = {
        "": pooled_maps(photo[0, :, :, 1:], tuple(own[:2]), tuple(own[2:]), shares,
                        title=title, random=network.weights.random),
        "_shift": pooling_diagram(DETECTORS, 3, padding=1,
                                  title="All inputs change, only half of the outputs do"),
        "_stride": pooling_diagram({"": SIX}, 3, stride=2, ceil=True,
                                   title="Width 3, step 2: half as many; the last sees two"),
        "_overlap": pooling_windows((Pooling(3, stride=2), Pooling(2, stride=2)), 7,
                                    title="How many windows read each input"),
    }  # fmt: skip
    for name, figure in figures.items():
        figure.savefig(args.out / f"pooling{name}.png")
        print(args.out / f"pooling{name}.png")


if __name__ == "__main__":
    vizkit.script(main)
