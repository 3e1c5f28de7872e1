"""Channels of a network that answer no crop, and of these the ones that no render wakes.

Fifty crops of photographs that come with scikit-image are few, so the first count is an upper
bound. Only the silent channels are rendered::

    python recipes/silent_channels.py [NETWORK] [--layers a,b] [--steps N]
"""

from argparse import ArgumentParser

import torch
from skimage import data

import vizkit

PHOTOS = ("astronaut", "cat", "coffee", "rocket", "immunohistochemistry")


def crops(network, seed=0):
    """Ten random square crops of each photograph, as batches of 1 C H W."""
    generator = torch.Generator().manual_seed(seed)
    for name in PHOTOS:
        photo = getattr(data, name)()[..., :3]
        for share, y, x in torch.rand(10, 3, generator=generator).tolist():
            side = round(min(photo.shape[:2]) * (0.4 + 0.6 * share))
            top, left = round(y * (photo.shape[0] - side)), round(x * (photo.shape[1] - side))
            yield network.prepare(photo[top : top + side, left : left + side])


def main(argv: list[str] | None = None) -> None:
    """Count, render, count again."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", nargs="?", default="googlenet@distilled")
    parser.add_argument("--layers", help="default: the network's published list")
    parser.add_argument("--steps", type=int, default=64)
    args = parser.parse_args(argv)
    network = vizkit.load(args.network)
    layers = args.layers.split(",") if args.layers else network.default_layers()
    summary = vizkit.summarize(network, layers, images=crops(network))
    channels = silent = dead = 0
    for layer in layers:
        quiet = (summary[layer].max <= 0).nonzero().flatten().tolist()
        units = [f"{layer}:{channel}" for channel in quiet]
        renders = vizkit.render(network, units, steps=args.steps) if units else ()
        gone = [render for render in renders if render.dead]
        count = len(summary[layer].max)
        channels, silent, dead = channels + count, silent + len(quiet), dead + len(gone)
        print(
            f"{layer}: {count} channels, {len(quiet)} answer no crop, {len(gone)} no render either",
            *(render.address for render in gone),
        )
    print(
        f"{args.network}: {channels} channels, {silent} ({silent / channels:.1%}) answer none of "
        f"{summary.images} crops, {dead} ({dead / channels:.1%}) no render either"
    )


if __name__ == "__main__":
    vizkit.script(main)
