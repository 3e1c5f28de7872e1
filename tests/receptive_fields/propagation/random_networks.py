"""Random small networks: any operation after any other, with branches that meet unaligned."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

IMAGE = (1, 2, 9, 11)
_LARGEST, _LONGEST, _MOST_CHANNELS = 1500, 26, 12

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Call(nn.Module):
    """A function as a module, so that its output is a layer."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


class RandomNetwork(nn.Module):
    """Steps, each of which takes outputs of steps before it.

    Attributes
    ----------
    resizes : True when an interpolation with weights of 0 is among them, which NaN passes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps = nn.ModuleList()
        self.inputs: list[tuple[int, ...]] = []
        self.told: list[str] = []
        self.resizes = False

    def forward(self, image: Tensor) -> Tensor:
        values = [image]
        for step, inputs in zip(self.steps, self.inputs, strict=True):
            values.append(step(*(values[i] for i in inputs)))
        return values[-1]

    def __repr__(self) -> str:
        steps = zip(self.told, self.inputs, strict=True)
        return "\n".join(["", *(f"{n}: {told} of {i}" for n, (told, i) in enumerate(steps, 1))])


def _number(first: int, last: int) -> st.SearchStrategy[int]:
    return st.integers(first, last)


def _pair(draw: Draw, first: int, last: int) -> tuple[int, int]:
    return draw(_number(first, last)), draw(_number(first, last))


def _conv(draw: Draw, x: Tensor) -> nn.Module:
    channels = x.shape[1]
    groups = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
    outputs = groups * draw(_number(1, 3))
    kernel, dilation = _pair(draw, 1, 4), _pair(draw, 1, 2)
    mode = draw(st.sampled_from(["zeros", "zeros", "circular", "reflect", "replicate"]))
    if draw(st.booleans()):
        stride: tuple[int, int] = (1, 1)
        padding: Any = "same"
    else:
        stride, padding = _pair(draw, 1, 3), _pair(draw, 0, 2)
    return nn.Conv2d(
        channels, outputs, kernel, stride, padding, dilation, groups, padding_mode=mode
    )


def _transposed(draw: Draw, x: Tensor) -> nn.Module:
    channels = x.shape[1]
    groups = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
    stride, dilation = _pair(draw, 1, 3), _pair(draw, 1, 2)
    more = [draw(_number(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)]
    kernel, padding = _pair(draw, 1, 4), _pair(draw, 0, 2)
    outputs = groups * draw(_number(1, 2))
    return nn.ConvTranspose2d(
        channels, outputs, kernel, stride, padding, more, groups, dilation=dilation
    )


def _pool(draw: Draw, x: Tensor) -> nn.Module:
    kernel, stride = _pair(draw, 1, 4), _pair(draw, 1, 3)
    padding = tuple(draw(_number(0, k // 2)) for k in kernel)
    ceil = draw(st.booleans())
    if draw(st.booleans()):
        return nn.AvgPool2d(kernel, stride, padding, ceil, draw(st.booleans()))
    return nn.MaxPool2d(kernel, stride, padding, _pair(draw, 1, 2), ceil_mode=ceil)


def _adaptive(draw: Draw, x: Tensor) -> nn.Module:
    kind = draw(st.sampled_from([nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d]))
    return kind(_pair(draw, 1, 12))


def _slice(draw: Draw, x: Tensor) -> nn.Module:
    cuts = tuple(
        slice(draw(_number(0, n - 1)), draw(st.none() | _number(-2, n)), draw(_number(1, 3)))
        for n in x.shape[2:]
    )
    first = draw(_number(0, x.shape[1] - 1))
    return Call(lambda x: x[:, first:, cuts[0], cuts[1]])


def _pad(draw: Draw, x: Tensor) -> nn.Module:
    mode = draw(st.sampled_from(["constant", "reflect", "replicate", "circular"]))
    lowest = -2 if mode == "constant" else 0
    amounts = [draw(_number(lowest, 3)) for _ in range(4)]
    if mode == "constant" and draw(st.booleans()):
        amounts += [draw(_number(0, 1)) for _ in range(2)]
    return Call(partial(F.pad, pad=amounts, mode=mode))


def _flip(draw: Draw, x: Tensor) -> nn.Module:
    axes = draw(st.sets(_number(1, 3), min_size=1))
    return Call(partial(torch.flip, dims=sorted(axes)))


def _roll(draw: Draw, x: Tensor) -> nn.Module:
    axes = draw(st.lists(_number(1, 3), min_size=1, max_size=3, unique=True))
    return Call(partial(torch.roll, shifts=[draw(_number(-4, 4)) for _ in axes], dims=axes))


def _nearest(draw: Draw, x: Tensor) -> nn.Module:
    mode = draw(st.sampled_from(["nearest", "nearest-exact"]))
    return nn.Upsample(size=_pair(draw, 1, 22), mode=mode)


def _interpolate(draw: Draw, x: Tensor) -> nn.Module:
    mode = draw(st.sampled_from(["bilinear", "bicubic"]))
    options = {"mode": mode, "align_corners": draw(st.booleans())}
    # PyTorch's antialiasing of images one column wide repeats the first row's weights.
    if not options["align_corners"] and x.shape[3] > 5 and draw(st.booleans()):
        options["antialias"] = True
    if draw(st.booleans()):
        options["scale_factor"] = draw(st.sampled_from([0.5, 0.7, 1.5, 2.0, 3.0]))
    else:
        options["size"] = _pair(draw, 2, 22)
    return Call(partial(F.interpolate, **options))


def _space(draw: Draw, x: Tensor) -> nn.Module:
    factor = draw(_number(2, 3))
    if draw(st.booleans()):
        return nn.PixelUnshuffle(factor)
    grown = nn.Conv2d(x.shape[1], factor * factor, 1)
    return nn.Sequential(grown, nn.PixelShuffle(factor))


def _shuffle(draw: Draw, x: Tensor) -> nn.Module:
    channels = x.shape[1]
    groups = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
    return Call(
        lambda x: x.view(x.shape[0], groups, -1, *x.shape[2:]).transpose(1, 2).reshape(x.shape)
    )


def _turn(draw: Draw, x: Tensor) -> nn.Module:
    if draw(st.booleans()):
        return Call(lambda x: x.transpose(2, 3))
    return Call(partial(torch.rot90, k=draw(_number(1, 3)), dims=(2, 3)))


def _choose(draw: Draw, x: Tensor) -> nn.Module:
    axis = draw(_number(1, 3))
    last = x.shape[axis] - 1
    index = torch.tensor(draw(st.lists(_number(0, last), min_size=1, max_size=12)))
    return Call(lambda x: x.index_select(axis, index))


def _repeat(draw: Draw, x: Tensor) -> nn.Module:
    if draw(st.booleans()):
        counts = (1, draw(_number(1, 2)), *_pair(draw, 1, 2))
        return Call(lambda x: x.repeat(counts))
    count, axis = draw(_number(1, 2)), draw(_number(1, 3))
    return Call(lambda x: x.repeat_interleave(count, axis))


def _overwrite(draw: Draw, x: Tensor) -> nn.Module:
    axis, first = draw(_number(1, 3)), draw(_number(0, x.shape[2] - 1))

    def add_into_a_view(x: Tensor) -> Tensor:
        y = x.clone()
        y[:, :, first:] += x.flip(axis)[:, :, first:]
        return y

    def write_into_a_view(x: Tensor) -> Tensor:
        y = torch.zeros_like(x)
        y[:, :, first:] = x[:, :, : x.shape[2] - first]
        part = y[:, :1]
        part.mul_(2).relu_()
        return y

    return Call(draw(st.sampled_from([add_into_a_view, write_into_a_view])))


class Excite(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale(x.mean((2, 3), keepdim=True)).sigmoid()


class Attend(nn.Module):
    """Attention of all positions to all positions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(channels, 3 * channels)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.qkv(x.flatten(2).transpose(1, 2))
        query, key, value = tokens.chunk(3, -1)
        weights = (query @ key.transpose(1, 2)).softmax(-1)
        return (weights @ value).transpose(1, 2).reshape(x.shape)


class Windowed(nn.Module):
    """Mixes the positions of each 2 x 2 window, folded into the batch on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2))
        b, c, h, w = x.shape
        tiles = x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5)
        mixed = self.mix(tiles.reshape(-1, c, 4)).view(tiles.shape)
        return mixed.permute(0, 3, 1, 4, 2, 5).reshape(b, c, h, w)


class AlongAnAxis(nn.Module):
    """A linear layer over the rows, the columns or the channels."""

    def __init__(self, axis: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.axis = axis
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.movedim(self.axis, -1)).movedim(-1, self.axis)


class Flat(nn.Module):
    """A linear layer on everything, or on the groups that a view makes, shaped as a map again."""

    def __init__(self, x: Tensor) -> None:
        super().__init__()
        self.linear = nn.Linear(x[0].numel(), 12)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.flatten(1)).view(-1, 2, 2, 3)


def _mix(draw: Draw, x: Tensor) -> nn.Module:
    channels, kind = x.shape[1], draw(_number(0, 9))
    axis = draw(_number(1, 3))
    simple: dict[int, Callable[[], nn.Module]] = {
        0: lambda: nn.BatchNorm2d(channels),
        1: lambda: nn.GroupNorm(1 if channels % 2 else 2, channels),
        2: lambda: Excite(channels),
        3: lambda: Attend(channels),
        4: Windowed,
        5: lambda: AlongAnAxis(axis, x.shape[axis], 3),
        6: lambda: Flat(x),
        7: lambda: Call(lambda x: x.softmax(axis)),
        8: lambda: Call(lambda x: x.cumsum(axis)),
        9: lambda: Call(lambda x: x - x.mean(axis, keepdim=True)),
    }
    return simple[kind]()


def _patches(draw: Draw, x: Tensor) -> nn.Module:
    kernel, stride, padding = draw(_number(1, 3)), draw(_number(1, 2)), draw(_number(0, 1))
    size = x.shape[2:]

    def unfold_and_fold(x: Tensor) -> Tensor:
        return F.fold(
            F.unfold(x, kernel, padding=padding, stride=stride),
            size,
            kernel,
            padding=padding,
            stride=stride,
        )

    def patches_as_channels(x: Tensor) -> Tensor:
        patches = x[:, :1].unfold(2, kernel, stride).unfold(3, kernel, stride)
        return patches.permute(0, 1, 4, 5, 2, 3).flatten(1, 3)

    return Call(draw(st.sampled_from([unfold_and_fold, patches_as_channels])))


def _simple(draw: Draw, x: Tensor) -> nn.Module:
    modules = [nn.Identity(), nn.Dropout(), nn.ReLU(), nn.GELU(), nn.PReLU()]
    return draw(st.sampled_from(modules))


def _add(draw: Draw, x: Tensor, y: Tensor) -> nn.Module:
    def add(x: Tensor, y: Tensor) -> Tensor:
        c, h, w = (min(pair) for pair in zip(x.shape[1:], y.shape[1:], strict=True))
        return x[:, :c, :h, :w] + y[:, -c:, -h:, :w]

    def scale(x: Tensor, y: Tensor) -> Tensor:
        return x * y.amax((1, 3), keepdim=True)[:, :, :1]

    def gate(x: Tensor, y: Tensor) -> Tensor:
        length = min(x.shape[3], y.shape[3])
        return x[..., :length] * y[..., :length].amax((1, 2), keepdim=True)

    return Call(draw(st.sampled_from([add, add, add, scale, gate])))


def _concatenate(draw: Draw, x: Tensor, y: Tensor) -> nn.Module:
    axis = draw(_number(1, 3))

    def concatenate(x: Tensor, y: Tensor) -> Tensor:
        for other in {1, 2, 3} - {axis}:
            length = min(x.shape[other], y.shape[other])
            x, y = x.narrow(other, 0, length), y.narrow(other, 0, length)
        return torch.cat([x, y], axis)

    return Call(concatenate)


_ONE = (
    *(_conv, _conv, _conv, _transposed, _pool, _pool, _adaptive, _slice, _pad, _flip, _roll),
    *(_nearest, _interpolate, _space, _shuffle, _turn, _choose, _repeat, _overwrite, _mix, _mix),
    *(_patches, _simple),
)
_TWO = (_add, _add, _concatenate)


@st.composite
def networks(draw: Draw, most: int = 7) -> RandomNetwork:
    """Networks for images of shape `IMAGE`, in double precision and eval mode."""
    network = RandomNetwork()
    values = [torch.zeros(IMAGE, dtype=torch.float64)]
    for _ in range(draw(_number(1, most))):
        make = draw(st.sampled_from((*_ONE, *_TWO)))
        # The last output most of the time, so that networks become deep.
        count = 2 if make in _TWO else 1
        last = len(values) - 1
        chosen = [last if draw(st.booleans()) else draw(_number(0, last)) for _ in range(count)]
        given = [values[i] for i in chosen]
        try:
            step = make(draw, *given).double().eval()
            with torch.no_grad():
                output = step(*given)
        except (RuntimeError, ValueError, IndexError, NotImplementedError):
            continue  # not for this shape
        large = output.numel() > _LARGEST or max(output.shape[2:]) > _LONGEST
        if large or output.shape[1] > _MOST_CHANNELS or not output.numel():
            continue
        values.append(output)
        network.steps.append(step)
        network.inputs.append(tuple(chosen))
        name = make.__name__ + (f" {step}" if not isinstance(step, Call) else "")
        function = getattr(step, "function", "")
        told = getattr(function, "keywords", getattr(function, "__name__", ""))
        network.told.append(f"{name} {told} -> {tuple(output.shape)}".replace("\n", " "))
        network.resizes |= make is _interpolate
    return network.double().eval()
