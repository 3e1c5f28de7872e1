"""Doing what a plan says: block after block, each unit stored as soon as it is done.

A run can be killed at any moment and started again: what is stored and complete is kept, the rest
is done, and the folder ends up the same byte for byte.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vizkit.errors import UsageError, VizkitError
from vizkit.gallery.cost import Costs
from vizkit.gallery.heartbeat import Heartbeat
from vizkit.gallery.log import Log
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.store import Store
from vizkit.gallery.study import Compute, study
from vizkit.networks.network import Network

_BEAT_S = 20.0


@dataclass(frozen=True, slots=True)
class Work:
    """A block of units and one study of them.

    Attributes
    ----------
    layer : the layer.
    study : name of the study.
    channels : at most ``layer.block_size`` channels, none of them done.
    """

    layer: PlannedLayer
    study: str
    channels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run's callback sees.

    Attributes
    ----------
    done, total : work so far and in all, in the units of `Costs`.
    address : what is in work, e.g. ``"vgg16@hed/conv4_3:0-3"``.
    """

    done: float
    total: float
    address: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did.

    Attributes
    ----------
    computed : records that were written.
    failed : addresses and reasons, in order.
    """

    computed: int
    failed: tuple[tuple[str, str], ...]


def pending_work(store: Store, plan: Plan, shard: tuple[int, int] = (1, 1)) -> list[Work]:
    """What is left to do, in order.

    Parameters
    ----------
    shard : (k, n): of the blocks of the whole plan every n-th one, beginning with the k-th. The
        plan is divided before what is done is left out, so shards never overlap.
    """
    number, count = shard
    if not 1 <= number <= count:
        raise UsageError(
            f"shard {number}/{count} does not exist.\n  Give 1/{count} to {count}/{count}."
        )
    found, place = [], 0
    for layer in plan.layers:
        for name in layer.studies:
            for channels in _chunks(layer):
                mine = place % count == number - 1
                place += 1
                left = tuple(
                    channel
                    for channel in channels
                    if mine and store.read_record(plan, layer.name, name, channel) is None
                )
                if left:
                    found.append(Work(layer, name, left))
    return found


def run(
    network: Network,
    plan: Plan,
    store: Store,
    *,
    shard: tuple[int, int] = (1, 1),
    command: str = "",
    callback: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Do what is left of `plan`; a unit that fails is noted and the rest goes on.

    Parameters
    ----------
    command : command line for the log.
    callback : called often while a block is computed.
    """
    store.remove_temporary()
    store.write_plan(plan)
    works = pending_work(store, plan, shard)
    if not works:
        return Outcome(0, ())
    costs = Costs(network, plan)
    total, done = sum(costs.of(work.layer, work.study) for work in works), 0.0
    begun: dict[str, Compute] = {}
    computed, failed = 0, []
    with Heartbeat(store.root) as heartbeat, Log(store.root, command, str(network.device)) as log:
        for work in works:
            share = costs.of(work.layer, work.study)
            watch = _Watch(heartbeat, plan, work, done, share, total, callback)
            watch(0.0)
            started = time.perf_counter()
            for channel, error in _compute(network, plan, store, work, begun, watch):
                if error is None:
                    computed += 1
                else:
                    store.write_failure(plan, work.layer.name, work.study, channel, error)
                    failed.append((plan.address(work.layer, channel), error))
            done += share
            log.block(_name(plan, work), work.study, time.perf_counter() - started)
    if callback is not None:
        callback(Progress(total, total, ""))
    return Outcome(computed, tuple(failed))


@dataclass(slots=True)
class _Watch:
    """What a study calls while it computes a block: tells the callback, keeps the heartbeat fresh.

    Attributes
    ----------
    before, share, total : work done before this block, of this block, and in all.
    beaten : when the heart last beat, of the monotonic clock.
    """

    heartbeat: Heartbeat
    plan: Plan
    work: Work
    before: float
    share: float
    total: float
    callback: Callable[[Progress], None] | None
    beaten: float = -math.inf

    def __call__(self, part: float) -> None:
        now = time.monotonic()
        if now - self.beaten > _BEAT_S:
            work = self.work
            self.heartbeat.beat(self.plan.address(work.layer, each) for each in work.channels)
            self.beaten = now
        if self.callback is not None:
            done = self.before + part * self.share
            self.callback(Progress(done, self.total, _name(self.plan, self.work)))


def _compute(
    network: Network,
    plan: Plan,
    store: Store,
    work: Work,
    begun: dict[str, Compute],
    tick: Callable[[float], None],
) -> Iterator[tuple[int, str | None]]:
    """Compute and store a block; gives each channel and why it failed, or None."""
    left = list(work.channels)
    try:
        if work.study not in begun:
            known = study(work.study)
            if known is None:
                raise UsageError(f"the plan has a study {work.study!r} that this version lacks.")
            begun[work.study] = known.begin(network, plan)
        for found in begun[work.study](work.layer, work.channels, tick):
            left.remove(found.channel)
            if found.error is None:
                store.write_record(
                    plan, work.layer.name, work.study, found.channel, found.data, found.files
                )
            yield found.channel, found.error
    except VizkitError as error:
        reason = str(error)
    except OSError:
        raise  # A full disk or a lost folder would fail every other unit in the same way.
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        reason = "the study gave no result"
    for channel in left:
        yield channel, reason


def _chunks(layer: PlannedLayer) -> Iterator[tuple[int, ...]]:
    for first in range(0, len(layer.channels), layer.block_size):
        yield layer.channels[first : first + layer.block_size]


def _name(plan: Plan, work: Work) -> str:
    from vizkit.address import format_channels

    return f"{plan.network.source}/{work.layer.name}:{format_channels(work.channels)}"
