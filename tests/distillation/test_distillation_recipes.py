"""The recipes around distillation, with the tiniest networks, as a user runs them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

import vizkit
from tests.test_recipes import recipe, run

TINY = f"{Path(__file__).parent / 'tiny.py'}:network"


def arguments(out, *more):
    return (
        *("--student", TINY, "--teacher", TINY, "--out", out, "--size", 24, "--batch", 4),
        *("--images", 40, "--warmup", 4, *more),
    )


def test_training_stops_goes_on_and_gives_weights_that_load(tmp_path, monkeypatch, capsys):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    distill = recipe("distill_googlenet")
    assert run(distill, monkeypatch, *arguments(whole)) == 0
    steps = []

    class Interrupted(vizkit.distillation.Distillation):
        def step(self):
            if len(steps) == 4:
                raise KeyboardInterrupt
            steps.append(None)
            return super().step()

    with monkeypatch.context() as patch:
        patch.setitem(distill.main.__globals__, "Distillation", Interrupted)
        assert run(distill, monkeypatch, *arguments(parts)) == 130
    assert "go on" in capsys.readouterr().err
    assert run(distill, monkeypatch, *arguments(parts)) == 0
    once, again = (load_file(each / "student.safetensors") for each in (whole, parts))
    assert all((once[name] == again[name]).all() for name in once)
    rows = [json.loads(line) for line in (parts / "log.jsonl").read_text().splitlines()]
    assert [row["crops"] for row in rows] == [16, 40]
    assert vizkit.load(TINY, weights=parts / "student.safetensors").weights.tag.startswith("file-")
    assert not list(tmp_path.rglob("*.part"))


def test_other_settings_do_not_go_on(tmp_path, monkeypatch):
    distill = recipe("distill_googlenet")
    run(distill, monkeypatch, *arguments(tmp_path))
    before = (tmp_path / "student.safetensors").read_bytes()
    with pytest.raises(vizkit.errors.UsageError, match=r"learning_rate 0\.001, not 0\.5"):
        run(distill, monkeypatch, *arguments(tmp_path, "--learning-rate", 0.5))
    assert (tmp_path / "student.safetensors").read_bytes() == before


def test_agreement_of_a_network_with_itself(monkeypatch, capsys):
    given = (TINY, "--teacher", TINY, "--crops", 20, "--size", 24)
    run(recipe("teacher_agreement"), monkeypatch, *given, "--json")
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["top1"], row["top5"], row["images"]) == (1, 1, 20)
    assert row["kl"] == pytest.approx(0, abs=1e-9)
    run(recipe("teacher_agreement"), monkeypatch, *given)
    out = capsys.readouterr().out
    assert "100.0 %" in out and f"{100 / 7:.1f} %" in out


def test_photo_pool_keeps_distinct_photographs(tmp_path, monkeypatch, capsys):
    draw = np.random.default_rng(0)
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)

    def photo(name, size=(640, 800), light=0):
        coarse = draw.integers(0, 200, (*(side // 8 for side in size), 3)) + light
        pixels = np.kron(coarse, np.ones((8, 8, 1))).clip(0, 255).astype(np.uint8)
        pixels[: size[0] // 2] //= 2 if light else 1
        Image.fromarray(pixels).save(folder / name)

    photo("a.png")
    photo("small.png", (320, 640))
    photo("z bright.png", light=50)
    Image.open(folder / "a.png").resize((1600, 1280)).save(folder / "b larger.png")
    Image.new("RGB", (700, 700), "gray").save(folder / "flat.png")
    (folder / "torn.jpg").write_bytes(b"not a picture")
    run(recipe("photo_pool"), monkeypatch, tmp_path / "in", tmp_path / "out")
    listed = capsys.readouterr()
    assert "2 photographs" in listed.out and "torn.jpg" in listed.err
    assert "a.png" in listed.out and "z bright.png" in listed.out
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_trained_beside_random(tmp_path, monkeypatch, capsys):
    sheet = tmp_path / "deeper" / "sheet.png"
    given = ("lenet5@random", "--layers", "c1,c3", "--channel", 1, "--steps", 1, "--out", sheet)
    run(recipe("trained_beside_random"), monkeypatch, *given)
    printed = capsys.readouterr().out
    assert printed.count("lenet5@random/c3:1: ") == 2  # random weights are beside themselves here
    with Image.open(sheet) as image:
        assert len(np.unique(np.array(image.convert("L")))) > 50
