"""Pictures of the same units with trained and with random weights, one above the other.

::

    python recipes/trained_beside_random.py [NETWORK] [--layers a,b] [--channel 24] [--out FILE]

An architecture alone gives pictures too. What the trained row shows and the random one does not was
learned.
"""

from argparse import ArgumentParser
from pathlib import Path

import vizkit

BLOCKS = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
LAYERS = ",".join(f"inception{block}" for block in BLOCKS)


def main(argv: list[str] | None = None) -> None:
    """Render both rows, say how strongly the units respond, and save the sheet."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", nargs="?", default="googlenet@distilled")
    parser.add_argument("--layers", default=LAYERS)
    parser.add_argument("--channel", type=int, default=24)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--out", type=Path, default=Path("gallery/out/trained_beside_random.png"))
    args = parser.parse_args(argv)
    if args.out.suffix.lower() not in (".png", ".pdf", ".svg"):
        parser.error(f"--out {args.out} is no figure: name a .png, .pdf or .svg file")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    units = [f"{layer}:{args.channel}" for layer in args.layers.split(",")]
    recipe = vizkit.Recipe(steps=args.steps)
    rows, captions = [], []
    name = vizkit.parse_address(f"{args.network}/{units[0]}").network
    for source in (args.network, f"{name}@random"):
        network = vizkit.load(source)
        renders = vizkit.render(network, units, recipe=recipe)
        for unit, render in zip(units, renders, strict=True):
            print(f"{source}/{unit}: {render.initial:.3g} to {render.final:.3g}")
            captions.append(f"{network.weights.tag} {unit}")
        rows += renders
    sheet = vizkit.plots.contact_sheet(
        rows,
        columns=len(units),
        captions=captions,
        title=f"{args.network}, and below it the same architecture with random weights",
    )
    sheet.savefig(args.out)
    print(args.out)


if __name__ == "__main__":
    vizkit.script(main)
