"""Sparse connectivity: a unit is connected to a few inputs, and yet deep units see far.

With a kernel of 3 an input reaches three units above it, and a unit sees three inputs below it: its
receptive field. In a fully connected layer every input reaches every unit. What a unit sees grows
with each layer, by the same amount at stride 1, and about twofold where layers stride or pool by 2:
units deep in a network see all of the image, though each has only a few weights.

Every circle lit and every number is computed from real PyTorch modules by the receptive field
calculator, in one dimension as textbooks draw it.

::

    python recipes/lecture/sparse_connectivity.py [--out gallery/out/lecture]
"""

from argparse import ArgumentParser
from pathlib import Path

from torch import nn

import vizkit
from computations.connections import Connections, connections
from diagrams.connections import draw_connections
from vizkit.plots.frame import new_figure, show_title

DEEP = 6
COLORS = {"pooling": "#3a7d44", "stride 2": "#c8452f", "kernel 3": "#2a6f97"}


def convolution(stride: int = 1) -> nn.Module:
    """Kernel 3 along the column, padded so that stride 1 keeps its length."""
    return nn.Conv2d(1, 1, (3, 1), stride=(stride, 1), padding=(1, 0))


def pooling() -> nn.Module:
    """The maximum of two neighbors."""
    return nn.MaxPool2d((2, 1))


def dense(units: int) -> nn.Module:
    """Every unit is connected to every input."""
    return nn.Sequential(nn.Flatten(), nn.Linear(units, units), nn.Unflatten(1, (1, units, 1)))


def connected(layers: list[nn.Module], inputs: int) -> Connections:
    """Connections of a chain of layers on a column of inputs."""
    fields = vizkit.receptive_field(nn.Sequential(*layers), (1, inputs, 1))
    return connections(fields, [str(number) for number in range(len(layers))])


def growth() -> dict[str, list[int]]:
    """By kind of network: how many inputs a unit sees behind each of its layers."""
    kinds = {
        "kernel 3": [convolution() for _ in range(DEEP)],
        "stride 2": [convolution(2) for _ in range(DEEP)],
        "pooling": [nn.Sequential(convolution(), pooling()) for _ in range(DEEP)],
    }
    curves = {}
    for kind, layers in kinds.items():
        fields = vizkit.receptive_field(nn.Sequential(*layers), (1, 256, 1))
        curves[kind] = [fields[str(number)].size[0] for number in range(DEEP)]
    return curves


def draw(panels: dict[str, tuple[Connections, tuple]], curves: dict[str, list[int]]):
    """Diagrams and the growth of what a unit sees."""
    figure = new_figure(12, 5.8)
    grid = figure.subplots(2, 4, height_ratios=(1, 1.35)).flat
    for axes, (title, (found, lit)) in zip(grid, panels.items(), strict=False):
        draw_connections(axes, found, lit=lit, rise=2.6 if found.sizes[0] == 9 else 14.5 / len(lit))
        axes.set_title(title, fontsize=10)
    axes = figure.axes[-1]
    for kind, sizes in curves.items():
        axes.plot(range(1, DEEP + 1), sizes, "o-", ms=4, color=COLORS[kind])
        name = f"{kind}: {sizes[-1]}"
        axes.text(DEEP + 0.2, sizes[-1], name, va="center", color=COLORS[kind], fontsize=9)
    axes.set_xlim(0.8, DEEP + 2.8)
    axes.set_xticks(range(1, DEEP + 1))
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("convolutions", fontsize=9)
    axes.set_title("inputs that a unit sees", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    show_title(figure, "Few connections, large fields", False)
    return figure


def main(argv: list[str] | None = None) -> None:
    """Compute, print and draw."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    out = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)

    sparse, full = connected([convolution()], 9), connected([dense(9)], 9)
    deep = connected([convolution(), convolution(), convolution()], 17)
    strided = connected([convolution(2), convolution(2), convolution(2)], 17)
    pooled = connected([convolution(), pooling(), convolution(), pooling()], 16)
    panels = {}
    for name, found in (("kernel 3", sparse), ("fully connected", full)):
        below, above = found.from_below(4), found.from_above(4)
        panels[f"{name}: an input reaches {below[-1].sum()} units"] = found, below
        panels[f"{name}: a unit sees {above[0].sum()} inputs"] = found, above
        print(
            f"{name:15}  9 inputs, 9 units: {found.counts[0]} connections; an input reaches "
            f"{below[-1].sum()} units, a unit sees {above[0].sum()} inputs"
        )
    for name, found, unit in (
        ("three layers", deep, 8),
        ("stride 2", strided, 1),
        ("pooling by 2", pooled, 1),
    ):
        seen = [int(units.sum()) for units in found.from_above(unit)]
        panels[f"{name}: a unit sees {seen[0]} inputs"] = found, found.from_above(unit)
        print(f"{name:15}  units lit from the top down: {' <- '.join(map(str, reversed(seen)))}")
    curves = growth()
    print("\nfield behind layer " + "".join(f"{n:5d}" for n in range(1, DEEP + 1)))
    for kind, sizes in curves.items():
        print(f"{kind:18} " + "".join(f"{size:5d}" for size in sizes))
    vgg = vizkit.receptive_field("vgg16")
    print("\nvgg16      a unit sees      the middle pixel reaches")
    for layer in ("conv1_1", "conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3"):
        units = vgg.projective_field(layer, (112, 112)).units[0]
        print(
            f"{layer:8} {vgg[layer].size[0]:4d} x {vgg[layer].size[1]:<4d} px    "
            f"{units.sum():5,d} of {units.size:6,d} units of each channel"
        )
    draw(panels, curves).savefig(out / "sparse_connectivity.png")


if __name__ == "__main__":
    vizkit.script(main)
