"""Comparison of expected boxes with measured ones, for every unit, without keeping any map."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from vizkit.errors import UsageError
from vizkit.progress import OnProgress, Progress
from vizkit.receptive_fields.oracle.boxes import (
    SIDES,
    Boxes,
    Key,
    half_planes,
    side_reached,
    telling_lines,
)
from vizkit.receptive_fields.oracle.certificate import Certificate, Disagreement, LayerVerdict
from vizkit.receptive_fields.oracle.marks import NanMark, TangentMark
from vizkit.receptive_fields.oracle.probe import Probe
from vizkit.receptive_fields.oracle.swallow import swallowers

_SHOWN = 5


def certify(
    module: nn.Module,
    example_input: Tensor,
    expected: Mapping[Key, Boxes],
    *,
    progress: OnProgress | None = None,
) -> Certificate:
    """Compare expected boxes with what NaN half-planes reach in the network as it is.

    For each side of each unit's box two half-planes decide: the one that just reaches the box must
    turn the unit into NaN, and the one that just does not must leave it finite. All lines of the
    input at which any unit has something to tell are tried, and every unit of a layer is compared
    at all lines that tell something about the layer.

    A layer that NaN does not confirm to the last unit (because an operation swallows it, or because
    a tap of weight 0 lets it pass) is compared anew by derivatives of a positive copy of the
    network. Its verdict says so.

    Parameters
    ----------
    module : any network; it runs unmodified, in eval mode, and is left as it was.
    example_input : one image, 1 x C x H x W, of finite values.
    expected : clipped boxes by module path and call; "" is the network itself.
    progress : told after each pass how many half-planes have gone through the network.

    Raises
    ------
    UsageError : boxes of a shape that the layer does not have.
    LayerNotFoundError : boxes for a layer that is not called.
    FieldError : weights or image are not finite, or the network's calls depend on its input.

    Examples
    --------
    >>> import torch
    >>> top, left = np.arange(6)[None, :, None], np.arange(6)[None, None, :]
    >>> boxes = Boxes(top, left, top + 2, left + 2)
    >>> certificate = certify(nn.Conv2d(1, 2, 3), torch.zeros(1, 1, 8, 8), {("", 0): boxes})
    >>> certificate.agree, certificate.agreeing
    (True, 72)
    """
    began = time.perf_counter()
    probe = Probe(NanMark(module, example_input))
    boxes = {probe.find(*key): _fitting(key, expected[key], probe) for key in expected}
    boxes = {key: boxes[key] for key in probe.layers if key in boxes}
    verdicts = _compare(probe, boxes, "nan", progress)
    swallowing: tuple[Any, ...] = ()
    if any(verdict.swallowed for verdict in verdicts.values()):
        swallowing = swallowers(module, example_input)
    doubtful = {key: boxes[key] for key, verdict in verdicts.items() if not verdict.agree}
    for key, second in _second_opinion(module, example_input, doubtful, progress):
        first = verdicts[key]
        if second.agree or first.swallowed:
            verdicts[key] = replace(second, swallowed=first.swallowed)
    left = tuple(key for key in probe.layers if key not in boxes)
    return Certificate(
        tuple(verdicts.values()), swallowing, left, wall_s=time.perf_counter() - began
    )


def _second_opinion(
    module: nn.Module,
    example_input: Tensor,
    doubtful: Mapping[Key, Boxes],
    progress: OnProgress | None,
) -> Iterator[tuple[Key, LayerVerdict]]:
    if not doubtful:
        return
    try:
        probe = Probe(TangentMark(module, example_input))
    except (RuntimeError, NotImplementedError):
        # An operation without forward derivative: the first verdict stands.
        return
    known = {key: boxes for key, boxes in doubtful.items() if key in probe.layers}
    yield from _compare(probe, known, "gradient", progress).items()


@dataclass(slots=True)
class _Tally:
    """What is known of one layer so far."""

    boxes: Boxes
    shape: tuple[int, ...]
    silent: int = 0
    wrong: NDArray[np.bool_] | None = None
    first: list[Disagreement] = field(default_factory=list)

    def compare(self, side: str, lines: list[int], reached: NDArray[np.bool_]) -> None:
        """Compare what the half-planes of `lines` reached with what the boxes say."""
        box_side = getattr(self.boxes, side)
        differs = reached != side_reached(side, box_side, lines)
        if not np.count_nonzero(differs):
            return
        wrong = differs.any(0)
        self.wrong = wrong if self.wrong is None else self.wrong | wrong
        room = _SHOWN - len(self.first)
        full = np.broadcast_to(box_side, self.shape)
        known = {disagreement.unit for disagreement in self.first}
        for at, *unit in np.argwhere(differs)[: 4 * _SHOWN].tolist() if room else ():
            index = tuple(unit)
            if len(self.first) < _SHOWN and index not in known:
                known.add(index)
                hit = bool(reached[at][index])
                self.first.append(Disagreement(index, side, int(full[index]), lines[at], hit))


def _compare(
    probe: Probe,
    expected: Mapping[Key, Boxes],
    oracle: Literal["nan", "gradient"],
    progress: OnProgress | None,
) -> dict[Key, LayerVerdict]:
    tallies = {key: _Tally(boxes, probe.layers[key].shape) for key, boxes in expected.items()}

    def silent(key: Key, reached: NDArray[np.bool_]) -> None:
        boxes = expected[key]
        should = (boxes.top <= boxes.bottom) & (boxes.left <= boxes.right)
        tallies[key].silent = int(np.count_nonzero(should & ~reached[0]))

    if tallies:
        probe.look(np.ones((1, *probe.size), dtype=np.bool_), silent, list(tallies))
    passes = [batch for side in SIDES for batch in _passes(probe, expected, side)]
    total = sum(len(lines) for _, lines, _ in passes)
    done = 0
    for side, lines, telling in passes:

        def see(
            key: Key,
            reached: NDArray[np.bool_],
            side: str = side,
            lines: list[int] = lines,
            telling: dict[Key, list[int]] = telling,
        ) -> None:
            tallies[key].compare(side, [lines[at] for at in telling[key]], reached)

        probe.look(half_planes(side, lines, probe.size), see, telling)
        done += len(lines)
        if progress is not None:
            progress(Progress(done, total, "half-planes"))
    verdicts = {}
    for key, tally in tallies.items():
        units = int(np.prod(tally.shape))
        wrong = 0 if tally.wrong is None else int(np.count_nonzero(tally.wrong))
        verdicts[key] = LayerVerdict(
            name=key[0],
            call=key[1],
            op=probe.layers[key].op,
            units=units,
            agreeing=units - wrong,
            swallowed=tally.silent,
            oracle=oracle,
            disagreements=tuple(tally.first),
        )
    return verdicts


def _passes(
    probe: Probe, expected: Mapping[Key, Boxes], side: str
) -> Iterator[tuple[str, list[int], dict[Key, list[int]]]]:
    """Batches of lines, and for each layer which of them tell something about it.

    Lines that only early layers ask for go together, because their pass can end early.
    """
    flags = {
        key: telling_lines(side, getattr(boxes, side), probe.size)
        for key, boxes in expected.items()
    }
    if not flags:
        return
    table: NDArray[np.bool_] = np.stack(list(flags.values()))
    telling: NDArray[np.bool_] = np.any(table, axis=0)
    # How many layers a pass has to go through for a line.
    depth = len(table) - table[::-1].argmax(0)
    order = [int(line) for line in np.argsort(-depth, kind="stable") if telling[line]]
    for start in range(0, len(order), probe.batch):
        lines = order[start : start + probe.batch]
        rows = {key: np.flatnonzero(flag[lines]).tolist() for key, flag in flags.items()}
        yield side, lines, {key: numbers for key, numbers in rows.items() if numbers}


def _fitting(key: Key, boxes: Boxes, probe: Probe) -> Boxes:
    """`boxes` with sides of as many axes as the layer's output."""
    shape = probe.layers[probe.find(*key)].shape
    sides = []
    for side in SIDES:
        array = np.asarray(getattr(boxes, side))
        if not _broadcasts(array.shape, shape):
            raise UsageError(
                f"{side} of the boxes for {key[0]!r} has shape {array.shape}, but the layer's "
                f"output is {shape}.\n  Give arrays of that shape, or of length 1 where they are "
                "constant."
            )
        sides.append(array.reshape((1,) * (len(shape) - array.ndim) + array.shape))
    return Boxes(*sides)


def _broadcasts(given: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    pairs = zip(reversed(given), reversed(shape), strict=False)
    return len(given) <= len(shape) and all(n in (1, full) for n, full in pairs)
