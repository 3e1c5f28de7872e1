"""The settings of a GPU are changed for as long as it is asked, and then are the caller's again.

Settings are torch's own and can be read without a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch.backends import cuda, cudnn

from vizkit.networks.reproducible import reproducible

CUDA, CPU = torch.device("cuda"), torch.device("cpu")
NEW = hasattr(cudnn, "conv")


def settings() -> dict[str, Any]:
    found: dict[str, Any] = {
        "deterministic": cudnn.deterministic,
        "benchmark": cudnn.benchmark,
    }
    older: dict[str, Callable[[], Any]] = {
        "matmul": torch.get_float32_matmul_precision,
        "cudnn": lambda: cudnn.allow_tf32,
        "cublas": lambda: cuda.matmul.allow_tf32,
    }
    for name, read in older.items():
        try:
            found[name] = read()
        except RuntimeError:
            found[name] = "contradictory"
    if NEW:
        found |= {
            str(number): place.fp32_precision
            for number, place in enumerate((cudnn.conv, cudnn.rnn, cuda.matmul))
        }
    return found


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32
    precision = torch.get_float32_matmul_precision()
    places = (cudnn.conv, cudnn.rnn, cuda.matmul) if NEW else ()
    values = [each.fp32_precision for each in places]
    yield
    cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32 = before
    torch.set_float32_matmul_precision(precision)
    for place, value in zip(
        (cudnn.conv, cudnn.rnn, cuda.matmul) if NEW else (), values, strict=True
    ):
        place.fp32_precision = value


def fast() -> None:
    cudnn.benchmark = cudnn.allow_tf32 = cuda.matmul.allow_tf32 = True


def exact() -> None:
    cudnn.deterministic = True
    cudnn.allow_tf32 = cuda.matmul.allow_tf32 = False


def medium() -> None:
    torch.set_float32_matmul_precision("medium")


def newer() -> None:
    if not NEW:
        pytest.skip("this torch has the older settings only")
    cuda.matmul.fp32_precision = "tf32"
    cudnn.conv.fp32_precision = "ieee"


@pytest.mark.parametrize("setting", [lambda: None, fast, exact, medium, newer])
def test_full_float32_inside_and_the_callers_settings_after(setting: Callable[[], None]) -> None:
    setting()
    before = settings()
    with pytest.raises(KeyError), reproducible(CUDA):
        inside = settings()
        raise KeyError
    assert (inside["deterministic"], inside["benchmark"]) == (True, False)
    assert inside["cublas"] is False or before["cublas"] == "contradictory"
    assert inside["cudnn"] is False or before["cudnn"] == "contradictory"
    if NEW:
        assert [inside[name] for name in "012"] == ["ieee"] * 3
    assert settings() == before


def test_nothing_is_changed_for_the_cpu() -> None:
    cudnn.benchmark = True
    before = settings()
    with reproducible(CPU):
        assert settings() == before
