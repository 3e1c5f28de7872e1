"""Recipes and controls side by side, by the scorecard: which picture is better, and in what.

The sample is fixed beforehand, channels evenly through a layer, and never changed by what came out.
Its first half is for choosing recipes; the second, of other units, confirms a choice and takes no
part in it. Every row is written when it is done, and a run that is cut off goes on where it was::

    python recipes/benchmarks/benchmark_quality.py --out FOLDER [--device cuda] [--networks a,b]

writes ``rows.jsonl``, ``table.md`` with what the rule chooses, and ``response.png``.

The rule, for each kind of unit (`vizkit.rendering.defaults`): of the recipes that keep at least
95 % of the response of what was the default before there was a scorecard, in the median of the
kind's layers, and cost no more than it does (class logits: 1.5 times), the one with the best mean
rank in held-out robustness (mean of the eight changes), naturalness of the path and distance of the
spectrum from a natural one. A choice that does not keep the 95 % on the confirming half either is
given up for the next in rank. On two cores it takes hours, on a GPU some minutes. Figures to quote
name the machine, and the command.
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
from vizkit.rendering.defaults import NARROW, WIDE, kind_of

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

BEFORE = "1/f, 8 px"
RECIPES = {
    BEFORE: {"canvas": "fourier", "views": "rotate(10), scale(0.1), jitter(8)"},
    "1/f, narrow": {"canvas": "fourier", "views": NARROW},
    "1/f, wide": {"canvas": "fourier", "views": WIDE},
    "1/f^1.3, narrow": {"canvas": "fourier(1.3)", "views": NARROW},
    "1/f^1.3, wide": {"canvas": "fourier(1.3)", "views": WIDE},
    "1/f^1.5, narrow": {"canvas": "fourier(1.5)", "views": NARROW},
    "1/f^1.5, wide": {"canvas": "fourier(1.5)", "views": WIDE},
    "1/f^1.5, wide, 192": {"canvas": "fourier(1.5)", "views": WIDE, "steps": 192},
    "1/f^1.4, wide, 192": {"canvas": "fourier(1.4)", "views": WIDE, "steps": 192},
}
LEAST = 0.95
STEPS, OF_LOGITS = 128, 192
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
    kind = kind_of(network, [network.layer(layer)])
    about = {"network": network.source, "layer": layer, "kind": kind, "half": half}
    base = None
    for name, settings in tried.items():
        settings = {"steps": STEPS} | settings
        if settings["steps"] > (OF_LOGITS if layer == "logits" else STEPS):
            continue
        if (network.source, layer, half, name) in done and (base or name != BEFORE):
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
        groups[row["kind"], row["half"], row.get("recipe") or f"control: {row['control']}"].append(
            row
        )
    lines = ["| of | half | what | layers | " + " | ".join(shown) + " |"]
    lines.append("| --- | --- | --- | ---: |" + " ---: |" * len(shown))
    for (kind, half, what), members in groups.items():
        cells = []
        for name in shown:
            known = [row[name] for row in members if row.get(name) is not None]
            cells.append(f"{statistics.median(known):.3g}" if known else "-")
        lines.append(f"| {kind} | {half} | {what} | {len(members)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def robustness(row: dict) -> float | None:
    """Mean over the changes; None where one is not known."""
    values = [row[name] for name in row if name.startswith("robustness.")]
    return None if None in values else statistics.mean(values)


def spectrum(row: dict) -> float | None:
    """Larger where the spectrum is nearer to a natural one."""
    distance = row["spectrum.distance"]
    return None if distance is None else -distance


QUALITIES = (robustness, spectrum, lambda row: row["path"])


def by_layer(found: list[dict], kind: str, half: str) -> dict[tuple[str, str], dict[str, dict]]:
    """Rows of recipes by network and layer, then by recipe."""
    layers = defaultdict(dict)
    for row in found:
        if row["kind"] == kind and row["half"] == half and "recipe" in row:
            layers[row["network"], row["layer"]][row["recipe"]] = row
    return {key: rows for key, rows in layers.items() if BEFORE in rows}


def responses(layers: dict[tuple[str, str], dict[str, dict]]) -> dict[str, float]:
    """Median share of the response of before, of every recipe that all layers have."""
    names = set.intersection(*map(set, layers.values())) if layers else set()
    return {
        name: statistics.median(
            rows[name]["response"] / rows[BEFORE]["response"] for rows in layers.values()
        )
        for name in names
    }


def choice(found: list[dict], kind: str, half: str) -> tuple[str | None, dict[str, float]]:
    """What the rule chooses for a kind of unit, and the mean rank of every recipe that may be."""
    layers = by_layer(found, kind, half)
    kept = responses(layers)
    allowed = [name for name in RECIPES if kept.get(name, 0) >= LEAST]
    ranks = defaultdict(list)
    for rows in layers.values():
        for quality in QUALITIES:
            values = {name: quality(rows[name]) for name in allowed}
            if None in values.values():
                continue
            order = sorted(allowed, key=values.__getitem__, reverse=True)
            for name in allowed:
                ranks[name].append(order.index(name) + 1)
    means = {name: statistics.mean(ranks[name]) for name in allowed}
    return min(means, key=means.__getitem__, default=None), means


def chosen(found: list[dict]) -> str:
    """A sentence for each kind, in Markdown."""
    lines = []
    for kind in dict.fromkeys(row["kind"] for row in found):
        _, means = choice(found, kind, "choose")
        confirmed = responses(by_layer(found, kind, "confirm"))
        ranked = sorted(means.items(), key=_rank)
        listed = ", ".join(f"{name} {rank:.2f}" for name, rank in ranked)
        held = (name for name, _ in ranked if confirmed.get(name, 0) >= LEAST)
        seen = ", ".join(f"{name} {confirmed[name]:.3f}" for name, _ in ranked if name in confirmed)
        lines.append(
            f"- {kind}: {next(held, None)} (mean ranks: {listed}; response where confirmed: {seen})"
        )
    return "\n".join(lines) + "\n"


def _rank(item: tuple[str, float]) -> float:
    return item[1]


def plot(found: list[dict], path: Path) -> None:
    """Response over naturalness of the path and over what blur leaves; controls are crosses."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5), layout="constrained")
    shown = {"path": "naturalness of the path", "robustness.blur": "share left by a blur of 1.5 px"}
    for axes, (name, label) in zip(figure.subplots(1, 2), shown.items(), strict=True):
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
        axes.set(xlabel=label, ylabel="response over that to the best photograph", yscale="log")
        axes.set_xlim(-0.2, 1.3)  # a share of next to no response may be anything
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right center", fontsize=8)
    figure.savefig(path, dpi=130)


def main(argv: list[str] | None = None, *, tried: dict[str, dict] = RECIPES) -> None:
    """Measure what is not there yet, then write table and plot."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--networks", default=",".join(CHANNELS))
    parser.add_argument("--device", default=None)
    parser.add_argument("--steps", type=int, default=None, help="fewer, to try it out")
    parser.add_argument("--half", default="choose,confirm")
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
        for half in args.half.split(","):
            for layer in layers:
                for row in rows(network, layer, half, tried, args.steps, done):
                    if (source, layer, half, row.get("recipe")) in done:
                        continue
                    found.append(row)
                    with file.open("a") as log:
                        log.write(json.dumps(row) + "\n")
                    print(source, layer, half, row.get("recipe") or row["control"], flush=True)
    (args.out / "table.md").write_text(f"{table(found)}\n{chosen(found)}")
    plot(found, args.out / "response.png")
    print(table(found), chosen(found), sep="\n")


if __name__ == "__main__":
    main()
