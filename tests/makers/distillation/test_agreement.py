"""Agreement against counts made by hand."""

import math
import re
from importlib import resources
from itertools import combinations

import pytest
import torch
from torch import nn

import vizkit
from distillation import Agreement, Crops, agreement, best_constant, photo_pool
from tests.makers.tiny import imagenet_teacher, network
from vizkit.errors import UsageError


class Pixels(nn.Module):
    """Scores are the first row of the image's red channel, permuted and scaled."""

    def __init__(self, order, scale=1.0):
        super().__init__()
        self.order, self.scale = order, scale

    def forward(self, x):
        return x[:, 0, 0][:, self.order] * self.scale


def made(order, scale=1.0):
    whole = vizkit.Preprocessing((0.0,) * 3, (1.0,) * 3, (8, 8))
    return vizkit.load(Pixels(order, scale), preprocessing=whole, name="pixels")


def images(count=20):
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_counts_and_divergence():
    batches = images().split(6)
    same, half = list(range(8)), [1, 0, *range(2, 8)]
    assert agreement(made(same), made(same), batches).top1 == 1
    found = agreement(made(half), made(same), batches)
    rows = images()[:, 0, 0].double()
    top = rows.argmax(1)
    assert found.top1 == (top >= 2).double().mean().item()
    among = [
        int(best) in sorted(range(8), key=lambda at: -row[half][at])[:5]
        for row, best in zip(rows, top, strict=True)
    ]
    assert found.top5 == sum(among) / 20
    divergence = 0.0
    for row in rows:
        p, q = row.softmax(0), row[half].softmax(0)
        divergence += sum(
            float(a) * math.log(float(a) / float(b)) for a, b in zip(p, q, strict=True)
        )
    assert found.kl == pytest.approx(divergence / 20, rel=1e-6)
    assert (found.images, found.classes) == (20, 8)


def test_answers_dealt_out_agree_as_often_as_over_all_pairs():
    batches, half = images().split(6), [1, 0, *range(2, 8)]
    found = agreement(made(half), made(list(range(8))), batches)
    rows = images()[:, 0, 0]
    pairs = [(i, j) for i in range(20) for j in range(20)]
    first = sum(int(rows[i][half].argmax()) == int(rows[j].argmax()) for i, j in pairs)
    among = sum(int(rows[j].argmax()) in rows[i][half].topk(5)[1].tolist() for i, j in pairs)
    assert found.dealt_top1 == pytest.approx(first / 400)
    assert found.dealt_top5 == pytest.approx(among / 400)


def test_no_constant_answer_does_better_than_the_best():
    batches, teacher = images().split(6), made(list(range(8)))
    found = best_constant(teacher, batches)
    best = images()[:, 0, 0].argmax(1)
    assert found.top1 == max(int((best == c).sum()) for c in range(8)) / 20
    assert (
        found.top5
        == max(sum(int(b) in chosen for b in best) for chosen in combinations(range(8), 5)) / 20
    )

    def divergence(answer):
        given = images()[:, 0, 0].double().log_softmax(1)
        return float((given.exp() * (given - answer.log())).sum(1).mean())

    mean = images()[:, 0, 0].double().softmax(1).mean(0)
    assert found.kl == pytest.approx(divergence(mean))
    generator = torch.Generator().manual_seed(3)
    for _ in range(50):
        other = mean * (1 + 0.2 * torch.rand(8, generator=generator, dtype=mean.dtype))
        assert found.kl <= divergence(other / other.sum()) + 1e-12
    with pytest.raises(UsageError, match="no image"):
        best_constant(teacher, [])


@pytest.mark.parametrize(("share", "count"), [(0.0, 10), (0.2, 50), (1.0, 7)])
def test_interval_is_where_the_score_test_stops_rejecting(share, count):
    """Wilson's bounds p solve (share - p)^2 = z^2 p (1 - p) / n."""
    found = Agreement(share, share, 0.0, share, share, count, 8)
    for bound in found.interval(share):
        difference = (share - bound) ** 2 - 1.959964**2 * bound * (1 - bound) / count
        assert difference == pytest.approx(0, abs=1e-12)


def test_other_classes_and_no_images_are_refused():
    with pytest.raises(UsageError, match="same classes"):
        agreement(network(), network(classes=3), [torch.rand(2, 3, 24, 24)])
    with pytest.raises(UsageError, match="no image"):
        agreement(network(), network(), [])


@pytest.mark.weights
def test_the_card_of_the_distilled_network_says_what_is_measured():
    teacher, student = imagenet_teacher(), vizkit.load("googlenet@distilled")
    crops = Crops(photo_pool().held_out.values(), 112, sides=(120, 420), seed=123)
    found = agreement(student, teacher, (crops.draw(64) for _ in range(16)))
    card = (
        resources.files("vizkit.networks.weights")
        .joinpath("data", "googlenet_distilled.md")
        .read_text()
    )
    row = re.search(r"these weights \| ([\d.]+) % .*?\| ([\d.]+) % .*?\| ([\d.]+) \|", card)
    said = [float(number) for number in row.groups()]
    # bfloat16 and other machines move a crop or two over the edge between two classes.
    assert 100 * found.top1 == pytest.approx(said[0], abs=0.5)
    assert 100 * found.top5 == pytest.approx(said[1], abs=0.5)
    assert found.kl == pytest.approx(said[2], abs=0.02)
