from __future__ import annotations

import io

import h5py
import numpy as np
import safetensors.torch
import torch
from torch.nn import functional

from vizkit.networks.architectures.vgg16 import VGG
from vizkit.networks.weights.convert import hed_to_safetensors, safetensors_bytes

DEPTHS = (2, 2, 3, 3, 3)


def tiny_hed() -> tuple[bytes, list[np.ndarray]]:
    """A Keras file of the detector's form with few channels, and its kernels in order."""
    draw = np.random.default_rng(0)
    kernels, before = [], 3
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for block, depth in enumerate(DEPTHS, start=1):
            for conv in range(depth):
                kernel = draw.normal(size=(3, 3, before, before + 1)).astype(np.float32)
                layer = f"block{block}/layers/conv2d" + (f"_{conv}" if conv else "")
                file[f"{layer}/vars/0"] = kernel
                file[f"{layer}/vars/1"] = np.full(before + 1, float(len(kernels)), np.float32)
                kernels.append(kernel)
                before += 1
        file["dsn1/vars/0"] = np.zeros((1, 1, 4, 1), np.float32)
    return content.getvalue(), kernels


def test_names_are_those_of_the_trunk() -> None:
    content, _ = tiny_hed()
    converted = safetensors.torch.load(hed_to_safetensors(content))
    assert converted.keys() == VGG().state_dict().keys()


def test_a_converted_convolution_computes_what_keras_computes() -> None:
    content, kernels = tiny_hed()
    converted = safetensors.torch.load(hed_to_safetensors(content))
    patch = np.random.default_rng(1).normal(size=(3, 3, 3)).astype(np.float32)
    # Keras: a sum over height, width and input channels of an image H W C.
    expected = np.einsum("hwi,hwio->o", patch, kernels[0])
    image = torch.from_numpy(patch.transpose(2, 0, 1).copy())[None]
    computed = functional.conv2d(image, converted["features.0.weight"])
    torch.testing.assert_close(computed.flatten(), torch.from_numpy(expected))
    assert converted["features.28.bias"].unique().tolist() == [12.0]


def test_bytes_depend_on_the_tensors_alone() -> None:
    first = {"b": np.ones((2, 3), np.float32), "a": np.zeros(5, np.float32)}
    second = {"a": np.zeros(5, np.float32), "b": np.asfortranarray(np.ones((2, 3), np.float32))}
    assert safetensors_bytes(first) == safetensors_bytes(second)
    loaded = safetensors.torch.load(safetensors_bytes(first))
    assert {name: value.tolist() for name, value in loaded.items()} == {
        "a": [0.0] * 5,
        "b": [[1.0] * 3] * 2,
    }
