"""Layer arithmetic: sizes and parameters of every layer from four numbers.

A layer is told by the side F of its filters, their number K, the stride S and the padding P. Its
output is ``(W - F + 2*P)/S + 1`` wide, its depth is K, and it has ``(F*F*D1)*K + K`` parameters.
With P = (F - 1)/2 and stride 1 the size stays; where the division leaves a rest, the layer does
not fit, and PyTorch drops what is left over.

Each number is computed twice: by the formula, and by running the PyTorch module.

::

    python recipes/lecture/layer_arithmetic.py [--out gallery/out/lecture]
"""

from argparse import ArgumentParser
from pathlib import Path

import torch

import vizkit
from computations.in_pytorch import pytorch_module
from diagrams.volumes import draw_volumes
from diagrams.windows import draw_windows
from vizkit.arithmetic import (
    Convolution,
    FullyConnected,
    Layer,
    Pooling,
    ReLU,
    Volume,
    Window,
    fit_padding,
    stack,
)
from vizkit.plots.frame import new_figure, show_title

CIFAR = [Convolution(12, 3, padding=1), ReLU(), Pooling(2), FullyConnected(10)]
SHRINKING = [Convolution(6, 5), Convolution(10, 5), Convolution(16, 5), Convolution(20, 5)]
CASES = [
    ("12 filters on an image", "32x32x3", CIFAR[:1]),
    ("[INPUT - CONV - RELU - POOL - FC] for CIFAR-10", "32x32x3", CIFAR),
    ("Six 5x5 filters, and further convolutions behind them", "32x32x3", SHRINKING),
    ("A 7x7 input, padded by 1, stays 7x7", "7x7x3", [Convolution(1, 3, padding=1)]),
    ("F = 1, S = 1, P = 0 keeps every size", "56x56x64", [Convolution(32, 1)]),
    *(
        (
            f"F = {f}, S = 1, P = (F - 1)/2 = {(f - 1) // 2} keeps the size",
            "32x32x3",
            [Convolution(8, f, padding=(f - 1) // 2)],
        )
        for f in (3, 5, 7)
    ),
    ("Pooling: (W - F)/S + 1", "224x224x64", [Pooling(2)]),
    ("Pooling that overlaps", "55x55x96", [Pooling(3, 2)]),
]
WINDOWS = [
    Window(7, 3),
    Window(7, 3, 2),
    Window(7, 3, 3),
    Window(7, 3, 1, 1, 1),
    Window(8, 2, 2),
    Window(7, 5, 2, 2, 2),
]


def verified(layer: Layer) -> Layer:
    """Return the layer, after PyTorch's module has given the same size and parameters."""
    given, module = layer.input, pytorch_module(layer)
    with torch.no_grad():
        maps = module(torch.zeros(1, given.depth, given.height, given.width))
    assert Volume(*maps.shape[2:], maps.shape[1]) == layer.output
    assert sum(each.numel() for each in module.parameters()) == layer.parameters
    return layer


def lines(layer: Layer) -> list[str]:
    """What the formulas and PyTorch say of a layer."""
    found = [f"  {layer.operation!s:50} {layer.input!s:>10} -> {layer.output}"]
    for name in ("width", "parameters"):
        formula = verified(layer).formulas.get(name)
        if formula is not None:
            found.append(f"    {name:10}  {formula.symbols:24}  {formula}")
    return found


def draw():
    """Volumes to scale, and where windows lie."""
    figure = new_figure(10, 7)
    top, middle, low = figure.subfigures(3, 1, height_ratios=(1, 1, 1.05))
    small = ["CONV\n12 filters 3x3\npadding 1", "RELU", "POOL\n2x2, stride 2", "FC\n10 units"]
    deep = [f"CONV\n{each.filters} filters 5x5" for each in SHRINKING]
    for part, operations, names in ((top, CIFAR, small), (middle, SHRINKING, deep)):
        net = stack("32x32x3", operations)
        volumes = [net.input, *(layer.output for layer in net.layers)]
        draw_volumes(part.subplots(), volumes, between=names, gap=26)
    for axes, window in zip(low.subplots(2, 3).flat, WINDOWS, strict=True):
        draw_windows(axes, window, room=(11, 3))
    show_title(figure, "Sizes of layers: (W - F + 2P)/S + 1", False)
    return figure


def main(argv: list[str] | None = None) -> None:
    """Print every case with its formulas, checked against PyTorch, and draw."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    out = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)

    for title, volume, operations in CASES:
        print(title)
        for layer in stack(volume, operations).layers:
            print(*lines(layer), sep="\n")
        print()
    print("F = 5, S = 2, P = whatever fits")
    for volume in ("32x32x3", "33x33x3"):
        for layer in fit_padding(Convolution(6, 5, stride=2), volume).layers:
            print(*lines(layer)[:2], sep="\n")
    print("\nAll sizes and parameters are those of PyTorch's modules.")
    draw().savefig(out / "layer_arithmetic.png")


if __name__ == "__main__":
    vizkit.script(main)
