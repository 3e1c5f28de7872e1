"""The recipe that makes `lenet5@digits`."""

from __future__ import annotations

import pytest
import torch

import vizkit
from tests.recipes import recipe, run

page = recipe("train_lenet5")


def test_criterion_is_the_papers():
    scores = -torch.tensor([[1.0, 4.0, 9.0], [2.0, 0.5, 3.0]])
    classes = torch.tensor([0, 2])
    # Equation 9: y_D + log(exp(-j) + sum_i exp(-y_i)), by hand.
    sums = [torch.exp(row).sum() + torch.exp(torch.tensor(-0.1)) for row in scores]
    expected = (1.0 + sums[0].log() + 3.0 + sums[1].log()) / 2
    assert page.criterion(scores, classes) == pytest.approx(float(expected))


def test_digits_move_a_little():
    images = vizkit.digits()[0][:64]
    moved = page.moved(images, torch.Generator().manual_seed(0))
    assert moved.shape == images.shape
    # Ink stays, as far as a change of the size lets it: (1 + 0.15)^2 at most.
    ratio = moved.sum((1, 2, 3)) / images.sum((1, 2, 3))
    assert ratio.min() > 0.65 and ratio.max() < 1.4
    assert (moved != images).flatten(1).any(1).all()


def printed(capsys, *arguments: object) -> str:
    threads = torch.get_num_threads()
    try:
        run(page, *arguments)
    finally:
        torch.set_num_threads(threads)
    return capsys.readouterr().out


def test_one_epoch_gives_a_file_of_weights(capsys, tmp_path):
    out = printed(capsys, "--epochs", 1, "--out", tmp_path)
    assert "of the 360 digits kept out" in out
    network = vizkit.load("lenet5", weights=tmp_path / "lenet5_digits.safetensors")
    with torch.no_grad():
        assert network(vizkit.digits()[0][:1]).shape == (1, 10)


@pytest.mark.slow
def test_all_epochs_give_the_accuracy_of_the_card(capsys, tmp_path):
    printed(capsys, "--out", tmp_path)
    network = vizkit.load("lenet5", weights=tmp_path / "lenet5_digits.safetensors")
    images, classes = vizkit.digits(held_out=True)
    with torch.no_grad():
        right = (network(images).argmax(1) == classes).sum()
    # Sums differ between machines, and training multiplies that.
    assert int(right) >= 345
