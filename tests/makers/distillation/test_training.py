"""A tiny student learns, the same whether it was interrupted or not."""

import io
from dataclasses import replace

import pytest
import torch
from torch import nn

import vizkit
from distillation import Crops, Distillation, Settings, agreement
from tests.makers.tiny import imagenet_teacher, network, photos
from vizkit.errors import UsageError

SETTINGS = Settings(images=800, batch=8, size=24, warmup=40, learning_rate=0.02)


def trained(steps, student=None, settings=SETTINGS):
    training = Distillation(student or network(5, 1), network(9, 0), photos(), settings)
    for _ in range(steps):
        training.step()
    return training


def test_a_student_comes_to_agree_with_its_teacher():
    student, teacher = network(5, 1), network(9, 0)
    held_out = Crops(photos(4).values(), 24, sides=(20, 36), seed=5)
    batches = [held_out.draw(40) for _ in range(3)]
    before = agreement(student, teacher, batches)
    after = agreement(trained(100, student).network(), teacher, batches)
    assert after.kl < 0.5 * before.kl
    assert after.top1 > before.top1


def test_a_hundred_steps_give_the_same_weights_again():
    first, second = trained(100).weights(), trained(100).weights()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_an_interrupted_training_gives_the_weights_of_one_that_was_not():
    whole = trained(12)
    stopped = trained(5)
    file = io.BytesIO()
    torch.save(stopped.state(), file)
    file.seek(0)
    later = trained(0)
    later.restore(torch.load(file, weights_only=True))
    assert later.seen == 40
    for _ in range(7):
        later.step()
    ours, theirs = later.weights(), whole.weights()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_neither_network_is_changed():
    student, teacher = network(5, 1), network(9, 0)
    before = [
        {name: value.clone() for name, value in each.module.state_dict().items()}
        for each in (student, teacher)
    ]
    random = torch.get_rng_state()
    training = Distillation(student, teacher, photos(), SETTINGS)
    training.step()
    training.network()
    for each, old in zip((student, teacher), before, strict=True):
        assert all(
            torch.equal(value, old[name]) for name, value in each.module.state_dict().items()
        )
        assert not each.module.training and not each.module.fc._forward_pre_hooks
    assert student.module.drop.p == 0.5
    assert torch.equal(random, torch.get_rng_state())


def test_averaged_weights_follow_the_student():
    """Against the recursion written out on one number."""
    settings = Settings(images=800, batch=8, size=24, averaging=0.9)
    training = trained(0, settings=settings)
    value = training._student.module.fc.bias
    average = value[0].item()
    for step in range(1, 30):
        training.step()
        kept = min(0.9, step / (step + 20))
        average = kept * average + (1 - kept) * value[0].item()
    assert training.network().module.fc.bias[0].item() == pytest.approx(average, rel=1e-5)


def test_learning_rate_rises_and_falls():
    settings = Settings(images=1000, warmup=100, learning_rate=2.0)
    training = trained(0, settings=settings)
    rates = []
    for training.seen in (0, 49, 99, 500, 1000, 5000):
        rates.append(training.learning_rate)
    assert rates[0] == pytest.approx(0.02, rel=1e-3)
    assert rates[1] == pytest.approx(1.0, rel=0.01)
    assert rates[2] == pytest.approx(2.0, rel=0.03)
    assert rates[3] == pytest.approx(2 * 0.505)
    assert rates[4] == rates[5] == pytest.approx(0.02)


def test_weights_for_a_file_fit_the_network_again():
    training = trained(3)
    weights = training.weights()
    assert weights["conv.weight"].dtype == torch.float16
    assert weights["fc.bias"].dtype == weights["norm.running_var"].dtype == torch.float32
    again = network(5, 4)
    again.module.load_state_dict(
        {name: v.float() if v.is_floating_point() else v for name, v in weights.items()}
    )
    image = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(again(image), training.network()(image), atol=2e-2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: Distillation(network(classes=3), network(), photos()), "3 classes"),
        (lambda: Distillation(network(), network(), {}), "no photograph"),
        (lambda: Settings(batch=1), "batch=1"),
        (lambda: Settings(learning_rate=0), "learning_rate=0"),
        (lambda: Settings(averaging=1.0), "averaging=1.0"),
        (lambda: Settings(hint=-1), "hint=-1"),
        (lambda: Settings(hint=float("inf")), "hint=inf"),
        (lambda: Settings(temperature=float("inf")), "temperature=inf"),
        (lambda: Settings(seed=2**32), "seed=4294967296 is out of range"),
        (lambda: Settings(size=3000), "size=3000 is out of range; give 8 to 1024"),
    ],
)
def test_what_cannot_be_meant_is_refused(change, words):
    with pytest.raises(UsageError, match=words):
        change()


def test_a_state_of_another_training_is_refused():
    training = trained(0)
    other = trained(0, settings=Settings(images=800, batch=4, size=24))
    with pytest.raises(UsageError, match="batch 4, not 8"):
        training.restore(other.state())
    fewer = Distillation(network(5, 1), network(9, 0), photos(2), SETTINGS)
    with pytest.raises(UsageError, match=r"another set of photographs \(2 "):
        training.restore(fewer.state())


def test_a_state_from_other_contents_under_the_same_names_is_refused():
    training = trained(0)
    same = photos()
    changed = {name: 1 - photo for name, photo in same.items()}
    for student, teacher, pictures, words in (
        (network(5, 2), network(9, 0), same, "another start"),
        (network(5, 1), network(9, 2), same, "another teacher"),
        (network(4, 1), network(9, 0), same, "another start"),
        (network(5, 1), network(9, 0), changed, "another set of photographs"),
        (network(5, 1), network(9, 0), dict(reversed(same.items())), "another set of photographs"),
    ):
        with pytest.raises(UsageError, match=words):
            training.restore(Distillation(student, teacher, pictures, SETTINGS).state())
    training.restore(trained(2).state())
    assert training.seen == 16


def test_a_loss_that_is_not_finite_leaves_the_weights():
    training = trained(1, settings=replace(SETTINGS, learning_rate=1e30, warmup=1))

    def learned():
        state = training.state()["student"]
        return {name: value.clone() for name, value in state.items() if name.startswith("fc")}

    before = learned()
    with pytest.raises(FloatingPointError, match="after 8 crops"):
        training.step()
    assert training.seen == 8
    assert all(torch.equal(before[name], value) for name, value in learned().items())


def test_images_too_small_for_the_network_are_refused():
    deep = network()
    deep.module.conv = nn.Conv2d(3, 6, 30)
    with pytest.raises(UsageError, match=r"tiny@own takes no images of 24 px.*\n.*Give another"):
        Distillation(deep, deep, photos(), SETTINGS)


def test_a_network_without_scores_is_refused():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    half = (0.5, 0.5, 0.5)
    trunk = vizkit.load(module, preprocessing=vizkit.Preprocessing(half, half, (24, 24)))
    with pytest.raises(UsageError, match="linear layer"):
        Distillation(trunk, network(), photos(), SETTINGS)


@pytest.mark.weights
def test_a_hundred_steps_of_googlenet_give_the_same_weights_again():
    teacher = imagenet_teacher()
    settings = Settings(images=4000, batch=4, size=64)

    def weights():
        student = vizkit.load("googlenet@distilled")
        training = Distillation(student, teacher, photos(), settings)
        losses = [training.step() for _ in range(100)]
        return losses, training.weights()

    (losses, first), (again, second) = weights(), weights()
    assert losses == again and len(set(losses)) == 100
    assert all(torch.equal(first[name], second[name]) for name in first)
    start = vizkit.load("googlenet@distilled").module.state_dict()
    assert any(not torch.equal(first[name].float(), start[name]) for name in first)


class Probabilities(nn.Module):
    """A classifier that ends in a softmax."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(x).softmax(1)


def probabilities(given):
    return vizkit.load(
        Probabilities(given.module).eval(), preprocessing=given.preprocessing, name="soft"
    )


def test_a_teacher_that_gives_probabilities_teaches_the_same():
    soft = Distillation(network(5, 1), probabilities(network(9, 0)), photos(), SETTINGS)
    plain = trained(0)
    assert [soft.step() for _ in range(3)] == [plain.step() for _ in range(3)]
    crops = [Crops(photos(4).values(), 24, sides=(20, 36)).draw(20)]
    for student in (network(5, 1), probabilities(network(5, 1))):
        found = agreement(student, probabilities(network(9, 0)), crops)
        wanted = agreement(network(5, 1), network(9, 0), crops)
        assert (found.top1, found.top5) == (wanted.top1, wanted.top5)
        assert found.kl == pytest.approx(wanted.kl, rel=1e-4)


def test_networks_of_gray_images_are_refused():
    gray = vizkit.load("lenet5@random")
    for student, teacher in ((gray, network()), (network(), gray)):
        with pytest.raises(UsageError, match="takes images of 1 channels"):
            Distillation(student, teacher, photos(), SETTINGS)
    with pytest.raises(UsageError, match="takes images of 1 channels"):
        agreement(gray, gray, [torch.rand(2, 3, 32, 32)])


def test_a_gradient_that_is_not_finite_changes_no_weight():
    training = trained(1)
    before = {name: value.clone() for name, value in training._student.module.named_parameters()}
    weight = training._student.module.conv.weight
    hook = weight.register_hook(lambda gradient: gradient * float("nan"))
    with pytest.raises(FloatingPointError, match="the gradient is not finite after 8 crops"):
        training.step()
    hook.remove()
    assert all(torch.equal(before[n], v) for n, v in training._student.module.named_parameters())


@pytest.mark.parametrize("lost", ["seen", "average", "hint", "crops", "origin"])
def test_a_state_that_is_not_whole_is_refused(lost):
    state = trained(1).state()
    del state[lost]
    with pytest.raises(UsageError, match="not whole"):
        trained(0).restore(state)
    fewer = trained(1).state()
    fewer["average"] = dict(list(fewer["average"].items())[1:])
    with pytest.raises(UsageError, match="averaged weights are missing"):
        trained(0).restore(fewer)
