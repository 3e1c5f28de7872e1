import random

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests import nets
from vizkit.tracing.forward import eval_mode
from vizkit.tracing.trace import trace


def traced(network, *inputs):
    return {t.name: t for t in trace(network, inputs or nets.images())}


@pytest.mark.parametrize("network", [nets.Chain(), nets.InPlace()], ids=["chain", "in place"])
def test_every_kind_of_relu_is_found(network):
    found = traced(network)
    assert [found[name].activation for name in ("first", "second", "third")] == ["relu"] * 3
    assert found["relu"].activation is None
    assert found[""].activation is None


def test_a_relu_inside_the_module_is_not_counted():
    found = traced(nets.ConvUnit(3, 4, 3))
    assert found["bn"].activation == "relu"
    assert found["conv"].activation is None
    assert found[""].activation is None


def test_a_relu_on_a_part_of_the_output_is_not_counted():
    class Sliced(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            return functional.relu(self.conv(x)[:, :2])

    assert traced(Sliced())["conv"].activation is None


def test_a_sum_before_the_relu_is_not_the_layers_own_activation():
    assert traced(nets.TinyResNet())["layer1.0.conv2"].activation is None


def test_modules_come_in_the_order_in_which_their_first_calls_end():
    names = [t.name for t in trace(nets.TinyResNet(), nets.images())]
    assert names[:5] == ["conv1", "layer1.0.conv1", "layer1.0.relu", "layer1.0.conv2", "layer1.0"]
    assert names[-3:] == ["fc", "softmax", ""]


def test_calls_and_shape_of_a_reused_module():
    conv = traced(nets.Reused())["conv"]
    assert conv.calls == 3
    assert conv.shape == (2, 3, 16, 16)
    assert conv.activation == "relu"


def test_parts_of_a_concatenation_name_the_last_module_of_each_branch():
    assert traced(nets.TinyInception())["mixed1"].parts == (
        ("mixed1.branch1", 0, 2),
        ("mixed1.branch2.1", 2, 5),
        ("mixed1.branch3.1", 5, 6),
        ("mixed1.branch4.1", 6, 8),
    )


def test_parts_of_nested_concatenations_and_of_tensors_that_no_module_made():
    class Nested(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 4, 1)

        def forward(self, x):
            inner = torch.cat([self.a(x), self.b(x)], dim=-3)
            return torch.cat([x, inner, self.a(x) * 2], dim=1)

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.nested = Nested()

        def forward(self, x):
            return self.nested(x)

    assert traced(Outer())["nested"].parts == (
        ("", 0, 3),
        ("nested.a", 3, 5),
        ("nested.b", 5, 9),
        ("", 9, 11),
    )


@pytest.mark.parametrize("dim", [0, 2, -1])
def test_a_concatenation_along_another_axis_has_no_parts(dim):
    class Other(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 1)

        def forward(self, x):
            return torch.cat([self.conv(x), self.conv(x)], dim=dim)

    assert traced(Other())[""].parts == ()


def test_a_tensor_overwritten_after_the_concatenation_has_no_parts():
    class Overwritten(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 1)

        def forward(self, x):
            return torch.cat([self.a(x), self.b(x)], 1).mul_(2)

    assert traced(Overwritten())[""].parts == ()


def test_the_adding_module_alone_is_residual():
    found = traced(nets.TinyResNet())
    assert [name for name, t in found.items() if t.residual] == ["layer1.0", "layer1.1"]


@pytest.mark.parametrize(
    ("network", "inputs", "name"),
    [
        (nets.TinyInception(), nets.images(), "fc"),
        (nets.TinyResNet(), nets.images(), "fc"),
        (nets.TinyLeNet(), nets.images(channels=1, size=32), "classifier.5"),
        (nn.Sequential(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()), None, "1"),
    ],
    ids=["plain", "behind softmax", "nested", "behind flatten"],
)
def test_scores_mark_the_leaf_that_makes_the_output(network, inputs, name):
    found = traced(network, *([] if inputs is None else [inputs]))
    assert [t.name for t in found.values() if t.scores] == [name]


def test_tuples_count_by_their_first_item_and_other_outputs_not_at_all():
    class Two(nn.Module):
        def forward(self, x):
            return x + 1, x

    class Mapping(nn.Module):
        def forward(self, x):
            return {"out": x[0]}

    assert list(traced(nn.Sequential(Two(), Mapping()))) == ["0"]


def test_keyword_arguments_reach_the_network():
    class Keyword(nn.Module):
        def forward(self, x, *, twice):
            return torch.cat([x, x]) if twice else x

    (root,) = trace(Keyword(), nets.images(), {"twice": True})
    assert root.shape[0] == 4


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()], ids=repr)
def test_network_and_rng_are_as_before_after_an_error(error):
    network = nets.Guarded(error)
    network.tail.eval()
    before = torch.get_rng_state()
    with pytest.raises(type(error)):
        trace(network, nets.images())
    assert nets.count_hooks(network) == 0
    assert [m.training for m in network.modules()] == [True, True, True, False]
    assert torch.equal(torch.get_rng_state(), before)


def test_random_numbers_drawn_by_the_network_do_not_count():
    class Noisy(nn.Module):
        def forward(self, x):
            return functional.dropout(x, training=True) + random.random() + torch.rand(())

    before, python = torch.get_rng_state(), random.getstate()
    trace(Noisy(), nets.images())
    assert torch.equal(torch.get_rng_state(), before)
    assert random.getstate() == python


def test_user_hooks_are_kept():
    network, seen = nets.Chain(), []
    network.second.register_forward_hook(lambda *_: seen.append(1))
    trace(network, nets.images())
    assert seen == [1]
    assert nets.count_hooks(network) == 1


def test_eval_mode_does_not_call_train():
    class SideEffect(nn.Module):
        def train(self, mode=True):  # noqa: ARG002
            raise AssertionError("train() was called")

    network = nn.Sequential(nn.Conv2d(1, 1, 1))
    network.add_module("effect", SideEffect())
    with eval_mode(network):
        assert not any(m.training for m in network.modules())
    assert all(m.training for m in network.modules())
