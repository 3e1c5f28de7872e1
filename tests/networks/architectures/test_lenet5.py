"""LeNet-5 against the numbers and the description of its paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

import vizkit
from vizkit.networks.architectures.lenet5 import MAPS_OF_C3, LeNet5, digit_codes

# Trainable parameters, connections and maps, as LeCun et al. (1998) state them in section II.B.
PUBLISHED = {
    "c1": (156, 122_304, (6, 28, 28)),
    "s2": (12, 5_880, (6, 14, 14)),
    "c3": (1_516, 151_600, (16, 10, 10)),
    "s4": (32, 2_000, (16, 5, 5)),
    "c5": (48_120, 48_120, (120, 1, 1)),
    "f6": (10_164, 10_164, (84,)),
}
# Table I: a cross for each map of S2 (rows) that a map of C3 (columns) takes.
TABLE = """
X . . . X X X . . X X X X . X X
X X . . . X X X . . X X X X . X
X X X . . . X X X . . X . X X X
. X X X . . X X X X . . X . X X
. . X X X . . X X X X . X X . X
. . . X X X . . X X X X . X X X
"""


@pytest.fixture(scope="module")
def network() -> vizkit.Network:
    return vizkit.load("lenet5@digits")


def connections(network: vizkit.Network, layer: str) -> int:
    """Connections by counting, for each value of a layer, what it takes and its bias."""
    module = network.module.get_submodule(layer)
    shape = network.layer(layer).shape
    if layer in ("s2", "s4"):
        return math.prod(shape) * (2 * 2 + 1)
    weights = [p for p in module.parameters() if p.ndim > 1]
    biases = [p for p in module.parameters() if p.ndim == 1]
    positions = math.prod(shape[1:])
    return positions * sum(p.numel() for p in (*weights, *biases))


@pytest.mark.parametrize("layer", PUBLISHED)
def test_layers_have_the_published_numbers(network: vizkit.Network, layer: str) -> None:
    parameters, wires, shape = PUBLISHED[layer]
    module = network.module.get_submodule(layer)
    assert sum(p.numel() for p in module.parameters()) == parameters
    assert connections(network, layer) == wires
    assert network.layer(layer.upper()) is network.layer(layer)
    assert network.layer(layer).shape == shape


def test_the_whole_has_60_000_parameters_and_340_908_connections(network: vizkit.Network) -> None:
    assert sum(p.numel() for p in network.module.parameters()) == 60_000
    output = 10 * 84
    assert sum(connections(network, layer) for layer in PUBLISHED) + output == 340_908


def test_maps_of_c3_take_those_of_table_1(network: vizkit.Network) -> None:
    crosses = np.array([[each == "X" for each in row.split()] for row in TABLE.split("\n") if row])
    assert [tuple(np.flatnonzero(column)) for column in crosses.T] == list(MAPS_OF_C3)
    maps = torch.rand(1, 6, 14, 14, requires_grad=True)
    result = network.module.get_submodule("c3")(maps)
    for number in range(16):
        (gradient,) = torch.autograd.grad(result[0, number].sum(), maps, retain_graph=True)
        taken = gradient[0].abs().amax((1, 2)) > 0
        assert taken.tolist() == crosses[:, number].tolist()


def by_the_paper(module: LeNet5, image: np.ndarray) -> np.ndarray:
    """Squared distances of F6 from the codes, by loops over the equations of the paper."""
    state = {name: value.double().numpy() for name, value in module.state_dict().items()}

    def sigmoid(a: np.ndarray) -> np.ndarray:
        return 1.7159 * np.tanh(2 / 3 * a)

    def subsampled(maps: np.ndarray, name: str) -> np.ndarray:
        sums = sum(maps[:, y::2, x::2] for y in (0, 1) for x in (0, 1))
        return sigmoid(sums * state[f"{name}.coefficient"] + state[f"{name}.bias"])

    def joined(below: np.ndarray, kernels: np.ndarray, bias: float) -> np.ndarray:
        pairs = zip(below, kernels, strict=True)
        return sigmoid(sum(correlate2d(a, k, "valid") for a, k in pairs) + bias)

    def convolved(below: np.ndarray, name: str) -> np.ndarray:
        each = zip(state[f"{name}.weight"], state[f"{name}.bias"], strict=True)
        return np.stack([joined(below, kernels, bias) for kernels, bias in each])

    s2 = subsampled(convolved(image[None], "c1"), "s2")
    groups = ["of_three"] * 6 + ["of_four"] * 9 + ["of_six"]
    c3 = []
    for number, (group, maps) in enumerate(zip(groups, MAPS_OF_C3, strict=True)):
        place = number - groups.index(group)
        kernels = state[f"c3.{group}.weight"][place], state[f"c3.{group}.bias"][place]
        c3.append(joined(s2[list(maps)], *kernels))
    c5 = convolved(subsampled(np.stack(c3), "s4"), "c5")[:, 0, 0]
    f6 = sigmoid(state["f6.weight"] @ c5 + state["f6.bias"])
    return ((f6 - digit_codes().numpy()) ** 2).sum(1)


def test_scores_are_what_the_papers_equations_give(network: vizkit.Network) -> None:
    image = vizkit.digits(held_out=True)[0][3:4]
    with torch.no_grad():
        scores = network(image)[0]
    expected = by_the_paper(network.module, image[0, 0].double().numpy() * 1.275 - 0.1)
    assert scores.tolist() == pytest.approx((-expected).tolist(), abs=1e-3)


def test_97_percent_of_the_digits_kept_out(network: vizkit.Network) -> None:
    images, classes = vizkit.digits(held_out=True)
    with torch.no_grad():
        right = network(images).argmax(1) == classes
    assert len(right) == 360
    assert int(right.sum()) == pytest.approx(350, abs=1)  # 97.2 % on the card


def test_digits_stand_in_the_field_of_the_paper() -> None:
    from sklearn.datasets import load_digits

    images, classes = (
        torch.cat(parts)
        for parts in zip(vizkit.digits(), vizkit.digits(held_out=True), strict=True)
    )
    given = load_digits()
    assert classes.tolist() == given.target.tolist()
    assert images.shape == (1797, 1, 32, 32)
    framed = images.clone()
    framed[:, :, 6:26, 6:26] = 0
    assert not framed.any()
    assert images.min() >= 0 and images.max() <= 1
    # Enlarging keeps the mean: every pixel of the 8 x 8 gives 2.5 x 2.5 but for the rounding at
    # the rim, which is nearly empty.
    means = images.sum((1, 2, 3)) / 2.5**2
    assert torch.allclose(means, torch.from_numpy(given.images).float().sum((1, 2)) / 16, rtol=0.06)


def test_codes_of_all_digits_differ() -> None:
    codes = digit_codes()
    differing = (codes[:, None] != codes[None]).sum(2) + 84 * torch.eye(10, dtype=torch.int)
    assert differing.min() >= 4
