"""How far trained units really look, layer by layer, against random weights and theory.

Takes about two minutes on two cores, and saves two figures for each network::

    python recipes/effective_receptive_field.py [NETWORK ...] [--images N] [--out gallery/out]
"""

from argparse import ArgumentParser
from pathlib import Path

import vizkit
from vizkit import plots
from vizkit.receptive_fields import growth

HEAD = "layer         theory  seen   95 %  random   null  sigma  random   null    R2  shift"


def table(trained, random) -> str:
    """Lines of lengths in pixels; `seen` is the share of the field within the input."""
    lines = [f"{trained.network}  at {trained.input_size[0]} x {trained.input_size[1]}", HEAD]
    for own, other in zip(trained.layers, random.layers, strict=True):
        field, null = own.effective, own.null
        lines.append(
            f"{own.layer:12} {own.theory:7.0f} {field.visible:5.0%} {field.mass(0.95):6.0f} "
            f"{other.effective.mass(0.95):7.0f} {null.mass(0.95):6.0f} {field.sigma[1]:6.1f} "
            f"{other.effective.sigma[1]:7.1f} {null.sigma[1]:6.1f} {field.fit.r2:5.2f} "
            f"{max(map(abs, field.shift)):6.1f}"
        )
    slopes = f"{trained.slope:.2f}, random {random.slope:.2f}, null {trained.null_slope:.2f}"
    return "\n".join([*lines, f"log-log slope {slopes}", ""])


def main(argv: list[str] | None = None) -> None:
    """Measure, print the tables and save the figures."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=["googlenet@distilled", "vgg16@hed"])
    parser.add_argument("--images", type=int, default=4, help="how many photographs, at most 8")
    parser.add_argument("--out", type=Path, default=Path("gallery/out"))
    args = parser.parse_args(argv)

    args.out.mkdir(parents=True, exist_ok=True)
    for source in args.networks:
        both = []
        for name in (source, source.split("@")[0] + "@random"):
            network = vizkit.load(name)
            images = network.images("photographs").tensor()[: args.images]
            both.append(growth(network, images=images))
        print(table(*both))
        last = both[0].layers[-1]
        stem = both[0].network.replace("@", "_")
        figures = plots.growth_curves(*both), last.figure()
        for kind, figure in zip(("growth", "field"), figures, strict=True):
            path = args.out / f"{kind}_{stem}.png"
            figure.savefig(path)
            print(path)


if __name__ == "__main__":
    vizkit.script(main)
