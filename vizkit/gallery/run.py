"""Doing what a plan says: piece after piece, each unit stored as soon as it is done.

A run can be killed at any moment and started again: what is stored and complete is kept, the rest
is done, and the folder ends up the same byte for byte.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from vizkit.errors import UsageError, VizkitError
from vizkit.gallery.heartbeat import Heartbeat
from vizkit.gallery.log import Log
from vizkit.gallery.pieces import Piece, pieces
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.registry import find
from vizkit.gallery.store import Store
from vizkit.gallery.study import Compute
from vizkit.networks.network import Network

_BEAT_S = 20.0


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run's callback sees.

    Attributes
    ----------
    done, total : work so far and in all, in seconds as studies estimate them beforehand.
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


def pending(store: Store, plan: Plan, shard: tuple[int, int] = (1, 1)) -> list[Piece]:
    """What is left to do, in order.

    Parameters
    ----------
    shard : (k, n): of the pieces of the whole plan every n-th one, beginning with the k-th. The
        plan is divided before what is done is left out, so shards never overlap.
    """
    number, count = shard
    if not 1 <= number <= count:
        raise UsageError(
            f"shard {number}/{count} does not exist.\n  Give 1/{count} to {count}/{count}."
        )
    stored = {
        (layer.name, study): store.records(plan, layer.name, study)
        for layer in plan.layers
        for study in layer.studies
    }
    found = []
    for piece in islice(pieces(plan), number - 1, None, count):
        left = (
            (layer, tuple(c for c in channels if stored[layer.name, piece.study].read(c) is None))
            for layer, channels in piece.parts
        )
        parts = tuple((layer, channels) for layer, channels in left if channels)
        if parts:
            found.append(replace(piece, parts=parts))
    return found


def cost(network: Network, piece: Piece) -> float:
    """Seconds that a piece takes, as its study estimates them."""
    study = find(piece.study)
    return 0.0 if study is None else study.cost(network, piece)


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
    callback : called often while a piece is computed.
    """
    store.remove_temporary()
    store.write_plan(plan)
    work = pending(store, plan, shard)
    if not work:
        return Outcome(0, ())
    shares = [cost(network, piece) for piece in work]
    total, done = sum(shares) or 1.0, 0.0
    begun: dict[str, Compute] = {}
    computed, failed = 0, []
    with Heartbeat(store.root) as heartbeat, Log(store.root, command, str(network.device)) as log:
        for piece, share in zip(work, shares, strict=True):
            watch = _Watch(heartbeat, piece, done, share, total, callback)
            watch(0.0)
            started = time.perf_counter()
            for layer, channel, error in _compute(network, store, piece, begun, watch):
                if error is None:
                    computed += 1
                else:
                    store.records(plan, layer.name, piece.study).write_failure(channel, error)
                    failed.append((plan.address(layer, channel), error))
            done += share
            log.piece(piece.title, piece.study, time.perf_counter() - started)
    if callback is not None:
        callback(Progress(total, total, ""))
    return Outcome(computed, tuple(failed))


@dataclass(slots=True)
class _Watch:
    """What a study calls while it computes a piece: tells the callback, keeps the heartbeat fresh.

    Attributes
    ----------
    before, share, total : work done before this piece, of this piece, and in all.
    beaten : when the heart last beat, of the monotonic clock.
    """

    heartbeat: Heartbeat
    piece: Piece
    before: float
    share: float
    total: float
    callback: Callable[[Progress], None] | None
    beaten: float = -math.inf

    def __call__(self, part: float) -> None:
        now = time.monotonic()
        if now - self.beaten > _BEAT_S:
            self.heartbeat.beat(self.piece.plan.address(*unit) for unit in self.piece.units())
            self.beaten = now
        if self.callback is not None:
            done = self.before + part * self.share
            self.callback(Progress(done, self.total, self.piece.title))


def _compute(
    network: Network,
    store: Store,
    piece: Piece,
    begun: dict[str, Compute],
    tick: Callable[[float], None],
) -> Iterator[tuple[PlannedLayer, int, str | None]]:
    """Compute and store a piece; gives each unit and why it failed, or None."""
    left = {(layer.name, channel): layer for layer, channel in piece.units()}
    stored = {
        layer.name: store.records(piece.plan, layer.name, piece.study) for layer, _ in piece.parts
    }
    try:
        if piece.study not in begun:
            study = find(piece.study)
            if study is None:
                raise UsageError(f"the plan has a study {piece.study!r} that this version lacks.")
            begun[piece.study] = study.begin(network, piece.plan)
        for found in begun[piece.study](piece, tick):
            name = found.layer or piece.layer.name
            layer = left[name, found.channel]
            if found.error is None:
                stored[name].write(found.channel, found.data, found.files)
            del left[name, found.channel]
            yield layer, found.channel, found.error
    except VizkitError as error:
        reason = str(error)
    except OSError:
        raise  # A full disk or a lost folder would fail every other unit in the same way.
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        reason = "the study gave no result"
    for (_, channel), layer in left.items():
        yield layer, channel, reason
