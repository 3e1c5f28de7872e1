"""The recipes around distillation, with the tiniest networks, as a user runs them."""

import io
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file

import vizkit
from tests.test_recipes import recipe, run

TINY = f"{Path(__file__).parent / 'tiny.py'}:network"


def arguments(out, *more):
    return (
        *("--student", TINY, "--teacher", TINY, "--out", out, "--size", 24, "--batch", 4),
        *("--images", 40, "--warmup", 4, *more),
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_training_stops_goes_on_and_gives_weights_that_load(number, tmp_path, monkeypatch, capsys):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    distill = recipe("distill_googlenet")
    assert run(distill, monkeypatch, *arguments(whole)) == 0
    steps = []

    class Interrupted(vizkit.distillation.Distillation):
        def _loss(self, *given):
            steps.append(None)
            if len(steps) == 4:  # in the middle of a step
                os.kill(os.getpid(), number)
            return super()._loss(*given)

    with monkeypatch.context() as patch:
        patch.setitem(distill.main.__globals__, "Distillation", Interrupted)
        assert run(distill, monkeypatch, *arguments(parts)) == 128 + number
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


def test_an_unusable_folder_or_state_is_said_before_the_training(tmp_path, monkeypatch, capsys):
    distill = recipe("distill_googlenet")
    monkeypatch.setattr(vizkit.distillation.Distillation, "step", lambda _: pytest.fail("trained"))
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(NotADirectoryError):
        run(distill, monkeypatch, *arguments(file / "out"))
    other = io.BytesIO()
    torch.save([1, 2], other)
    for content in (b"", b"PK\x03\x04 torn", b"hello world", other.getvalue()):
        (tmp_path / "state.pt").write_bytes(content)
        with pytest.raises(vizkit.errors.UsageError, match=r"state\.pt' is damaged"):
            run(distill, monkeypatch, *arguments(tmp_path))
    for minutes in ("0", "nan"):
        with pytest.raises(SystemExit):
            run(distill, monkeypatch, *arguments(tmp_path, "--minutes", minutes))
        assert "must be positive" in capsys.readouterr().err
    own = ("--weights", tmp_path / "student.safetensors")
    with pytest.raises(SystemExit):
        run(distill, monkeypatch, *arguments(tmp_path, *own))
    assert "is written anew here" in capsys.readouterr().err


def test_a_signal_at_the_end_costs_nothing(tmp_path, monkeypatch, capsys):
    distill = recipe("distill_googlenet")

    def late(*given):
        os.kill(os.getpid(), signal.SIGTERM)
        return vizkit.distillation.agreement(*given)

    with monkeypatch.context() as patch:
        patch.setitem(distill.main.__globals__, "agreement", late)
        assert run(distill, monkeypatch, *arguments(tmp_path)) == 0
    once = (tmp_path / "student.safetensors").read_bytes()
    for _ in range(4):
        (tmp_path / "student.safetensors").unlink()
        assert run(distill, monkeypatch, *arguments(tmp_path)) == 0
        assert (tmp_path / "student.safetensors").read_bytes() == once
    assert "Done: 40 crops" in capsys.readouterr().out
    assert (tmp_path / "student.safetensors").exists()
    assert json.loads((tmp_path / "log.jsonl").read_text())["crops"] == 40


def test_a_training_that_diverges_says_what_to_type(tmp_path, monkeypatch):
    given = arguments(tmp_path, "--learning-rate", 1e30, "--images", 400)
    with pytest.raises(vizkit.errors.UsageError, match="lower --learning-rate"):
        run(recipe("distill_googlenet"), monkeypatch, *given)


def test_agreement_of_a_network_with_itself(monkeypatch, capsys):
    given = (TINY, "--teacher", TINY, "--crops", 20, "--size", 24)
    run(recipe("teacher_agreement"), monkeypatch, *given, "--json")
    row, constant = json.loads(capsys.readouterr().out)
    assert constant["network"] is None and constant["top1"] < 1
    assert (row["top1"], row["top5"], row["images"]) == (1, 1, 20)
    assert row["kl"] == pytest.approx(0, abs=1e-9)
    run(recipe("teacher_agreement"), monkeypatch, *given)
    out = capsys.readouterr().out
    assert "100.0 %" in out and f"{100 / 7:.1f} %" in out


def photograph(draw, size=(320, 400), light=0):
    """Blobs of noise: large differences from place to place, small ones from pixel to pixel."""
    coarse = draw.integers(0, 200, (*(side // 8 for side in size), 3)) + light
    pixels = np.kron(coarse, np.ones((8, 8, 1))) + draw.normal(0, 6, (*size, 3))
    pixels[: size[0] // 2] /= 2 if light else 1
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def test_photo_pool_keeps_distinct_photographs(tmp_path, monkeypatch, capsys):
    draw = np.random.default_rng(0)
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    photograph(draw).save(folder / "a.png")
    photograph(draw, (120, 320)).save(folder / "small.png")
    photograph(draw, light=50).save(folder / "z bright room.png")
    Image.open(folder / "a.png").resize((1600, 1280)).save(folder / "b larger.png")
    ImageOps.mirror(Image.open(folder / "a.png")).save(folder / "c mirrored.png")
    Image.new("RGB", (700, 700), "gray").save(folder / "flat.png")
    drawing = np.kron(draw.integers(0, 255, (10, 10, 3)), np.ones((40, 40, 1)))
    Image.fromarray(drawing.astype(np.uint8)).save(folder / "of a few colors.png")
    (folder / "torn.jpg").write_bytes(b"not a picture")
    run(recipe("photo_pool"), monkeypatch, tmp_path / "in", tmp_path / "out")
    listed = capsys.readouterr()
    assert "2 photographs" in listed.out and "torn.jpg" in listed.err
    assert "b larger.png" in listed.out and "z bright room.png" in listed.out
    assert len(list((tmp_path / "out").glob("*.jpg"))) == 2
    for wrong, words in ((tmp_path / "out", "pictures already"), (folder / "out", "is inside")):
        with pytest.raises(SystemExit):
            run(recipe("photo_pool"), monkeypatch, tmp_path / "in", wrong)
        assert words in capsys.readouterr().err


def test_photo_pool_opens_archives_and_gives_cut_outs_a_ground(tmp_path, monkeypatch, capsys):
    draw = np.random.default_rng(1)
    folder = tmp_path / "in" / "package"
    folder.mkdir(parents=True)
    inside = io.BytesIO()
    blue = photograph(draw)
    blue.paste((0, 0, 255), (0, 0, 400, 60))
    blue.save(inside, "webp", lossless=True)
    (folder / "some.rcc").write_bytes(b"qres" + inside.getvalue() + b"RIFF is also a word" * 3)
    whole = Image.new("RGBA", (300, 300))
    whole.paste(photograph(draw, (200, 200), light=55), (50, 50))
    whole.save(folder / "cut out.png")
    run(recipe("photo_pool"), monkeypatch, tmp_path / "in", tmp_path / "out")
    assert "some.rcc/001.webp" in capsys.readouterr().out
    with Image.open(tmp_path / "out" / "002.jpg") as found:
        assert found.size == (250, 250)  # the cut-out, a quarter larger
        assert found.getpixel((125, 4))[2] > 200 > 100 > found.getpixel((125, 4))[0]


def test_photo_pool_holds_out_every_twelfth(tmp_path, monkeypatch, capsys):
    draw = np.random.default_rng(2)
    (tmp_path / "in").mkdir()
    for number in range(25):
        # Each its own color, so that no two look alike.
        picture = photograph(draw, (160, 160))
        tint = Image.new("RGB", (160, 160), tuple(int(each) for each in draw.integers(0, 255, 3)))
        Image.blend(picture, tint, 0.7).save(tmp_path / "in" / f"{number}.png")
    out = tmp_path / "out"
    run(recipe("photo_pool"), monkeypatch, tmp_path / "in", out)
    kept, held_out = len(list(out.glob("*.jpg"))), len(list((out / "held_out").glob("*.jpg")))
    assert kept > 12 and held_out == (kept + held_out) // 12
    given = (TINY, "--teacher", TINY, "--crops", 20, "--size", 24, "--photos", out / "held_out")
    run(recipe("teacher_agreement"), monkeypatch, *given)
    assert f"{held_out} photographs" in capsys.readouterr().out


def test_trained_beside_random(tmp_path, monkeypatch, capsys):
    sheet = tmp_path / "deeper" / "sheet.png"
    given = ("lenet5@random", "--layers", "c1,c3", "--channel", 1, "--steps", 1, "--out", sheet)
    run(recipe("trained_beside_random"), monkeypatch, *given)
    printed = capsys.readouterr().out
    assert printed.count("lenet5@random/c3:1: ") == 2  # random weights are beside themselves here
    with Image.open(sheet) as image:
        assert len(np.unique(np.array(image.convert("L")))) > 50
