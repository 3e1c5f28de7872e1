"""Operations on each element by itself."""

from __future__ import annotations

import torch

from vizkit.receptive_fields.propagation.dependence import Dependence, elementwise, values_in
from vizkit.receptive_fields.propagation.graph import Operation
from vizkit.receptive_fields.propagation.rules.registry import rule


@rule("clone", "contiguous", "detach", "alias", "lift_fresh", "_to_copy", "to", "expand",
      "native_dropout", "prelu", "_prelu_kernel",
      "rrelu_with_noise", "broadcast_tensors", "convert_element_type", "_conj", "lerp",
      "log_sigmoid_forward", "hardswish", "fake_quantize_per_tensor_affine")  # fmt: skip
def by_element(operation: Operation, item: int) -> Dependence | None:
    """Dependence of an operator that works element by element."""
    output = operation.output(item)
    values = values_in([operation.args, dict(operation.kwargs)])
    return elementwise(output.shape, values)


@rule("copy")
def copy(operation: Operation, item: int) -> Dependence | None:
    output = operation.output(item)
    return elementwise(output.shape, values_in(operation.args[1]))


@rule("fill", "zero", "zeros_like", "ones_like")
def constant(operation: Operation, item: int) -> Dependence | None:
    output = operation.output(item)
    # What it is filled with may depend on the image; what was there before does not matter.
    return elementwise(output.shape, values_in(operation.args[1:]))


def is_pointwise(operation: Operation) -> bool:
    """Whether PyTorch itself says that the operator works element by element."""
    return operation.func is not None and torch.Tag.pointwise in operation.func.tags
