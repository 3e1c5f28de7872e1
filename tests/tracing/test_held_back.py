"""Interruptions wait for what must not be cut in the middle."""

from __future__ import annotations

import signal
import threading
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from vizkit.receptive_fields.oracle.swallow import swallowers
from vizkit.receptive_fields.propagation.record import record
from vizkit.rendering.batchnorm_folding import fold_batch_norm
from vizkit.tracing.held_back import held_back
from vizkit.tracing.trace import trace

SIZE = (1, 3, 8, 8)


class Interrupting(nn.Module):
    """A network that is interrupted in the middle of its pass, and notes how far it came."""

    def __init__(self, signals: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        self.signals = signals
        self.told = SimpleNamespace(ended=0)  # what a pass leaves in the network is taken back

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)
        for _ in range(self.signals):
            signal.raise_signal(signal.SIGINT)
        self.told.ended += 1
        return x.relu()


@pytest.mark.parametrize(
    "run",
    [
        lambda net: record(net, SIZE),
        lambda net: record(net, SIZE, numbers=True),
        lambda net: trace(net, torch.zeros(SIZE)),
        lambda net: fold_batch_norm(net, torch.zeros(SIZE)),
        lambda net: swallowers(net, torch.ones(SIZE)),
    ],
    ids=["record", "record numbers", "trace", "fold", "swallow"],
)
def test_a_pass_under_a_dispatch_mode_ends_before_it_is_interrupted(run):
    net, before = Interrupting().eval(), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(net)
    assert net.told.ended == 1
    assert signal.getsignal(signal.SIGINT) is before
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in net.modules())
    assert len(torch.utils._python_dispatch._get_current_dispatch_mode_stack()) == 0
    net.signals = 0
    run(net)


def test_a_second_one_does_not_wait():
    net = Interrupting(signals=2)
    with pytest.raises(KeyboardInterrupt):
        trace(net, torch.zeros(SIZE))
    assert net.told.ended == 0


def test_an_error_is_kept_as_context():
    with pytest.raises(KeyboardInterrupt) as stop, held_back():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("of the network")
    assert str(stop.value.__context__) == "of the network"


def test_handlers_of_both_signals_are_called_once_and_in_the_end():
    calls = []
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, lambda number, frame: calls.append(number))
        with held_back():
            signal.raise_signal(signal.SIGTERM)
            assert calls == []
        assert calls == [signal.SIGTERM]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_ignored_ones_stay_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_back():
            signal.raise_signal(signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_nothing_is_held():
    found = []

    def work() -> None:
        with held_back():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGINT)]
