from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from vizkit.receptive_fields.propagation.multiply_adds import multiply_adds


class Total(TorchDispatchMode):
    """Adds up the multiply-adds of what runs inside."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        self.count += multiply_adds(func, args, kwargs or {}, output)
        return output


def counted(call: Callable[[], object]) -> int:
    """Multiply-adds of the operations that `call` runs."""
    with torch.no_grad(), Total() as total:
        call()
    return total.count


def published(name: str) -> tuple[nn.Module, float]:
    """A network without data, and its multiply-adds in 10^9 from the card of its weights."""
    weights = next(iter(torchvision.models.get_model_weights(name)))
    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")
        net = torchvision.models.get_model(name, weights=None).eval()
    return net, weights.meta["_ops"]


def meta(*shape: int) -> Tensor:
    return torch.empty(shape, device="meta")


@pytest.mark.parametrize(
    ("name", "side", "billions"),
    [
        ("alexnet", 224, 0.714),
        ("vgg16", 224, 15.470),
        ("resnet50", 224, 4.089),
        ("googlenet", 224, 1.498),
        ("resnet18", 224, None),
        ("vit_b_16", 224, None),
        ("swin_v2_t", 256, None),
        ("maxvit_t", 224, None),
        ("shufflenet_v2_x1_0", 224, None),
    ],
)
def test_whole_networks_agree_with_their_cards_and_with_torch(
    name: str, side: int, billions: float | None
) -> None:
    net, card = published(name)
    if billions is not None:
        assert card == billions
    image = meta(1, 3, side, side)
    count = counted(lambda: net(image))
    assert round(count / 1e9, 3) == card
    with torch.no_grad(), FlopCounterMode(display=False) as flops:
        net(image)
    assert 2 * count == flops.get_total_flops()


@pytest.mark.parametrize("name", ["googlenet", "vit_b_16", "maxvit_t"])
def test_operations_made_of_others_count_as_these(name: str) -> None:
    net, _ = published(name)
    image = meta(1, 3, 224, 224)
    with torch.inference_mode(), Total() as whole:  # linear, einsum, conv2d arrive as they are
        net(image)
    assert whole.count == counted(lambda: net(image))


def test_fake_tensors_do() -> None:
    with FakeTensorMode():
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 5))
        for context in (torch.no_grad, torch.inference_mode):
            with context(), Total() as total:
                net(torch.empty(2, 3, 8, 8))
            assert total.count == 2 * (27 * 4 * 36 + 4 * 36 * 5)


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[nn.Module, Tensor]:
    """Any convolution, forward or transposed, in 1 to 3 dimensions."""
    number = draw(st.integers(1, 3))
    transposed = draw(st.booleans())
    groups = draw(st.sampled_from([1, 2, 3]))
    names = ("kernel_size", "stride", "padding", "dilation")
    least = (1, 1, 0, 1)
    options: dict[str, Any] = {
        name: tuple(draw(st.integers(low, 3)) for _ in range(number))
        for name, low in zip(names, least, strict=True)
    }
    if transposed:
        options["padding"] = (0,) * number
    kinds = nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d
    kind = (kinds if transposed else (nn.Conv1d, nn.Conv2d, nn.Conv3d))[number - 1]
    channels = [groups * draw(st.integers(1, 3)) for _ in range(2)]
    module = kind(*channels, **options, groups=groups, bias=draw(st.booleans()), device="meta")
    sides = [draw(st.integers(7, 10)) for _ in range(number)]
    return module, meta(draw(st.integers(1, 2)), channels[0], *sides)


@settings(max_examples=150, deadline=None)
@given(convolutions())
def test_convolutions_agree_with_torch(case: tuple[nn.Module, Tensor]) -> None:
    module, x = case
    with torch.no_grad(), FlopCounterMode(display=False) as flops:
        module(x)
    assert 2 * counted(lambda: module(x)) == flops.get_total_flops()


def test_a_transposed_convolution_by_hand() -> None:
    module = nn.ConvTranspose2d(6, 4, 3, stride=2, output_padding=1, groups=2, device="meta")
    assert counted(lambda: module(meta(1, 6, 5, 7))) == 5 * 7 * (3 * 3) * (6 * 4) // 2


A, B = meta(5, 7), meta(7, 11)
STACKS = meta(3, 5, 7), meta(3, 7, 11)
PRODUCTS: dict[str, tuple[Callable[[], object], int]] = {
    "mm": (lambda: A @ B, 5 * 7 * 11),
    "addmm": (lambda: torch.addmm(meta(11), A, B), 5 * 7 * 11),
    "in place": (lambda: meta(5, 11).addmm_(A, B), 5 * 7 * 11),
    "bmm": (lambda: torch.bmm(*STACKS), 3 * 5 * 7 * 11),
    "baddbmm": (lambda: torch.baddbmm(meta(1, 1, 11), *STACKS), 3 * 5 * 7 * 11),
    "addbmm": (lambda: torch.addbmm(meta(5, 11), *STACKS), 3 * 5 * 7 * 11),
    "mv": (lambda: torch.mv(A, meta(7)), 5 * 7),
    "addmv": (lambda: torch.addmv(meta(5), A, meta(7)), 5 * 7),
    "dot": (lambda: torch.dot(meta(7), meta(7)), 7),
    "einsum": (lambda: torch.einsum("bhc,bwc->bhw", meta(2, 5, 7), meta(2, 3, 7)), 2 * 5 * 3 * 7),
    "broadcast": (lambda: meta(2, 3, 5, 7) @ B, 2 * 3 * 5 * 7 * 11),
    "linear": (lambda: F.linear(meta(2, 3, 7), meta(4, 7), meta(4)), 2 * 3 * 7 * 4),
    "pooling": (lambda: F.max_pool2d(meta(1, 3, 8, 8), 2), 0),
    "normalization": (lambda: F.layer_norm(A, (7,)), 0),
    "sum": (lambda: A + A, 0),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_by_hand(name: str) -> None:
    call, expected = PRODUCTS[name]
    assert counted(call) == expected


def test_attention_by_hand_whatever_computes_it() -> None:
    query, key, value = torch.zeros(2, 4, 5, 8), torch.zeros(2, 4, 9, 8), torch.zeros(2, 4, 9, 8)
    by_hand = 2 * 4 * 5 * 9 * (8 + 8)
    assert counted(lambda: F.scaled_dot_product_attention(query, key, value)) == by_hand
    on_meta = [x.to("meta") for x in (query, key, value)]
    assert counted(lambda: F.scaled_dot_product_attention(*on_meta)) == by_hand
    shared = query, key[:, :2], value[:, :2]
    attend = lambda: F.scaled_dot_product_attention(*shared, enable_gqa=True)  # noqa: E731
    assert counted(attend) == by_hand


class Seen(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


@pytest.mark.filterwarnings("ignore:.*nested.*:UserWarning")
@pytest.mark.parametrize(
    ("make", "operation"),
    [
        (
            lambda: nn.MultiheadAttention(12, 4, batch_first=True).eval(),
            "_native_multi_head_attention",
        ),
        (
            lambda: nn.TransformerEncoderLayer(12, 4, 20, batch_first=True).eval(),
            "_transformer_encoder_layer_fwd",
        ),
    ],
)
def test_blocks_in_one_operation_count_as_their_parts(
    make: Callable[[], nn.Module], operation: str
) -> None:
    module, x = make(), torch.zeros(2, 5, 12)
    given = (x, x, x) if operation == "_native_multi_head_attention" else (x,)
    with torch.no_grad(), Seen() as seen:
        module(*given)
    assert operation in seen.names
    # With gradients, the parts run one by one; some versions do not count fused attention on CPUs.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as flops:
        module(*given)
    assert 2 * counted(lambda: module(*given)) == flops.get_total_flops()
