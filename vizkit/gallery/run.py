"""Doing what plans say: piece after piece, each unit stored as soon as it is done.

A run can be killed at any moment and started again: what is stored and complete is kept, the rest
is done, and the folder ends up the same byte for byte.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence

from vizkit.errors import UsageError, VizkitError
from vizkit.files import remove_abandoned
from vizkit.gallery.heartbeat import Heartbeat
from vizkit.gallery.log import Log
from vizkit.gallery.made import Made
from vizkit.gallery.pieces import Piece, pending
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.registry import find
from vizkit.gallery.shards import cost, shard_pieces
from vizkit.gallery.states import Failure
from vizkit.gallery.store import Store
from vizkit.gallery.study import Compute
from vizkit.networks.network import Network
from vizkit.progress import OnProgress, Progress

_BEAT_S = 20.0


def run(
    store: Store,
    plans: Sequence[tuple[Network, Plan]],
    *,
    shard: tuple[int, int] = (1, 1),
    command: str = "",
    progress: OnProgress | None = None,
) -> Made:
    """Do what is left of `plans`; a unit that fails is noted and the rest goes on.

    Parameters
    ----------
    shard : (k, n): the k-th of n shares of the work only.
    command : command line for the log.
    progress : called often; the amount of work is in seconds, as studies estimate them.
    """
    remove_abandoned(store.root)
    work = [
        [
            (piece, cost(network, piece))
            for piece in pending(store, shard_pieces(network, plan, shard))
        ]
        for network, plan in plans
    ]
    total = sum(seconds for shares in work for _, seconds in shares) or 1.0
    done, computed, failed = 0.0, 0, []
    for (network, plan), shares in zip(plans, work, strict=True):
        store.write_plan(plan)
        if not shares:
            continue
        begun: dict[str, Compute] = {}
        device = str(network.device)
        with Heartbeat(store.root) as heartbeat, Log(store.root, command, device) as log:
            for piece, seconds in shares:
                watch = _watch(heartbeat, piece, done, seconds, total, progress)
                watch(Progress(0, 1, piece.title))
                started = time.perf_counter()
                for layer, channel, error in _compute(network, store, piece, begun, watch):
                    if error is None:
                        computed += 1
                    else:
                        store.records(plan, layer.name, piece.study).write_failure(channel, error)
                        failed.append(Failure(plan.address(layer, channel), piece.study, error))
                done += seconds
                log.piece(piece.title, piece.study, time.perf_counter() - started)
                watch(Progress(1, 1, piece.title))
    return Made(computed, tuple(failed))


def _watch(
    heartbeat: Heartbeat,
    piece: Piece,
    before: float,
    seconds: float,
    total: float,
    progress: OnProgress | None,
) -> OnProgress:
    """What a study calls while it computes a piece: keeps the heartbeat fresh, tells `progress`.

    Parameters
    ----------
    before, seconds, total : work done before this piece, of this piece, and in all.
    """
    beaten = -math.inf

    def watch(now: Progress) -> None:
        nonlocal beaten
        if time.monotonic() - beaten > _BEAT_S:
            heartbeat.beat(piece.plan.address(*unit) for unit in piece.units())
            beaten = time.monotonic()
        if progress is not None:
            share = min(now.done / now.total, 1.0) if now.total else 1.0
            progress(Progress(before + share * seconds, total, piece.title))

    return watch


def _compute(
    network: Network, store: Store, piece: Piece, begun: dict[str, Compute], progress: OnProgress
) -> Iterator[tuple[PlannedLayer, int, str | None]]:
    """Compute and store a piece; gives each unit and why it failed, or None."""
    left = {(layer.name, channel): layer for layer, channel in piece.units()}
    records = {
        layer.name: store.records(piece.plan, layer.name, piece.study) for layer, _ in piece.parts
    }
    try:
        if piece.study not in begun:
            study = find(piece.study)
            if study is None:
                raise UsageError(f"the plan has a study {piece.study!r} that this version lacks.")
            begun[piece.study] = study.begin(network, piece.plan)
        for found in begun[piece.study](piece, progress):
            name = found.layer or piece.layer.name
            layer = left[name, found.channel]
            if found.error is None:
                records[name].write(found.channel, found.data, found.files)
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
