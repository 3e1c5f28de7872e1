"""Capture leaves the network as it was, and what it captures is the layer's own output."""

import copy
import gc
import weakref
from collections import namedtuple
from contextlib import nullcontext

import pytest
import torch
from torch import nn
from torch.nn import functional

import vizkit
from tests import nets
from vizkit.activations import capture
from vizkit.errors import LayerNotFoundError, UsageError
from vizkit.images.preprocessing import Preprocessing
from vizkit.networks.network import Network, WeightsRecord

STOPS = pytest.mark.parametrize("stop", [True, False], ids=["stopped", "run on"])


def in_place():
    return nets.seeded(nets.InPlace())


def reference(network, x):
    """The six tensors of `InPlace`, each by operations that overwrite nothing."""
    first = network.first(x)
    second = network.second(functional.relu(first))
    third = network.third(functional.relu(second))
    return {"first": first, "second": second, "third": third}


def state_of(network):
    """Everything that capture must leave as it was."""
    return (
        {name: list(m._forward_hooks) for name, m in network.named_modules()},
        {name: list(m._forward_pre_hooks) for name, m in network.named_modules()},
        [m.training for m in network.modules()],
        [p.requires_grad for p in network.parameters()],
        {name: {*m.__dict__} for name, m in network.named_modules()},
        torch.get_rng_state().tolist(),
        [p.tolist() for p in network.state_dict().values()],
    )


# What is captured


@STOPS
def test_own_outputs_are_not_overwritten_by_relu_in_place(stop):
    network, x = in_place(), nets.images()
    with capture(network, ["first", "second", "third"], stop=stop) as acts:
        output = network(x)
    assert (output is None) == stop
    for name, expected in reference(network, x).items():
        torch.testing.assert_close(acts[name], expected, rtol=0, atol=0)
        assert expected.min() < 0


@STOPS
@pytest.mark.parametrize("kind", [nets.InPlace, nets.Chain])
def test_after_activation_gives_every_kind_of_relu(kind, stop):
    network, x = nets.seeded(kind()), nets.images()
    with capture(network, ["first", "second", "third"], after_activation=True, stop=stop) as acts:
        network(x)
    for name, expected in reference(network, x).items():
        torch.testing.assert_close(acts[name], functional.relu(expected), rtol=0, atol=0)


def test_after_activation_leaves_layers_without_relu_alone():
    network, x = nets.seeded(nets.TinyResNet()), nets.images()
    with capture(network, "layer1.0.conv2", after_activation=True) as acts:
        network(x)
    assert acts["layer1.0.conv2"].min() < 0


@STOPS
def test_captured_modules_that_write_into_their_input(stop):
    network, x = in_place(), nets.images()
    with capture(network, ["first", "relu"], stop=stop) as acts:
        network(x)
    first = network.first(x)
    torch.testing.assert_close(acts["first"], first, rtol=0, atol=0)
    torch.testing.assert_close(acts["relu"], functional.relu(first), rtol=0, atol=0)


def test_a_module_that_returns_its_input_is_captured_before_the_input_changes():
    class Later(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.same = nn.Conv2d(3, 4, 1), nn.Identity()

        def forward(self, x):
            x = self.conv(x)
            same = self.same(x)
            x.zero_()
            return same

    network, x = nets.seeded(Later()), nets.images()
    with torch.no_grad(), capture(network, "same", stop=False) as acts:
        network(x)
    torch.testing.assert_close(acts["same"], network.conv(x).detach(), rtol=0, atol=0)


def test_a_layer_that_passes_the_images_on_is_not_the_images():
    network, x = nn.Sequential(nn.Identity(), nn.Conv2d(3, 4, 1)), nets.images()
    with capture(network, "0") as acts:
        network(x)
    kept = x.clone()
    x.zero_()
    assert torch.equal(acts["0"], kept)


def test_gradients_flow_through_to_the_images():
    network, x = in_place(), nets.images().requires_grad_()
    with capture(network, "second") as acts:
        network(x)
    (gradient,) = torch.autograd.grad(acts["second"].square().sum(), [x])
    (expected,) = torch.autograd.grad(reference(network, x)["second"].square().sum(), [x])
    torch.testing.assert_close(gradient, expected)


def test_later_layers_can_be_differentiated_by_earlier_ones():
    network, x = in_place(), nets.images()
    with capture(network, ["first", "third"]) as acts:
        network(x)
    (gradient,) = torch.autograd.grad(acts["third"].sum(), [acts["first"]])
    first = network.first(x).detach().requires_grad_()
    later = network.third(functional.relu(network.second(functional.relu(first))))
    (expected,) = torch.autograd.grad(later.sum(), [first])
    torch.testing.assert_close(gradient, expected)


def test_the_network_computes_the_same_while_it_is_captured():
    network, x = in_place(), nets.images()
    expected = network(x)
    with capture(network, lambda name: True, stop=False):
        torch.testing.assert_close(network(x), expected, rtol=0, atol=0)


def test_each_pass_replaces_the_last_and_frees_it():
    network = in_place()
    with capture(network, ["first", "third"]) as acts:
        network(nets.images(seed=1))
        last = [weakref.ref(acts["first"]), weakref.ref(acts["third"])]
        network(nets.images(seed=2))
        gc.collect()
        assert [ref() for ref in last] == [None, None]
    expected = reference(network, nets.images(seed=2))["third"]
    torch.testing.assert_close(acts["third"], expected, rtol=0, atol=0)


def test_first_call_and_all_calls_of_a_reused_module():
    network, x = nets.seeded(nets.Reused()), nets.images()
    one = network.conv(x)
    two = network.conv(functional.relu(one))
    three = network.conv(functional.relu(two))
    with capture(network, "conv", stop=False) as acts:
        network(x)
    torch.testing.assert_close(acts["conv"], one, rtol=0, atol=0)
    for found, expected in zip(acts.calls("conv"), (one, two, three), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_calls_of_a_stopped_pass_are_refused():
    network = nets.Reused()
    with capture(network, "conv") as acts:
        network(nets.images())
    with pytest.raises(UsageError, match=r"Write capture\(net, layers, stop=False\)"):
        acts.calls("conv")


def test_first_items_of_tuples_are_captured_and_handed_on():
    pair = namedtuple("pair", "map, more")

    class Pair(nn.Module):
        def forward(self, x):
            return pair(x * 2, "more")

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.pair = Pair()

        def forward(self, x):
            found = self.pair(x)
            assert found.more == "more"
            return found.map.add_(1)

    network, x = Reader(), nets.images()
    with capture(network, "pair", stop=False) as acts:
        torch.testing.assert_close(network(x), x * 2 + 1)
    torch.testing.assert_close(acts["pair"], x * 2)


# Where the pass stops


@pytest.mark.parametrize("after", [[], [Exception]], ids=["plain", "catching"])
def test_nothing_runs_behind_the_deepest_layer(after):
    class Catching(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            try:
                return self.inner(x)
            except Exception:
                return "caught"

    guarded = nets.Guarded(AssertionError("ran on"))
    network = Catching(guarded) if after else nn.Sequential(guarded)
    prefix = "inner." if after else "0."
    with capture(network, [f"{prefix}relu", f"{prefix}conv"]) as acts:
        assert network(nets.images()) is None
        assert network(nets.images()) is None
    assert len(acts) == 2


def test_hooks_of_the_network_itself_do_not_see_a_stopped_pass():
    network, seen = nets.Chain(), []
    network.register_forward_hook(lambda module, args, output: seen.append(output.shape))
    with capture(network, "first"):
        network(nets.images())
    assert seen == []
    network(nets.images())
    assert seen == [(2, 6, 16, 16)]


def test_the_forward_method_may_be_called_directly():
    network = nets.Guarded(AssertionError("ran on"))
    with capture(network, "conv") as acts:
        assert network.forward(nets.images()) is None
    assert acts["conv"].shape == (2, 4, 16, 16)


def test_a_part_called_by_itself_is_captured_and_runs_on():
    network, x = in_place(), nets.images()
    with capture(network, "first") as acts:
        output = network.first(x)
    torch.testing.assert_close(acts["first"], output, rtol=0, atol=0)


def test_a_network_with_a_forward_of_its_own_keeps_it():
    network = nets.Chain()
    own = network.forward
    network.forward = lambda x: own(x * 0)
    mine = network.forward
    with capture(network, "first") as acts:
        assert network(nets.images()) is None
    assert network.forward is mine
    torch.testing.assert_close(acts["first"], network.first(nets.images() * 0))


def test_captures_can_be_nested():
    network, x = in_place(), nets.images()
    with capture(network, "third") as outer:
        with capture(network, "first") as inner:
            assert network(x) is None
        assert "third" not in outer
        network(x)
    expected = reference(network, x)
    torch.testing.assert_close(inner["first"], expected["first"], rtol=0, atol=0)
    torch.testing.assert_close(outer["third"], expected["third"], rtol=0, atol=0)
    assert nets.count_hooks(network) == 0


# What is left behind


@STOPS
@pytest.mark.parametrize("after_activation", [False, True])
@pytest.mark.parametrize("error", [None, RuntimeError("no"), KeyboardInterrupt()], ids=repr)
def test_the_network_is_as_before(error, after_activation, stop):
    network = nets.Guarded(error) if error else nets.InPlace()
    list(network.children())[1].eval()
    next(network.parameters()).requires_grad_(False)
    network.register_forward_hook(lambda *_: None)
    before = state_of(network)
    layers = "tail" if error else "third"
    raises = pytest.raises(type(error)) if error else nullcontext()
    with raises, capture(network, layers, after_activation=after_activation, stop=stop):
        assert not any(m.training for m in network.modules())
        network(nets.images())
    assert state_of(network) == before


def test_an_error_in_the_callers_block_passes_and_cleans_up():
    network = nets.Chain()
    before = state_of(network)
    with pytest.raises(IndexError), capture(network, "first"):
        raise IndexError
    assert state_of(network) == before


def test_exit_twice_and_enter_again():
    network, x = in_place(), nets.images()
    before = state_of(network)
    acts = capture(network, "first")
    with acts:
        network(x)
    acts.__exit__(None, None, None)
    assert state_of(network) == before
    with acts:
        assert nets.count_hooks(network) == 1
        network(x)
    assert state_of(network) == before


def test_entering_an_open_capture_leaves_no_second_hook():
    network = nets.Chain()
    before = state_of(network)
    acts = capture(network, "first")
    acts.__enter__()
    with acts:
        assert nets.count_hooks(network) == 1
    assert state_of(network) == before


def test_user_hooks_run_and_stay():
    network, seen = nets.Chain(), []
    handle = network.first.register_forward_hook(lambda *_: seen.append("first"))
    with capture(network, "first"):
        network(nets.images())
    assert seen == ["first"]
    assert list(network.first._forward_hooks) == [handle.id]


def test_the_network_can_be_copied_after_capture():
    network = nets.Chain()
    with capture(network, "first"):
        network(nets.images())
    assert copy.deepcopy(network)(nets.images()).shape == (2, 6, 16, 16)


# Names


def as_network(module, size=16):
    preprocessing = Preprocessing((0.5,) * 3, (0.25,) * 3, (size, size))
    return Network("tiny", module, preprocessing, WeightsRecord("own", "", ""))


def test_a_network_is_called_with_images():
    module, x = in_place(), nets.images()
    network = as_network(module)
    with vizkit.capture(network, "second", after_activation=True) as acts:
        assert network(x) is None
    expected = reference(module, (x - 0.5) / 0.25)["second"]
    torch.testing.assert_close(acts["second"], functional.relu(expected))


def test_aliases_and_paths_both_read_what_was_captured():
    module = nets.seeded(nets.TinyLeNet())
    preprocessing = Preprocessing((0.5,), (0.5,), (32, 32))
    network = Network("lenet", module, preprocessing, WeightsRecord("own", "", ""))
    x = nets.images(channels=1, size=32)
    for target in (network, module):
        with capture(target, ["C3", "S2"]) as acts:
            target(x)
        assert acts["C3"] is acts["features.3"]
        assert list(acts) == ["C3", "S2"]
        assert dict(acts.items()).keys() == {"C3", "S2"}


def test_a_predicate_chooses_by_name():
    with capture(nets.Chain(), lambda name: name.endswith("ond")) as acts:
        acts.module(nets.images())
    assert list(acts) == ["second"]


def test_unknown_layers_are_refused_before_anything_happens():
    network = nets.Chain()
    with pytest.raises(LayerNotFoundError, match="'frist' is not a module of this Chain") as raised:
        capture(network, ["second", "frist"])
    assert "Did you mean 'first'?" in str(raised.value)
    with pytest.raises(LayerNotFoundError, match="chooses none of the network's layers"):
        capture(network, lambda name: False)
    with pytest.raises(LayerNotFoundError, match="chooses none of the network's layers"):
        capture(network, [])
    assert nets.count_hooks(network) == 0


def test_reading_a_layer_that_was_not_captured_or_did_not_run():
    class Skipping(nets.Chain):
        def forward(self, x):
            return self.first(x)

    network = Skipping()
    with capture(network, ["first", "third"]) as acts:
        with pytest.raises(LayerNotFoundError, match="no forward pass has come that far"):
            acts["first"]
        network(nets.images())
    with pytest.raises(LayerNotFoundError, match=r"'third' .* was not called in the latest"):
        acts["third"]
    with pytest.raises(LayerNotFoundError, match=r"'thirt' was not captured.\n  Did you mean"):
        acts["thirt"]
    assert "first" in acts
    assert "third" not in acts
    assert list(acts) == ["first"]


def test_a_network_by_its_name():
    with torch.no_grad(), capture("lenet5@random", "C1") as acts:
        acts.module(torch.zeros(2, 1, 32, 32))
    assert acts["C1"].shape == (2, 6, 28, 28)
