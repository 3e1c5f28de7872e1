"""Equivariance to translation: shift the image, and the feature map shifts along.

A convolution gives f(g(x)) = g(f(x)) for a shift g: it does not matter whether the image moves or
the map. In a real network this is exact, to the last bit, where the shift is a multiple of the
layer's stride, so that units move to units, and where no padding reaches them. Which units are free
of padding follows from their receptive fields; the rest are seen to break.

Between multiples of the stride something is lost, most of it half-way. And nothing in a convolution
makes it equivariant to rotation or scale: after a quarter turn, which moves units exactly onto
units, the two ways are more than half as far apart as two images are.

::

    python recipes/lecture/translation_equivariance.py [--network vgg16@hed] [--layer conv4_3]
"""

from argparse import ArgumentParser
from pathlib import Path

import vizkit
from computations.shift_maps import shift_maps
from computations.square import commuting_square
from diagrams.commuting import commuting_diagram, equivariance_bars
from diagrams.shifts import shift_heat_maps

CAT = 2  # of the photographs that come with scikit-image
SMALL, ROOMY = (160, 160), (192, 192)  # input and photographs for all shifts, which are many
ROOM = 1.43  # side of a photograph whose inscribed disc covers the input, however it is turned


def describe(square) -> str:
    """What the two ways around the square have in common."""
    inside, broken = square.interior, square.broken
    units = "units on units" if square.on_grid else "units between units"
    return (
        f"{square.transform} {square.value:g} {square.unit} ({units}): "
        f"{int(square.compared.sum())} units compared, "
        f"{int(inside.sum())} of them free of padding; "
        f"{int((broken & inside).sum())} of these differ, by {square.error(inside):.3g} of the "
        f"largest response at most; of the others {int((broken & ~inside).sum())} of "
        f"{int((square.compared & ~inside).sum())}, by {square.error(~inside):.3g}"
    )


def main(argv: list[str] | None = None) -> None:
    """Measure, print the numbers, and save the figures."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="vgg16@hed")
    parser.add_argument("--layer", default="conv4_3")
    parser.add_argument("--phases", default="conv2_2,conv3_3,conv4_3", help="layers, by depth")
    parser.add_argument("--images", type=int, default=4, help="photographs for the means")
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    network = vizkit.load(args.network)
    stride = vizkit.receptive_field(network)[args.layer].stride[0]

    large = tuple(round(ROOM * side) for side in network.input_size)
    photos = network.images("photographs", large).tensor()
    figures = {}
    for name, transform, value in (
        ("", "translation", 2 * stride),
        ("_stride", "translation", stride // 2),
        ("_rotation", "rotation", 90),
        ("_scale", "scale", 1.25),
    ):
        square = commuting_square(network, args.layer, transform, value, photos[CAT : CAT + 1])
        print(describe(square))
        figures[name] = commuting_diagram(square)

    swept = {
        "translation": (stride, 2 * stride, stride // 2),
        "rotation": (15, 90, 180),
        "scale": (0.8, 1.25),
    }
    chosen = photos[CAT - 1 : CAT - 1 + args.images]
    found = [
        vizkit.equivariance(
            network, args.layer, name, images=chosen, values=values, after_activation=True
        )
        for name, values in swept.items()
    ]
    for each in found:
        split = each[args.layer].split
        for at, value in enumerate(each.values):
            print(
                f"{each.transform:12} {value:5g} {each.unit:8} interior error "
                f"{split.interior[at]:.4f} of another image's, of which interpolation "
                f"{split.interpolation[at]:.4f}, stride {split.phase[at]:.4f}"
            )
    figures["_groups"] = equivariance_bars(found, args.layer)

    names = args.phases.split(",")
    photos = network.images("photographs", ROOMY).tensor()
    maps = shift_maps(network, names, range(8), range(8), photos[1:3], input_size=SMALL)
    for name in names:
        phases = maps.phases(name)
        worst = divmod(int(phases.argmax()), phases.shape[1])
        print(
            f"{name}: interior error {phases[0, 0]:g} for multiples of the stride, "
            f"{phases.max():.4f} for shifts that leave {worst} px, the worst"
        )
    figures["_phases"] = shift_heat_maps(maps)

    for name, figure in figures.items():
        figure.savefig(args.out / f"translation_equivariance{name}.png")
        print(args.out / f"translation_equivariance{name}.png")


if __name__ == "__main__":
    vizkit.script(main)
