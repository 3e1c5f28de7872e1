"""The evolution of architectures, drawn from the networks themselves.

AlexNet and VGG16 keep LeNet's plan: convolutions and pooling, then full connections, which hold
most of their parameters. GoogLeNet puts filters of several sizes side by side and ends with an
average in place of large full connections: 7 million parameters, not VGG16's 138. ResNet adds the
input of a block to its output, so that fifty layers learn.

All is measured on the modules; the receptive field is that of the last convolution. LeNet-5 and the
first GoogLeNet are as published. torchvision's GoogLeNet has 3x3 filters in place of the 5x5 ones,
and so sees half as far; its AlexNet is the later one with a single tower. The second figure shows
all planes of LeNet-5 for one digit, up to F6, whose 84 units draw the digit, 7 wide and 12 high.

::

    python recipes/lecture/architectures.py [--out gallery/out/lecture]
"""

from argparse import ArgumentParser
from pathlib import Path

import vizkit
from computations.blocks import numbers
from diagrams.architectures import architectures
from diagrams.planes import planes

NETWORKS = {
    "LeNet-5": ("lenet5", "LeCun et al., 1998"),
    "AlexNet": ("alexnet", "Krizhevsky et al., 2012"),
    "VGG16": ("vgg16", "Simonyan et al., 2014"),
    "GoogLeNet": ("googlenet_paper", "Szegedy et al., 2014"),
    "GoogLeNet 3×3": ("googlenet", "in torchvision"),
    "ResNet-18": ("resnet18", "He et al., 2015"),
    "ResNet-50": ("resnet50", "He et al., 2015"),
}
DIGIT = 3
"""A digit kept out of training, to show the planes of LeNet-5 for."""


def main(argv: list[str] | None = None) -> None:
    """Measure, print the table and draw."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    args = parser.parse_args(argv)
    fields = {title: vizkit.receptive_field(name) for title, (name, _) in NETWORKS.items()}
    print(f"{'network':15} {'layers':>6} {'parameters':>12} {'multiply-adds':>15} {'field':>6}")
    for title, found in fields.items():
        of = numbers(found)
        costs = f"{of.parameters:12,} {of.multiply_adds:15,}"
        print(f"{title:15} {of.depth:6} {costs} {of.field:6}  {NETWORKS[title][1]}")
    args.out.mkdir(parents=True, exist_ok=True)
    notes = {title: note for title, (_, note) in NETWORKS.items()}
    architectures(fields, notes).savefig(args.out / "architectures.png")

    lenet = vizkit.load("lenet5")
    images, classes = vizkit.digits(held_out=True)
    scores = lenet(images).detach()
    right = (scores.argmax(1) == classes).sum()
    print(f"\nLeNet-5 reads {right} of {len(images)} digits right that it was not trained on.")
    figure = planes(lenet, images[DIGIT], ("c1", "s2", "c3", "s4", "c5", "f6"), vectors=(12, 7))
    figure.savefig(args.out / "architectures_lenet5.png")


if __name__ == "__main__":
    vizkit.script(main)
