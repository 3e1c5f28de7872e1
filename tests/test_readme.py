"""The examples of the README run as they stand there."""

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from vizkit.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line[2:]
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]


def test_python_examples_run_one_after_the_other(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for example in PYTHON:
        exec(compile(example, "README.md", "exec"), names)
    shown = capsys.readouterr().out
    assert "torch.Size([1, 512, 14, 14])" in shown
    assert "(43, 43)" in shown
    assert "(171, 171) (16, 16) (71, 71)" in shown
    assert "(0, 0, 131, 131)" in shown
    assert "(17, 17)" in shown
    assert (tmp_path / "sheet.pdf").stat().st_size > 1000
    risen = re.findall(r"inception3a:\d+  ok  response (\S+) -> (\S+)", shown)
    assert len(risen) == 4 and all(float(after) > float(before) for before, after in risen)


def test_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) >= 6
    Image.fromarray(data.chelsea()).save("cat.png")
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "vizkit"
        assert main(arguments) == 0, command
    capsys.readouterr()
    assert (tmp_path / "my_gallery" / "index.html").is_file()
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 1


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([\w./]+)\)", README))))
def test_links_lead_somewhere(target):
    assert (Path(__file__).parents[1] / target).exists()
