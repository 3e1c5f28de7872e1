"""Pictures of the same units by vizkit and by torch-lucent 0.1.8, one above the other.

Two channels of some layers of VGG16 and GoogLeNet. `lucent_peer.py` tells how to install the peer::

    python recipes/benchmarks/compare_with_lucent.py [--steps 128] [--peer-steps 512] [--out FOLDER]
"""

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

import vizkit
from lucent_peer import Clock, render_with_lucent

LAYERS = {
    "vgg16@hed": ("conv2_2", "conv3_3", "conv4_3", "conv5_3"),
    "googlenet@distilled": ("inception3a", "inception4a", "inception5b"),
}
CHANNELS = "24,48"


class FromImageNet(nn.Module):
    """A network that takes images as torch-lucent normalizes them, whatever it was trained with."""

    def __init__(self, network: vizkit.Network) -> None:
        super().__init__()
        self.module, self._network = network.module, network
        self.mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        self.std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Output of the network."""
        return self.module(self._network.preprocessing(images * self.std + self.mean))


def by_lucent(network: vizkit.Network, ours: vizkit.Render, steps: int) -> vizkit.Render:
    """Picture of the same unit, measured in the same way: on the clean picture, after the ReLU."""
    unit = vizkit.parse_address(ours.address)
    layer = f"module.{network.layer(unit.layer).name}"
    image = render_with_lucent(FromImageNet(network), layer, unit.channel, steps, Clock())
    with torch.no_grad(), vizkit.capture(network, unit.layer, after_activation=True) as acts:
        network(image[None])
    final = float(acts[unit.layer][0, unit.channel].mean())
    facts = {"image": image, "canvas_size": tuple(image.shape[1:]), "dead": final == 0}
    return replace(ours, **facts, initial=float("nan"), final=final, steps=steps)


def main(argv: list[str] | None = None) -> None:
    """Save a sheet per network."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int)
    parser.add_argument("--peer-steps", type=int, default=512, help="its own default is 512")
    parser.add_argument("--out", type=Path, default=Path())
    args = parser.parse_args(argv)
    for source, layers in LAYERS.items():
        network = vizkit.load(source)
        wanted = [f"{layer}:{CHANNELS}" for layer in layers]
        ours = vizkit.render(network, wanted, steps=args.steps)
        peers = [by_lucent(network, each, args.peer_steps) for each in ours]
        names = [render.unit.name for render in ours]
        captions = [f"vizkit {name}" for name in names] + [f"lucent {name}" for name in names]
        sheet = vizkit.plots.contact_sheet([*ours, *peers], columns=len(ours), captions=captions)
        sheet.savefig(args.out / f"{network.name}.png")
        print(args.out / f"{network.name}.png")


if __name__ == "__main__":
    vizkit.script(main)
