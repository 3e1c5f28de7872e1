"""LeNet-5 of 1998, trained on scikit-learn's handwritten digits: the weights `lenet5@digits`.

The network, its first weights and its criterion are the paper's (equation 9: the squared distance
to the right digit's code, against those of all others). The digits are new at every step, turned,
slanted, resized and shifted a little, and Adam with one cycle of the learning rate stands in for
the paper's second-order method. The last 360 digits, mostly by other hands, are kept out.

Takes a minute on one core and gives the same file each time on one machine::

    python recipes/makers/train_lenet5.py [--epochs 60] [--out gallery/out]
"""

from argparse import ArgumentParser
from math import radians
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn import functional

import vizkit
from vizkit.networks.architectures.lenet5 import LeNet5

BATCH, RATE, REJECTION = 32, 3e-3, 0.1
TURN, SLANT, RESIZE, SHIFT = radians(12), 0.2, 0.15, 2 / 16  # a shift by 1 is half the field


def moved(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each of the images turned, slanted, resized and shifted at random."""
    drawn = torch.rand(len(images), 5, generator=generator) * 2 - 1
    angle, slant, grow, *shift = (drawn * torch.tensor([TURN, SLANT, RESIZE, SHIFT, SHIFT])).T
    cosine, sine = angle.cos() / (1 + grow), angle.sin() / (1 + grow)
    rows = [torch.stack([cosine, slant - sine, shift[0]], 1)]
    rows.append(torch.stack([sine, cosine, shift[1]], 1))
    grid = functional.affine_grid(torch.stack(rows, 1), images.shape, align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def criterion(scores: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Mean over images of y_D + log(exp(-j) + sum_i exp(-y_i)), y being squared distances."""
    rejection = scores.new_full((len(scores), 1), -REJECTION)
    every = torch.cat([scores, rejection], 1).logsumexp(1)
    return (every - scores.gather(1, classes[:, None])[:, 0]).mean()


def accuracy(network: LeNet5, images: torch.Tensor, classes: torch.Tensor) -> float:
    """Share of images whose highest score is that of their class."""
    with torch.no_grad():
        return (network(images).argmax(1) == classes).float().mean().item()


def main(argv: list[str] | None = None) -> None:
    """Train, save and print the accuracies."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("gallery/out"))
    args = parser.parse_args(argv)

    torch.set_num_threads(1)  # sums in one order, whatever the machine
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    network = LeNet5()
    prepare = vizkit.load("lenet5@random").preprocessing
    images, classes = vizkit.digits()
    others, truth = vizkit.digits(held_out=True)
    batches = len(images) // BATCH
    adam = torch.optim.Adam(network.parameters(), RATE)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, total_steps=args.epochs * batches)
    for epoch in range(args.epochs):
        order = torch.randperm(len(images), generator=generator)[: batches * BATCH]
        for batch in order.split(BATCH):
            scores = network(prepare(moved(images[batch], generator)))
            loss = criterion(scores, classes[batch])
            adam.zero_grad()
            loss.backward()
            adam.step()
            cycle.step()
        if (epoch + 1) % 10 == 0:
            print(
                f"epoch {epoch + 1}: {accuracy(network, prepare(images), classes):.1%} of training"
            )
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "lenet5_digits.safetensors"
    save_file(network.state_dict(), path)
    right = accuracy(network, prepare(others), truth)
    print(f"{right:.1%} of the {len(others)} digits kept out ({round(right * len(others))} right)")
    print(path)


if __name__ == "__main__":
    vizkit.script(main)
