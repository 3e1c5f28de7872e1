"""Eight channels of one layer of a trained GoogLeNet, as a contact sheet.

::

python recipes/quickstart.py [--layer inception4c] [--channels 0-7] [--out sheet.png]
"""

from argparse import ArgumentParser
from pathlib import Path

import vizkit


def main(argv: list[str] | None = None) -> None:
    """Render the channels and save the figure."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="googlenet@distilled")
    parser.add_argument("--layer", default="inception4c")
    parser.add_argument("--channels", default="0-7")
    parser.add_argument("--steps", type=int, default=128)
    parser.add_argument("--out", type=Path, default=Path("sheet.png"), help="PNG, PDF or SVG")
    args = parser.parse_args(argv)

    network = vizkit.load(args.network)
    recipe = vizkit.Recipe(steps=args.steps)
    renders = vizkit.render(network, f"{args.layer}:{args.channels}", recipe=recipe)
    for each in renders:
        print(f"{each.address}  {each.initial:.3g} -> {each.final:.3g}", "dead" * each.dead)
    vizkit.plots.contact_sheet(renders, columns=4).savefig(args.out)
    print(args.out)


if __name__ == "__main__":
    vizkit.script(main)
