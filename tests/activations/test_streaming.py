import json
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import vizkit
from tests import nets
from vizkit.activations import channel_max, channel_mean, stream, summarize
from vizkit.errors import LayerNotFoundError, UsageError

DATA = nets.images(11, size=8)


def network():
    return nets.seeded(nets.InPlace())


@pytest.mark.parametrize("reduce", [channel_max, channel_mean])
def test_batches_are_reduced_per_channel(reduce):
    net = network()
    found = list(stream(net, ["first", "second"], images=DATA.split(4), reduce=reduce))
    assert [kept["first"].shape for kept in found] == [(4, 4), (4, 4), (3, 4)]
    maps = net.first(DATA).detach().numpy()
    oracle = maps.max((2, 3)) if reduce is channel_max else maps.mean((2, 3))
    np.testing.assert_allclose(torch.cat([kept["first"] for kept in found]), oracle, rtol=1e-5)
    assert not found[0]["first"].requires_grad


def test_outputs_without_positions_reduce_to_themselves():
    net = nets.seeded(nets.TinyInception()).eval()
    (kept,) = stream(net, "fc", images=[DATA])
    torch.testing.assert_close(kept["fc"], net(DATA).detach())


def test_a_data_loader_with_labels():
    loader = DataLoader(TensorDataset(DATA, torch.arange(11)), batch_size=5)
    assert [len(kept["third"]) for kept in stream(network(), "third", images=loader)] == [5, 5, 1]


def test_no_hook_is_left_between_batches_nor_when_given_up():
    net = network()
    batches = stream(net, "first", images=DATA.split(4))
    assert nets.count_hooks(net) == 0
    next(batches)
    assert nets.count_hooks(net) == 0
    assert all(module.training for module in net.modules())
    assert "forward" not in net.__dict__


def test_memory_is_flat():
    # Without the garbage collector: nothing may wait for it.
    alive: list[weakref.ref[torch.Tensor]] = []

    def batches():
        for seed in range(12):
            batch = nets.images(seed=seed)
            alive.append(weakref.ref(batch))
            yield batch
            del batch
            assert sum(ref() is not None for ref in alive) <= 1

    outputs: list[weakref.ref[torch.Tensor]] = []

    def reduce(activations):
        outputs.append(weakref.ref(activations))
        return activations.amax((2, 3))

    for kept in stream(network(), ["first", "third"], images=batches(), reduce=reduce):
        assert kept["third"].shape == (2, 6)
        assert sum(ref() is not None for ref in outputs) == 0
    assert len(outputs) == 24


def test_mistakes_are_named():
    with pytest.raises(LayerNotFoundError, match="'fist' is not a module"):
        stream(network(), "fist", images=DATA.split(4))
    with pytest.raises(UsageError, match="a batch of type dict holds no images"):
        next(stream(network(), "first", images=[{"image": DATA}]))
    with pytest.raises(UsageError, match="no images in the batches"):
        summarize(network(), "first", images=[])


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=6).filter(sum),
    offset=st.sampled_from([0.0, 1e4, -3.0]),
    top=st.integers(1, 30),
    seed=st.integers(0, 2**31),
)
def test_summary_equals_numpy_over_all_images_at_once(sizes, offset, top, seed):
    generator = torch.Generator().manual_seed(seed)
    data = torch.randn(sum(sizes), 3, 4, 5, generator=generator) + offset
    found = summarize(nn.Sequential(nn.Identity()), "0", images=data.split(sizes), top=top)["0"]
    maps = data.double().numpy().transpose(1, 0, 2, 3)
    flat, peaks = maps.reshape(3, -1), maps.max((2, 3))
    assert found.images == len(data)
    np.testing.assert_allclose(found.mean, flat.mean(1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.std, flat.std(1), rtol=1e-9)
    np.testing.assert_array_equal(found.max, flat.max(1))
    np.testing.assert_array_equal(found.positive, (peaks > 0).mean(1))
    best = np.argsort(-peaks, axis=1, kind="stable")[:, :top]
    np.testing.assert_array_equal(found.top, best)
    np.testing.assert_array_equal(found.top_values, np.take_along_axis(peaks, best, 1))


def test_images_of_different_sizes_count_by_their_positions():
    small, large = torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 3, 3)
    found = summarize(nn.Sequential(nn.Identity()), "0", images=[small, large])["0"]
    assert found.mean.item() == pytest.approx(0.9)
    assert found.positive.item() == 0.5


def test_after_activation_applies_to_streams():
    net = network()
    raw = summarize(net, "first", images=[DATA])["first"]
    after = summarize(net, "first", images=[DATA], after_activation=True)["first"]
    assert (after.mean > raw.mean).any()
    np.testing.assert_allclose(after.mean, net.first(DATA).relu().mean((0, 2, 3)).detach(), 1e-6)


def test_sets_and_names_are_streamed_in_batches():
    net = vizkit.load("lenet5@random")
    images = net.images("digits").tensor()
    streamed = [kept["c1"] for kept in stream("lenet5@random", "c1", images="digits")]
    assert [len(kept) for kept in streamed] == [16, 16, 8]
    with torch.no_grad():
        expected = net.module.c1(net.preprocessing(images)).amax((2, 3))
    torch.testing.assert_close(torch.cat(streamed), expected)


def test_the_summary_has_a_line_a_table_and_plain_numbers():
    summary = summarize("lenet5@random", ["c1", "F6"], images="digits", top=2)
    assert repr(summary) == "<Summary of 2 layers of lenet5@random over 40 images, RANDOM WEIGHTS>"
    head, c1, f6, badge = str(summary).splitlines()
    assert badge == "lenet5@random: RANDOM WEIGHTS, never trained"
    assert head.split() == ["LAYER", "CHANNELS", "MEAN", "MAX", "SILENT"]
    assert (c1.split()[:2], f6.split()[:2]) == (["c1", "6"], ["F6", "84"])
    record = json.loads(json.dumps(summary.as_dict(), allow_nan=False))
    assert [layer["name"] for layer in record["layers"]] == ["c1", "F6"]
    assert record["layers"][0]["mean"] == summary["c1"].mean.tolist()
    missing = [torch.full((1, 1, 2, 2), torch.nan)]
    broken = summarize(nn.Sequential(nn.Identity()), "0", images=missing)
    assert broken.as_dict()["layers"][0]["mean"] == [None]
