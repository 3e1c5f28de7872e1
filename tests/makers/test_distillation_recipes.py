"""The recipes around distillation, with the tiniest networks, as a user runs them."""

import io
import json
import os
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import distillation
import vizkit
from tests.recipes import recipe, run

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
    assert run(distill, *arguments(whole)) == 0
    steps = []

    class Interrupted(distillation.Distillation):
        def _loss(self, *given):
            steps.append(None)
            if len(steps) == 4:  # in the middle of a step
                os.kill(os.getpid(), number)
            return super()._loss(*given)

    with monkeypatch.context() as patch:
        patch.setattr(distill, "Distillation", Interrupted)
        assert run(distill, *arguments(parts)) == 128 + number
    assert "go on" in capsys.readouterr().err
    assert run(distill, *arguments(parts)) == 0
    once, again = (load_file(each / "student.safetensors") for each in (whole, parts))
    assert all((once[name] == again[name]).all() for name in once)
    rows = [json.loads(line) for line in (parts / "log.jsonl").read_text().splitlines()]
    assert [row["crops"] for row in rows] == [16, 40]
    assert vizkit.load(TINY, weights=parts / "student.safetensors").weights.tag.startswith("file-")
    assert not list(tmp_path.rglob("*.part"))


def test_other_settings_do_not_go_on(tmp_path, monkeypatch):
    distill = recipe("distill_googlenet")
    run(distill, *arguments(tmp_path))
    before = (tmp_path / "student.safetensors").read_bytes()
    with pytest.raises(vizkit.errors.UsageError, match=r"learning_rate 0\.001, not 0\.5"):
        run(distill, *arguments(tmp_path, "--learning-rate", 0.5))
    assert (tmp_path / "student.safetensors").read_bytes() == before


def test_an_unusable_folder_or_state_is_said_before_the_training(tmp_path, monkeypatch, capsys):
    distill = recipe("distill_googlenet")
    monkeypatch.setattr(distillation.Distillation, "step", lambda _: pytest.fail("trained"))
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(NotADirectoryError):
        run(distill, *arguments(file / "out"))
    other = io.BytesIO()
    torch.save([1, 2], other)
    for content in (b"", b"PK\x03\x04 torn", b"hello world", other.getvalue()):
        (tmp_path / "state.pt").write_bytes(content)
        with pytest.raises(vizkit.errors.UsageError, match=r"state\.pt' is damaged"):
            run(distill, *arguments(tmp_path))
    for minutes in ("0", "nan"):
        with pytest.raises(SystemExit):
            run(distill, *arguments(tmp_path, "--minutes", minutes))
        assert "must be positive" in capsys.readouterr().err
    own = ("--weights", tmp_path / "student.safetensors")
    with pytest.raises(SystemExit):
        run(distill, *arguments(tmp_path, *own))
    assert "is written anew here" in capsys.readouterr().err


def test_a_signal_at_the_end_costs_nothing(tmp_path, monkeypatch, capsys):
    distill = recipe("distill_googlenet")

    def late(*given):
        os.kill(os.getpid(), signal.SIGTERM)
        return distillation.agreement(*given)

    with monkeypatch.context() as patch:
        patch.setattr(distill, "agreement", late)
        assert run(distill, *arguments(tmp_path)) == 0
    once = (tmp_path / "student.safetensors").read_bytes()
    for _ in range(4):
        (tmp_path / "student.safetensors").unlink()
        assert run(distill, *arguments(tmp_path)) == 0
        assert (tmp_path / "student.safetensors").read_bytes() == once
    assert "Done: 40 crops" in capsys.readouterr().out
    assert (tmp_path / "student.safetensors").exists()
    assert json.loads((tmp_path / "log.jsonl").read_text())["crops"] == 40


def test_a_training_that_diverges_says_what_to_type(tmp_path, monkeypatch):
    given = arguments(tmp_path, "--learning-rate", 1e30, "--images", 400)
    with pytest.raises(vizkit.errors.UsageError, match="lower --learning-rate"):
        run(recipe("distill_googlenet"), *given)


def test_agreement_of_a_network_with_itself(monkeypatch, capsys):
    given = (TINY, "--teacher", TINY, "--crops", 20, "--size", 24)
    run(recipe("teacher_agreement"), *given, "--json")
    row, constant = json.loads(capsys.readouterr().out)
    assert constant["network"] is None and constant["top1"] < 1
    assert (row["top1"], row["top5"], row["images"]) == (1, 1, 20)
    assert row["kl"] == pytest.approx(0, abs=1e-9)
    run(recipe("teacher_agreement"), *given)
    out = capsys.readouterr().out
    assert "100.0 %" in out and f"{100 / 7:.1f} %" in out
