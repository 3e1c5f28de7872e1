"""Parameter sharing: one weight serves at every position.

A convolution uses each of its weights wherever the kernel fits; a dense layer uses each of its
weights once. So a convolution's parameters do not depend on the size of the image, and they are
few: a dense layer between the same maps needs thousands to hundreds of millions of times as many.

Which connections use which weight is read off real modules, by numbering their weights. The layers
below are counted in the modules of AlexNet, VGG16 and GoogLeNet, and again by ``(F*F*D1)*K + K``.

::

    python recipes/lecture/parameter_sharing.py [--out gallery/out/lecture]
"""

from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import torch
from torch import nn

import vizkit
from computations.connections import connections
from diagrams.connections import draw_connections
from diagrams.sharing import draw_ratios, draw_weight_table
from vizkit.arithmetic import Convolution, Layer, Volume
from vizkit.networks.outline import outline
from vizkit.plots.frame import new_figure, show_title

UNITS = 7
LAYERS = {
    "alexnet": {"conv1": "features.0", "conv2": "features.3", "conv5": "features.10"},
    "vgg16": {"conv1_1": "features.0", "conv1_2": "features.2", "conv5_3": "features.28"},
    "googlenet": {
        "conv1": "conv1.conv",
        "conv3": "conv3.conv",
        "3a 1x1": "inception3a.branch1.conv",
        "3a 3x3": "inception3a.branch2.1.conv",
    },
}


def weight_numbers(module: nn.Module) -> np.ndarray:
    """Number of the weight that leads from each input to each unit, from 1; 0 for none."""
    weight = next(module.parameters())
    with torch.no_grad():
        weight.copy_(torch.arange(1, weight.numel() + 1).view_as(weight))
        one_input_each = torch.eye(UNITS).reshape(UNITS, 1, UNITS, 1)
        return module(one_input_each).reshape(UNITS, UNITS).T.round().int().numpy()


def counted(name: str, layers: dict[str, str]) -> list[tuple[str, Layer, int]]:
    """Layers of a network with their arithmetic, and the parameters that their modules have."""
    network = outline(name).module.eval()  # shapes in place of weights
    shapes = {}
    for path in layers.values():
        module = network.get_submodule(path)
        module.register_forward_hook(lambda m, images, maps: shapes.update({m: (images[0], maps)}))
    network(torch.empty(1, 3, 224, 224, device="meta"))
    found = []
    for layer, path in layers.items():
        module = network.get_submodule(path)
        given, made = (Volume(*maps.shape[2:], maps.shape[1]) for maps in shapes[module])
        sizes = module.out_channels, module.kernel_size, module.stride, module.padding
        numbers = Convolution(*sizes, bias=module.bias is not None).on(given)
        assert numbers.output == made
        own = sum(each.numel() for each in module.parameters())
        assert own == numbers.parameters
        found.append((f"{name} {layer}", numbers, own))
    return found


def dense_parameters(layer: Layer) -> int:
    """Weights of a dense layer between the same volumes, and biases where the convolution has."""
    return layer.dense_connections + layer.operation.bias * layer.output.activations


def draw(numbers: dict[str, np.ndarray], found: dict, rows: list[tuple[str, Layer, int]]):
    """Connections of one weight, tables of weights, and parameters in logarithms."""
    figure = new_figure(12, 5.6)
    left, right = figure.subfigures(1, 2, width_ratios=(1.15, 1))
    grid = left.subplots(2, 2, width_ratios=(1.5, 1))
    for (name, table), (above, beside) in zip(numbers.items(), grid, strict=True):
        middle = table == table[UNITS // 2, UNITS // 2]
        draw_connections(above, found[name], bold=[middle], rise=2.2)
        above.set_title(
            f"{name}: the bold weight serves {middle.sum()} of {(table > 0).sum()} connections",
            fontsize=9,
        )
        draw_weight_table(beside, table)
    pairs = {name: (own, dense_parameters(layer)) for name, layer, own in rows}
    names = "convolution", "dense layer between the same maps"
    draw_ratios(right.subplots(), pairs, names, "parameters")
    show_title(figure, "One weight at every position", False)
    return figure


def main(argv: list[str] | None = None) -> None:
    """Number weights, count parameters, print and draw."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    out = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)

    dense = nn.Linear(UNITS, UNITS, bias=False)
    modules = {
        "convolution": nn.Conv2d(1, 1, (3, 1), padding=(1, 0), bias=False),
        "dense": nn.Sequential(nn.Flatten(), dense, nn.Unflatten(1, (1, UNITS, 1))),
    }
    numbers = {name: weight_numbers(module) for name, module in modules.items()}
    found = {}
    for name, module in modules.items():
        fields = vizkit.receptive_field(nn.Sequential(module), (1, UNITS, 1))
        found[name] = connections(fields, ["0"])
        uses = np.bincount(numbers[name].ravel())[1:]
        print(
            f"{name:12} {UNITS} inputs, {UNITS} units: {found[name].counts[0]} connections, "
            f"{len(uses)} weights, used {', '.join(map(str, sorted(set(uses))))} times"
        )
    print("convolution, the number of the weight from each input (column) to each unit (row):")
    print(numbers["convolution"])

    rows = [row for name, layers in LAYERS.items() for row in counted(name, layers)]
    head = f"{'LAYER':18}{'INPUT':>11}{'OUTPUT':>12}  {'PARAMETERS':30}"
    print(f"\n{head}{'IF DENSE':>20}{'TIMES':>13}")
    for name, layer, own in rows:
        many, formula = dense_parameters(layer), layer.formulas["parameters"]
        sizes = f"{layer.input!s:>11}{layer.output!s:>12}"
        print(f"{name:18}{sizes}  {formula!s:30}{many:20,}{many / own:13,.0f}")
    draw(numbers, found, rows).savefig(out / "parameter_sharing.png")


if __name__ == "__main__":
    vizkit.script(main)
