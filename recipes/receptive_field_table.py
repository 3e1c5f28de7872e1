"""Five architectures side by side: what the last convolution sees, costs, growth of the fields.

Takes some seconds, needs no weights, and saves the table (Markdown) and the figure::

    python recipes/receptive_field_table.py [NETWORK ...] [--out gallery/out]
"""

from argparse import ArgumentParser
from pathlib import Path

import vizkit
from vizkit import plots

COLUMNS = "network,image,last convolution,r,stride,padding,center,units that see the whole image"
COSTS = "parameters,multiply-adds,activations"


def whole(fields, row) -> str:
    """How many units of a channel see every row and column of the image."""
    _, height, width = row.shape
    image = (0, 0, fields.input_size[0] - 1, fields.input_size[1] - 1)
    places = [(y, x) for y in range(height) for x in range(width)]
    seen = [fields.unit(row.name, 0, place, row.call).clipped for place in places]
    return f"{seen.count(image)} of {len(seen)}"


def line(name: str, fields) -> list[str]:
    """One network's row of the table."""
    convolutions = [row for row in fields if "conv" in row.op.lower() and None not in row.stride]
    row = convolutions[-1]
    image = " x ".join(map(str, fields.input_size))
    layer = (row.aliases or (row.name,))[0]
    numbers = [f"{float(pair[0]):g}" for pair in (row.size, row.stride, row.padding, row.center)]
    cost = [f"{fields.parameters:,}", f"{fields.multiply_adds:,}"]
    memory = f"{fields.activation_bytes / 2**20:.1f} MiB"
    return [name, image, layer, *numbers, whole(fields, row), *cost, memory]


def main(argv: list[str] | None = None) -> None:
    """Calculate, print the table and save both."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    five = ["lenet5", "alexnet", "vgg16", "googlenet", "resnet50"]
    parser.add_argument("networks", nargs="*", default=five)
    parser.add_argument("--out", type=Path, default=Path("gallery/out"))
    args = parser.parse_args(argv)
    found = {name: vizkit.receptive_field(name) for name in args.networks}
    head = f"{COLUMNS},{COSTS}".split(",")
    rows = [head, ["---"] * 3 + ["---:"] * (len(head) - 3)]
    rows += [line(name, fields) for name, fields in found.items()]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    print(table)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "receptive_field_table.md").write_text(table + "\n")
    plots.receptive_field_growth(*found.values()).savefig(args.out / "receptive_field_growth.png")


if __name__ == "__main__":
    vizkit.script(main)
