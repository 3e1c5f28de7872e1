"""Learned invariance: a unit that pools over detectors of a 5 in different orientations.

Pooling over places makes a unit invariant to small shifts; pooling over detectors of different
things makes it invariant to what they differ in. Here a maxout unit, the maximum of three
detectors, learns to tell rotated fives from other rotated digits. They come to share the work: each
answers to fives of its own range of angles, and so the maximum stays as a five is turned.

Each detector is one plane of weights over the whole image, and nothing says which orientation it
should take. A random start can leave one without any five; of five starts the one with the lowest
loss in training is shown. All responses are to digits that training did not see.

::

    python recipes/lecture/pooling_over_detectors.py [--out gallery/out/lecture]
"""

from argparse import ArgumentParser
from math import radians
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

import vizkit
from diagrams.pooled_detectors import interval, pooled_detectors

FIVE, DETECTORS, TURN, STARTS = 5, 3, 75, 5
ANGLES = tuple(range(-TURN, TURN + 1, 5))


class Maxout(nn.Module):
    """Largest of several linear detectors; positive for a five."""

    def __init__(self) -> None:
        super().__init__()
        self.detectors = nn.Conv2d(1, DETECTORS, 32)
        nn.init.normal_(self.detectors.weight, std=0.01)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """One number per image."""
        return self.detectors(images).flatten(1).amax(1)


def turned(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each image turned by an angle of its own."""
    angle = (torch.rand(len(images), generator=generator) * 2 - 1) * radians(TURN)
    still = torch.zeros_like(angle)
    rows = [torch.stack([angle.cos(), -angle.sin(), still], 1)]
    rows.append(torch.stack([angle.sin(), angle.cos(), still], 1))
    grid = functional.affine_grid(torch.stack(rows, 1), images.shape, align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def train(start: int, steps: int) -> tuple[Maxout, float]:
    """A unit and its loss over the last tenth of training, half of it fives."""
    torch.manual_seed(start)
    generator = torch.Generator().manual_seed(start)
    images, classes = vizkit.digits()
    fives, others = images[classes == FIVE], images[classes != FIVE]
    truth = torch.cat([torch.ones(32), torch.zeros(32)])
    unit, losses = Maxout(), []
    adam = torch.optim.Adam(unit.parameters(), lr=4e-3)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, 4e-3, total_steps=steps)
    for _ in range(steps):
        drawn = [s[torch.randint(len(s), (32,), generator=generator)] for s in (fives, others)]
        scores = unit(turned(torch.cat(drawn), generator))
        loss = functional.binary_cross_entropy_with_logits(scores, truth)
        adam.zero_grad()
        loss.backward()
        adam.step()
        cycle.step()
        losses.append(loss.item())
    last = losses[-max(1, steps // 10) :]
    return unit.eval(), sum(last) / len(last)


def above_half(responses: torch.Tensor) -> str:
    """Share of the angles at which a mean response is above half of its highest, and the range."""
    mean = responses.mean(0)
    share = (mean >= mean.max() / 2).float().mean() if mean.max() > 0 else torch.tensor(0.0)
    low, high = interval(responses)
    ends = [f"{mean[n]:5.1f} [{low[n]:.1f}, {high[n]:.1f}]" for n in (mean.argmin(), mean.argmax())]
    return f"{share:4.0%} of the angles; from {ends[0]} to {ends[1]}"


def main(argv: list[str] | None = None) -> None:
    """Train, measure on digits kept out, print and draw."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    args = parser.parse_args(argv)
    torch.set_num_threads(1)  # sums in one order, whatever the machine
    trained = [train(start, args.steps) for start in range(STARTS)]
    print("loss of each start:", " ".join(f"{loss:.3f}" for _, loss in trained))
    unit = min(trained, key=lambda each: each[1])[0]
    plain = vizkit.Preprocessing((0.0,), (1.0,), (32, 32))
    network = vizkit.load(unit, preprocessing=plain, name="fives")
    images, classes = vizkit.digits(held_out=True)
    fives, others = images[classes == FIVE], images[classes != FIVE]
    found = vizkit.carriers(network, "detectors:0-2", images=fives, values=ANGLES)
    order = found.response.mean(0).argmax(0).argsort().tolist()
    members = [f"detectors:{number}" for number in order]
    found = vizkit.carriers(network, members, images=fives, values=ANGLES)
    null = vizkit.carriers(network, members, images=others, values=ANGLES)
    print(found)
    print(f"\n{len(fives)} fives kept out, at {len(ANGLES)} angles; above half of the highest at")
    for number in range(DETECTORS):
        won = found.carries[:, number].mean()
        print(f"detector {number + 1}  {above_half(found.response[..., number])}; wins {won:.0%}")
    print(f"maximum     {above_half(found.pooled)}")
    for what, each in (("fives", found), (f"{len(others)} other digits", null)):
        print(f"taken for a five: {(each.pooled > 0).float().mean():.1%} of the {what}")
    args.out.mkdir(parents=True, exist_ok=True)
    templates = unit.detectors.weight.detach()[order, 0]
    path = args.out / "pooling_over_detectors.png"
    pooled_detectors(found, templates, null).savefig(path)
    print(path)


if __name__ == "__main__":
    vizkit.script(main)
