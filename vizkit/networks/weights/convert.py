"""Published weights files turned into the tensors of the network that they are for."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HED_DEPTHS = (2, 2, 3, 3, 3)


def hed_to_safetensors(keras: bytes) -> bytes:
    """VGG16 trunk of a HED edge detector, a Keras ``.weights.h5``, as safetensors.

    Keras keeps a kernel as (height, width, in, out), torch as (out, in, height, width). The side
    outputs and the fusion of the edge detector are left out.
    """
    import h5py
    import numpy as np

    tensors: dict[str, NDArray[np.float32]] = {}
    place = 0
    with h5py.File(io.BytesIO(keras), "r") as file:
        for block, depth in enumerate(_HED_DEPTHS, start=1):
            for conv in range(depth):
                layer = "conv2d" if conv == 0 else f"conv2d_{conv}"
                kernel, bias = (
                    np.asarray(file[f"block{block}/layers/{layer}/vars/{i}"], dtype=np.float32)
                    for i in (0, 1)
                )
                tensors[f"features.{place}.weight"] = kernel.transpose(3, 2, 0, 1)
                tensors[f"features.{place}.bias"] = bias
                place += 2  # the convolution and its ReLU
            place += 1  # the pooling
    return safetensors_bytes(tensors)


def safetensors_bytes(tensors: Mapping[str, NDArray[np.float32]]) -> bytes:
    """Safetensors file of float32 `tensors`, whose bytes depend on nothing but them.

    Written out here because the result is checked against a constant hash, and the order and
    padding that the safetensors library chooses may change between its versions.
    """
    header: dict[str, Any] = {}
    body = bytearray()
    for name in sorted(tensors):
        data = tensors[name].astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensors[name].shape),
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(body)
