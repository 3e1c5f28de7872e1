import json
import subprocess
import sys

import pytest

from vizkit.cli import layers
from vizkit.text import aligned


def run(arguments, capsys):
    import argparse

    parser = argparse.ArgumentParser()
    layers.add_flags(parser)
    assert layers.run(parser.parse_args(arguments)) == 0
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


def test_json_has_exactly_the_agreed_fields(capsys):
    rows = json.loads(run(["vgg16@hed", "--json"], capsys))
    assert {tuple(row) for row in rows} == {("name", "aliases", "op", "channels", "shape")}
    (row,) = (row for row in rows if "conv4_3" in row["aliases"])
    assert row == {
        "name": "features.21",
        "aliases": ["conv4_3"],
        "op": "Conv2d",
        "channels": 512,
        "shape": [512, 28, 28],
    }


def test_table_shows_aliases_stars_and_branches(capsys):
    lines = run(["googlenet@random"], capsys).splitlines()
    assert lines[0].split() == ["LAYER", "ALIASES", "OP", "OUTPUT"]
    at = next(i for i, line in enumerate(lines) if line.startswith("*  inception3a"))
    assert lines[at].split()[:4] == ["*", "inception3a", "3a", "Inception"]
    assert lines[at].endswith("256 x 28 x 28")
    assert lines[at + 2].split() == ["inception3a.branch2.1", "channels", "64-191"]
    assert len({line.find("channels") for line in lines if "channels" in line}) == 1


@pytest.mark.parametrize(
    ("network", "message"),
    [("googelnet", "Did you mean 'googlenet'"), ("vgg16@hedd", "Did you mean 'hed'")],
)
def test_mistakes_name_the_nearest(network, message):
    done = subprocess.run(
        [sys.executable, "-m", "vizkit", "layers", network], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr


def test_the_command_does_not_import_torch():
    code = "import sys, vizkit.cli.layers, vizkit.cli.activations; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_tables_align():
    assert aligned([("a", "bb"), ("ccc", "")]) == "a    bb\nccc"
