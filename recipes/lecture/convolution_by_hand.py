"""A convolution by hand: two filters slide over a padded volume, number by number.

A filter is a small volume of weights as deep as its input. At every place it is laid over a window
of the input; the products of weights and inputs are summed over all planes, the bias is added, and
the result is one value of the output. Each filter gives one plane of the output.

Here two 3x3x3 filters move in steps of 2 over a 5x5x3 input with a border of zeros (7x7x3), which
takes 18 steps. The same arithmetic makes one plane of 28x28 numbers of a 32x32x3 image with one
5x5x3 filter: each number is a dot product of 75 terms. A network of such layers keeps its data in
volumes, where a regular network has them in columns.

::

    python recipes/lecture/convolution_by_hand.py [--out gallery/out/lecture]
"""

from argparse import ArgumentParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

import vizkit
from computations.by_hand import ConvolutionByHand, convolve
from computations.connections import connections
from diagrams.animation import save_gif
from diagrams.connections import draw_connections
from diagrams.convolution import convolution_step
from diagrams.volumes import draw_volumes
from vizkit.arithmetic import Convolution, FullyConnected, Pooling, Stack, Volume, stack
from vizkit.plots.frame import new_figure, show_title

INPUT = [
    [[0, 0, 1, 0, 2], [1, 0, 2, 0, 1], [1, 0, 2, 2, 0], [2, 0, 0, 2, 0], [2, 1, 2, 2, 0]],
    [[2, 1, 2, 1, 1], [2, 1, 2, 0, 1], [0, 2, 1, 0, 1], [1, 2, 2, 2, 2], [0, 1, 2, 0, 1]],
    [[2, 1, 1, 2, 0], [1, 0, 0, 1, 0], [0, 1, 0, 0, 0], [1, 0, 2, 1, 0], [2, 2, 1, 1, 1]],
]
W0 = [
    [[-1, 0, 1], [0, 0, 1], [1, -1, 1]],
    [[-1, 0, 1], [1, -1, 1], [0, 1, 0]],
    [[-1, 1, 1], [1, 1, 0], [0, -1, 0]],
]
W1 = [
    [[0, 1, -1], [0, -1, 0], [0, -1, 1]],
    [[-1, 0, 0], [1, -1, 0], [1, -1, 0]],
    [[-1, 1, -1], [0, -1, -1], [1, 0, 0]],
]
FILTERS = [W0, W1]
BIASES = [1, 0]
DRAWN = (9, 7, 6, 4)
"""Circles in the drawing of a regular network."""


def table(found: ConvolutionByHand) -> str:
    """One line for each step: where the window is, the sums of its planes, the value."""
    lines = ["step  filter  window                  sums of the planes   bias  value"]
    for number, step in enumerate(found.steps, 1):
        rows, columns = (f"{at}-{at + 2}" for at in (step.top, step.left))
        sums = "".join(f"{each:6d}" for each in step.sums)
        lines.append(
            f"{number:4d}  w{step.filter}      rows {rows}, columns {columns} {sums} "
            f"{step.bias:8d} {step.value:6d}"
        )
    return "\n".join(lines)


def one_filter_on_an_image() -> str:
    """One 5x5x3 filter on 32x32x3, by hand and by PyTorch."""
    numbers = np.random.default_rng(0)
    image, weights = numbers.integers(0, 256, (3, 32, 32)), numbers.integers(-3, 4, (1, 3, 5, 5))
    found = convolve(image, weights, [7])
    module = nn.Conv2d(3, 1, 5, dtype=torch.float64).requires_grad_(False)
    module.weight.copy_(torch.tensor(weights))
    module.bias.fill_(7)
    by_torch = module(torch.tensor(image, dtype=torch.float64))
    assert np.array_equal(found.output, by_torch.numpy())
    depth, height, width = found.output.shape
    return (
        f"One 5x5x3 filter on 32x32x3: {height}x{width}x{depth} = {found.output.size} values, "
        f"each of them {found.steps[0].products.size} products and a bias; PyTorch's are equal."
    )


def draw_data(regular: Stack, volumes: Stack) -> Figure:
    """A filter on an image; a regular network beside the same data as volumes."""
    figure = new_figure(10.5, 6.2)
    top, low = figure.subfigures(2, 1, height_ratios=(1, 1.2), hspace=0.05)
    axes = top.subplots()
    shapes = [Volume.of(each) for each in ("32x32x3", "5x5x3", "28x28x1")]
    captions = ["image 32x32x3", "filter 5x5x3\n75 weights, 1 bias", "map 28x28x1"]
    captions[2] += "\n784 sums of 75 products"
    between = ["times", "at 28x28\nplaces"]
    draw_volumes(axes, shapes, captions, between, arrows=(False, True), gap=20)
    left, right = low.subplots(1, 2, width_ratios=(1, 2.1))
    layers = [nn.Flatten()]
    for given, units in pairwise(DRAWN):
        layers.append(nn.Sequential(nn.Linear(given, units), nn.Unflatten(1, (1, units, 1))))
        layers.append(nn.Flatten())
    fields = vizkit.receptive_field(nn.Sequential(*layers[:-1]), (1, DRAWN[0], 1))
    dense = connections(fields, [str(number) for number in (1, 3, 5)])
    sizes = [regular.input, *(layer.output for layer in regular.layers)]
    names = [f"{size.activations:,}\nunits" for size in sizes]
    draw_connections(left, dense, names=names, rise=3.5, rightward=True)
    title = f"regular network, {regular.parameters:,} parameters"
    left.set_title(f"{title}\na few of its units, in columns", fontsize=10)
    boxes = [volumes.input, *(layer.output for layer in volumes.layers)]
    draw_volumes(right, boxes, between=["6 filters\n5x5x3", "pooling\n2x2", "10 units\nsee it all"])
    title = f"network of volumes, {volumes.parameters:,} parameters"
    right.set_title(f"{title}\nto scale", fontsize=10)
    show_title(figure, "One filter gives one plane; layers of filters keep data in volumes", False)
    return figure


def main(argv: list[str] | None = None) -> None:
    """Compute, draw, and print everything; the output planes come last."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    out = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)

    found = convolve(INPUT, FILTERS, BIASES, stride=2, padding=1)
    print(table(found), one_filter_on_an_image(), sep="\n\n")
    regular = stack("32x32x3", [FullyConnected(units) for units in (120, 84, 10)])
    volumes = stack("32x32x3", [Convolution(6, 5), Pooling(2), FullyConnected(10)])
    for name, net in (("regular network", regular), ("network of volumes", volumes)):
        sizes = " -> ".join(map(str, (net.input, *(layer.output for layer in net.layers))))
        print(f"{name:18}  {sizes}  {net.parameters:,} parameters")

    convolution_step(found, 4).savefig(out / "convolution_by_hand.png")
    steps = (convolution_step(found, n, whole=False) for n in range(len(found.steps)))
    save_gif(steps, out / "convolution_by_hand_steps.gif", frame_s=1.5)
    draw_data(regular, volumes).savefig(out / "convolution_by_hand_volumes.png")
    print("\nThe output, one plane after the other:")
    print(
        "\n\n".join("\n".join(" ".join(f"{n:3d}" for n in row) for row in o) for o in found.output)
    )


if __name__ == "__main__":
    vizkit.script(main)
