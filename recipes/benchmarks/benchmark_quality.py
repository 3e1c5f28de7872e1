"""Recipes and controls side by side, by the scorecard: which picture is better, and in what.

The sample is fixed beforehand, channels evenly through a layer, and never changed by what came out.
Its first half is for choosing recipes; the second, of other units, confirms a choice and takes no
part in it. Every row is written when it is done, and a run that is cut off goes on where it was::

    python recipes/benchmarks/benchmark_quality.py --out FOLDER [--device cuda] [--networks a,b]

writes ``rows.jsonl``, ``table.md`` and ``response.png``. On two cores it takes hours, on a GPU some
minutes. Figures to quote name the machine, and the command.
"""

import json
import statistics
import time
from argparse import ArgumentParser
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import torch

import vizkit

CHANNELS = {
    "vgg16@hed": ("conv1_2", "conv2_2", "conv3_3", "conv5_3"),
    "googlenet@distilled": ("conv2", "inception3b", "inception4c", "inception5a"),
    "efficientnet_lite0@imagenet": ("blocks.1", "blocks.2", "blocks.4", "blocks.6"),
}
CLASSES = {
    "choose": (292, 84, 953, 301, 779, 130, 985, 417),
    "confirm": (0, 9, 22, 107, 288, 323, 340, 387),
}
"""Of ImageNet: tiger, peacock, pineapple, ladybug, school bus, flamingo, daisy, balloon; and tench,
ostrich, bald eagle, jellyfish, leopard, monarch, zebra, lesser panda."""
PER_LAYER = 8

NARROW = "rotate(10), scale(0.1), jitter(8)"
MIDDLE = "rotate(10), scale(0.2), jitter(16)"
WIDE = "rotate(15), scale(0.25), jitter(24)"
RECIPES = {
    "1/f, narrow": {"canvas": "fourier", "views": NARROW},
    "1/f, wide": {"canvas": "fourier", "views": WIDE},
    "1/f^1.2, narrow": {"canvas": "fourier(1.2)", "views": NARROW},
    "1/f^1.3, narrow": {"canvas": "fourier(1.3)", "views": NARROW},
    "1/f^1.3, middle": {"canvas": "fourier(1.3)", "views": MIDDLE},
    "1/f^1.3, wide": {"canvas": "fourier(1.3)", "views": WIDE},
    "1/f^1.4, wide, 192": {"canvas": "fourier(1.4)", "views": WIDE, "steps": 192},
    "1/f^1.5, wide, 192": {"canvas": "fourier(1.5)", "views": WIDE, "steps": 192},
}
CONTROLS = ("noise", "photograph", "another unit", "pixels", "random network")
"""What no metric may take for a good picture of its unit; a photograph is natural, and weak."""


def units(network: vizkit.Network, layer: str, half: str) -> list[str]:
    """Addresses of the sample of one layer: evenly spaced, those to confirm between the others."""
    if layer == "logits":
        return [f"logits:{number}" for number in CLASSES[half]]
    count = network.layer(layer).channels
    shift = 0 if half == "choose" else count // (2 * PER_LAYER)
    return [f"{layer}:{number * count // PER_LAYER + shift}" for number in range(PER_LAYER)]


def control(name: str, network: vizkit.Network, renders: list, steps: int | None) -> list:
    """The same results with other images: what a metric must not be taken in by."""
    generator = torch.Generator().manual_seed(0)
    images = [render.image for render in renders]
    if name == "noise":
        images = [torch.rand(image.shape, generator=generator) for image in images]
    elif name == "another unit":
        images = images[1:] + images[:1]
    elif name == "photograph":
        crops = network.images("photographs", size=renders[0].canvas_size).tensor().cpu()
        images = [crops[number % len(crops)] for number in range(len(images))]
    else:
        names = [render.unit.name for render in renders]
        pixels = vizkit.Recipe(canvas="pixel", views="")
        recipe = pixels if name == "pixels" else vizkit.Recipe()
        recipe = replace(recipe, steps=steps or recipe.steps)
        if name == "random network":
            network = vizkit.load(f"{network.name}@random", device=network.device)
        others = vizkit.render(network, names, recipe=recipe, size=renders[0].canvas_size)
        images = [render.image for render in others]
    return [replace(render, image=image) for render, image in zip(renders, images, strict=True)]


def measure(network: vizkit.Network, renders: list) -> dict:
    """Median of every number of the scorecard, and of the response."""
    cards = vizkit.scorecard(network, renders)
    subjects = [card.flat() for card in cards]
    medians = {}
    for name in subjects[0]:
        known = [numbers[name] for numbers in subjects if numbers[name] is not None]
        medians[name] = round(statistics.median(known), 4) if known else None
    return medians


def rows(network: vizkit.Network, layer: str, half: str, tried: dict, steps: int | None, done: set):
    """One row for each recipe, then for each control, of one layer."""
    names = units(network, layer, half)
    about = {"network": network.source, "layer": layer, "half": half}
    base = None
    for name, settings in tried.items():
        if (network.source, layer, half, name) in done and (base or name != "1/f, narrow"):
            continue
        recipe = vizkit.Recipe(**settings | ({"steps": steps} if steps else {}))
        began = time.perf_counter()
        renders = list(vizkit.render(network, names, recipe=recipe))
        took = time.perf_counter() - began
        base = base or renders
        response = statistics.median(render.final for render in renders)
        dead = sum(render.dead for render in renders)
        yield (
            about
            | {"recipe": name, "seconds": round(took, 2), "dead": dead}
            | {"response": round(response, 4)}
            | measure(network, renders)
        )
    for name in CONTROLS:
        if base is not None and (network.source, layer, half, name) not in done:
            yield about | {"control": name} | measure(network, control(name, network, base, steps))


def table(found: list[dict]) -> str:
    """Medians over layers for each recipe and control, in Markdown."""
    shown = ("activation_ratio", "robustness.blur", "robustness.crop", "robustness.jpeg50")
    shown += ("spectrum.high", "spectrum.distance", "path", "batchnorm", "identification")
    groups = defaultdict(list)
    for row in found:
        kind = "logits" if row["layer"] == "logits" else "channels"
        groups[kind, row["half"], row.get("recipe") or f"control: {row['control']}"].append(row)
    lines = ["| of | half | what | layers | " + " | ".join(shown) + " |"]
    lines.append("| --- | --- | --- | ---: |" + " ---: |" * len(shown))
    for (kind, half, what), members in groups.items():
        cells = []
        for name in shown:
            known = [row[name] for row in members if row.get(name) is not None]
            cells.append(f"{statistics.median(known):.3g}" if known else "-")
        lines.append(f"| {kind} | {half} | {what} | {len(members)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def plot(found: list[dict], path: Path) -> None:
    """Response over naturalness of the path and over what blur leaves; controls are crosses."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("path", "robustness.blur"), strict=True):
        for number, what in enumerate([*RECIPES, *CONTROLS]):
            points = [
                (row[name], row["activation_ratio"])
                for row in found
                if what in (row.get("recipe"), row.get("control"))
                and row.get(name) is not None
                and row.get("activation_ratio") is not None
            ]
            if points:
                mark = "o" if what in RECIPES else "x"
                color = f"C{number % 10}"
                axes.scatter(*zip(*points, strict=True), marker=mark, color=color, label=what, s=18)
        axes.set(xlabel=name, ylabel="response over that to the best photograph", yscale="log")
    axes.legend(fontsize=7)
    figure.savefig(path, dpi=130)


def main(argv: list[str] | None = None, *, tried: dict[str, dict] = RECIPES) -> None:
    """Measure what is not there yet, then write table and plot."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--networks", default=",".join(CHANNELS))
    parser.add_argument("--device", default=None)
    parser.add_argument("--steps", type=int, default=None, help="fewer, to try it out")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    file = args.out / "rows.jsonl"
    found = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done = {
        (row["network"], row["layer"], row["half"], row.get("recipe") or row["control"])
        for row in found
    }
    for source in args.networks.split(","):
        network = vizkit.load(source, device=args.device)
        layers = CHANNELS.get(network.source) or network.default_layers()[:2]
        if network.classes is not None and len(network.classes) == 1000:
            layers = (*layers, "logits")
        for half in CLASSES:
            for layer in layers:
                for row in rows(network, layer, half, tried, args.steps, done):
                    if (source, layer, half, row.get("recipe")) in done:
                        continue
                    found.append(row)
                    with file.open("a") as log:
                        log.write(json.dumps(row) + "\n")
                    print(source, layer, half, row.get("recipe") or row["control"], flush=True)
    (args.out / "table.md").write_text(table(found))
    plot(found, args.out / "response.png")
    print(table(found))


if __name__ == "__main__":
    main()
