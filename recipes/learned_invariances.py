"""What a unit does not notice: pictures that differ, a walk at equal response, a pooled group.

::

    python recipes/learned_invariances.py [UNIT] [--space conv2] [--out gallery/out]

The film of the walk is a GIF. The group is a unit of a max-pooling layer: of
the nine neurons that it pools, another one carries it as a photograph shifts.
"""

from argparse import ArgumentParser
from pathlib import Path

import vizkit
from vizkit.learned_invariance import pooled_members


def main(argv: list[str] | None = None) -> None:
    """Find and print what the unit ignores, and save figures."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("unit", nargs="?", default="googlenet@distilled/inception3b:7")
    parser.add_argument("--space", default="pixels", help="where to differ: pixels, or a layer")
    parser.add_argument("--pool", default="maxpool1:7@28,28", help="a neuron of a pooling layer")
    parser.add_argument("--count", type=int, default=6, help="of diverse pictures")
    parser.add_argument("--steps", type=int, default=40, help="of the walk")
    parser.add_argument("--render-steps", type=int, default=128)
    parser.add_argument("--out", type=Path, default=Path("gallery/out"))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    source, unit = args.unit.split("/")
    network = vizkit.load(source)
    options = {
        "space": args.space,
        "recipe": vizkit.Recipe(steps=args.render_steps),
    }

    diverse = vizkit.diverse(network, unit, count=args.count, **options)
    print(repr(diverse))
    walk = vizkit.walk(network, unit, steps=args.steps, **options)
    print(repr(walk))
    members = pooled_members(network, args.pool)
    carriers = vizkit.carriers(network, members, "shift_x", values=range(-6, 7))
    print(carriers)

    figures = {
        "diverse": vizkit.plots.diverse_sheet(diverse),
        "walk": vizkit.plots.film_strip(walk),
        "carriers": vizkit.plots.carrier_chart(carriers),
    }
    for name, figure in figures.items():
        figure.savefig(args.out / f"{name}.png")
        print(args.out / f"{name}.png")
    print(walk.save_gif(args.out / "walk.gif"))


if __name__ == "__main__":
    vizkit.script(main)
