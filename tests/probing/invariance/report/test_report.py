"""The report of whole networks, against planted invariances and plain arithmetic."""

import json
from itertools import chain as chained

import pytest
import torch
from torch import nn

import vizkit
from tests.nets import count_hooks, images, seeded
from tests.probing.invariance.report.nets import chain, loaded
from vizkit.errors import LayerNotFoundError, NotFoundError, UsageError
from vizkit.probing.invariance import report_layers
from vizkit.probing.invariance.report.findings import difference
from vizkit.probing.invariance.scores.distances import Originals
from vizkit.probing.readers import PIXELS


def report(module, layers=None, *, given=None, **options):
    options = {"gratings": False, "random": False, **options}
    shown = images(5, 1, 32) if given is None else given
    return vizkit.invariance_report(loaded(module), layers, images=shown, **options)


@pytest.fixture(scope="module")
def whole():
    return report(chain(bias=True), gratings=True, random=True)


def test_one_pass_of_each_image_and_value_serves_everything():
    net, passed = chain(bias=True), []
    hook = net.register_forward_pre_hook(lambda module, given: passed.append(len(given[0])))
    values = {"shift_x": (-1, 0, 1), "contrast": (0.5, 1, 2)}
    tracker: list[int] = []

    def told(now):
        assert 0 <= now.done <= now.total == 5
        if now.what == "scores":
            # Single images went through to find the layers and their receptive fields.
            tracker.extend(count for count in passed if count > 1)

    found = vizkit.invariance_report(
        loaded(net),
        transforms=values,
        images=images(5, 1, 32),
        random=False,
        gratings=False,
        progress=told,
    )
    hook.remove()
    # Both transforms leave the image alone at the identity, and share that pass.
    assert found.passes == sum(tracker) == 5 * (2 + 2 + 1)
    assert count_hooks(net) == 0


def test_a_copy_of_the_input_moves_as_pixels_do():
    net = nn.Conv2d(1, 1, 1, bias=False)
    nn.init.constant_(net.weight, 1.0)
    found = report(nn.Sequential(net), ["0"], transforms=["rotation", "shift_x", "brightness"])
    for transform in found:
        own, pixels = transform.distance("0"), transform.distance(PIXELS)
        assert own.value == pytest.approx(pixels.value, rel=1e-5)
        assert transform.beside_baseline.null("0").value == pytest.approx(
            transform.beside_baseline.null(PIXELS).value, rel=1e-5
        )


def test_a_layer_without_response_is_silent_and_not_invariant():
    net = chain(bias=False)
    with torch.no_grad():
        net[3].weight[:5].zero_()
    found = report(net, transforms=["shift_x"])
    assert found.silent["3"] == 5 / 8 and found.silent["0"] == 0
    scores = found["shift_x"]["3"].goodfellow
    assert scores.score[:5].isnan().all() and not scores.score[5:].isnan().all()


def test_a_mean_over_the_map_does_not_notice_what_goes_round():
    net = seeded(nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular")))
    net.extend([nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()])
    found = report(net, transforms={"circular_x": (0, 3, 7)})
    transform = found["circular_x"]
    assert found.layers == ("0", "logits") and found.pools == (("0", "logits"),)
    assert transform.beside_baseline.distance("logits").value == pytest.approx(0, abs=1e-5)
    assert transform.beside_baseline.distance("0").value > 0.5


def test_random_weights_see_every_other_value(whole):
    transform = whole["rotation"]
    assert transform.values == tuple(map(float, range(0, 360, 15)))
    assert (
        transform.beside_baseline.values
        == transform.baseline.values
        == tuple(map(float, range(0, 360, 30)))
    )
    assert not transform.coarse or whole.images < 10
    assert whole.random_passes < whole.passes
    # The same numbers at the same values, however many others were seen.
    curve = transform["3"].distance.distance[::2]
    assert torch.equal(curve, transform.beside_baseline["3"].distance.distance)


def test_every_score_has_its_floor_and_its_interval(whole):
    for transform in whole:
        for name in whole.layers:
            for scored in (transform.beside_baseline, transform.baseline):
                distance, score = scored.distance(name), scored.score(name, whole.share)
                assert distance.low <= distance.value <= distance.high
                assert score.value != score.value or score.low <= score.high
        assert transform.distance(PIXELS).value > 0


def test_findings_of_a_planted_network(whole):
    found = {each.name: each for each in whole.findings}
    assert found["contrast"].confirmed and found["contrast"].values["unbiased"] == 0
    assert found["brightness"].confirmed and found["brightness"].values["error"] < 1e-3
    assert {"pooling", "mirror", "training", "depth, rotation"} <= set(found)
    bent = report(chain(bias=True, activation=nn.Sigmoid), transforms=["shift_x"])
    verdict = {each.name: each.confirmed for each in bent.findings}
    assert not verdict["contrast"]


def test_pooling_is_confirmed_where_it_is_so_and_not_where_it_is_not():
    def pooled(pool):
        convolution = nn.Conv2d(1, 4, 3, padding=1)
        net = seeded(nn.Sequential(convolution, nn.ReLU(), pool))
        return {each.name: each for each in report(net, transforms=["shift_x"]).findings}["pooling"]

    assert pooled(nn.AvgPool2d(8)).confirmed
    # A pool that keeps one pixel of many without looking at the others moves as they do.
    assert not pooled(nn.MaxPool2d(1, stride=4)).confirmed


def test_difference_is_paired():
    generator = torch.Generator().manual_seed(3)
    base = torch.randn(9, 50, generator=generator)
    step = torch.randn(9, 50, generator=generator)
    near, far = (Originals(base).distances(base + k * step) for k in (0.1, 0.2))
    found = difference(near, far)
    value = float(near.moved.mean() / near.between.mean())
    assert found.value == pytest.approx(-value, rel=1e-5)
    assert found.low < found.value < found.high < 0
    assert difference(near, near)[:3] == (0, 0, 0)


def test_text_and_data(whole):
    text = str(whole)
    assert all(name in text for name in chained(whole.layers, ("pixels", "another image")))
    assert max(map(len, text.splitlines())) < 160
    data = json.loads(json.dumps(whole.as_dict(), allow_nan=False))
    rows = data["families"][0]["layers"]
    assert [row["layer"] for row in rows] == list(whole.layers)
    assert rows[0]["distance"]["low"] <= rows[0]["distance"]["value"] and rows[0]["random"]
    assert {each["name"] for each in data["findings"]} == {each.name for each in whole.findings}


def test_one_transform_of_it_is_what_invariance_gives(whole):
    net = loaded(chain(bias=True))
    alone = vizkit.invariance(
        net, whole.layers, "rotation", images=images(5, 1, 32), values=range(0, 360, 15), rate=0.125
    )
    assert alone.as_dict() == whole["rotation"].as_dict()
    assert whole["rotation"].figure().axes and whole.figure().axes
    line = repr(whole)
    assert line.startswith("<InvarianceReport of planted@own to rotation, ") and "\n" not in line


def test_layers_by_default():
    found = report_layers(vizkit.load("squeezenet1_1@random"))
    assert found[0] == "features.0" and any("pool" in name.lower() or "2" in name for name in found)
    net = vizkit.load("lenet5@random")
    assert report_layers(net)[:4] == ("c1", "s2", "c3", "s4")


def test_mistakes():
    with pytest.raises(LayerNotFoundError, match="c9"):
        vizkit.invariance_report("lenet5@random", ["c9"])
    with pytest.raises(NotFoundError, match="rotation"):
        report(chain(bias=True), transforms=["rotaton"])
    with pytest.raises(UsageError, match="hue needs color"):
        report(chain(bias=True), transforms=["hue"])
    with pytest.raises(UsageError, match="no transform"):
        report(chain(bias=True), transforms=[])
    with pytest.raises(UsageError, match="no value but the one"):
        report(chain(bias=True), transforms={"shift_x": (0,)})
    with pytest.raises(NotFoundError, match="It has: shift_x"):
        report(chain(bias=True), transforms=["shift_x"])["shift_y"]
