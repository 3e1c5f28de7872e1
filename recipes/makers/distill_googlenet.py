"""Train a network from a classifier's answers to crops of a few photographs.

::

    python recipes/makers/distill_googlenet.py --photos FOLDER --minutes 100 --out OUT

The student is GoogLeNet and the teacher EfficientNet-Lite0, whose weights come from a package; any
two classifiers of the same classes do whose last layer is linear. Photographs are those of
scikit-image, scikit-learn and matplotlib, and those of the folder; ``photo_pool.py`` makes one from
Debian packages. End it when you like, by Ctrl-C or a termination signal, and type the command again
to go on: OUT/state.pt holds everything, and on a CPU the weights come out the same bit for bit as
if nothing had stopped it. OUT/student.safetensors has the averaged weights, OUT/log.jsonl the
course.
"""

import io
import json
import os
import re
import shlex
import signal
import sys
import time
from argparse import ArgumentParser
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save
from tqdm import tqdm

import vizkit
from distillation import Crops, Distillation, Settings, agreement, photo_pool
from vizkit.files import remove_abandoned, write_bytes


def main(argv: list[str] | None = None) -> int:
    """Train until the time or the crops are used up, keeping what is done."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--student", default="googlenet@random", help="network to start from")
    parser.add_argument("--weights", type=Path, help="weights file of the student to start from")
    parser.add_argument("--teacher", default="efficientnet_lite0@imagenet", help="who answers")
    parser.add_argument("--photos", type=Path, help="folder of more photographs")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights, log and state")
    parser.add_argument("--minutes", type=float, default=60, help="after which this call ends")
    parser.add_argument("--save-every", type=float, default=5, help="minutes between saved states")
    parser.add_argument("--device", default="auto", help="cpu, cuda, mps (default: the best)")
    standard, meaning = Settings(), documented(Settings)
    for name, value in standard.as_dict().items():
        flag, words = "--" + name.replace("_", "-"), f"{meaning[name]} (default: {value})"
        parser.add_argument(flag, type=type(value), default=value, help=words)
    args = parser.parse_args(argv)
    settings = Settings(**{name: getattr(args, name) for name in standard.as_dict()})
    if not (args.minutes > 0 and args.save_every > 0):
        parser.error("--minutes and --save-every must be positive")
    state, log = args.out / "state.pt", args.out / "log.jsonl"
    weights = args.out / "student.safetensors"
    if args.weights and args.weights.resolve() == weights.resolve():
        parser.error(
            f"{weights} is written anew here; copy it elsewhere first, or give another --out"
        )
    args.out.mkdir(parents=True, exist_ok=True)
    remove_abandoned(args.out)
    log.open("a").close()  # a folder that cannot be written shows now, not after the first minutes

    pool = photo_pool(args.photos)
    for _, reason in pool.skipped:
        print(f"skipped: {reason}", file=sys.stderr)
    teacher = vizkit.load(args.teacher, device=args.device)
    student = vizkit.load(args.student, weights=args.weights, device=args.device)
    training = Distillation(student, teacher, pool.training, settings)

    def write_weights() -> None:
        write_bytes(weights, save(training.weights(), training.metadata()))

    if state.exists():
        training.restore(read(state))
        write_weights()  # an end between the two files left the older one
    print(f"{student.source} learns from {teacher.source}: {len(pool.training)} photographs")
    crops = Crops(
        [photo.to(student.device) for photo in pool.held_out.values()],
        settings.size,
        sides=(120, 420),
        seed=123,
    )
    held_out = [crops.draw(64) for _ in range(4)]

    def keep() -> None:
        """Save, then measure: an impatient end costs the measurement alone."""
        content = io.BytesIO()
        torch.save(training.state(), content)
        write_bytes(state, content.getvalue())
        write_weights()
        found = agreement(training.network(), teacher, held_out)
        row = {
            "crops": training.seen,
            "loss": round(sum(losses) / len(losses), 4),
            "learning_rate": training.learning_rate,
            "top1": found.top1,
            "top5": found.top5,
            "kl": round(found.kl, 4),
        }
        print(json.dumps(row), flush=True)
        with log.open("a") as file:
            file.write(json.dumps(row) + "\n")
        losses.clear()

    losses: list[float] = []
    started = saved = time.monotonic()
    with (
        signals() as stop,
        tqdm(total=settings.images, initial=training.seen, unit="crops", mininterval=5) as bar,
    ):
        while not (training.done or stop) and time.monotonic() - started < 60 * args.minutes:
            try:
                losses.append(training.step())
            except FloatingPointError as error:
                raise vizkit.errors.UsageError(
                    f"{error}.\n  Give a lower --learning-rate, and another folder for it."
                ) from error
            bar.update(settings.batch)
            bar.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
            if time.monotonic() - saved > 60 * args.save_every:
                keep()
                saved = time.monotonic()
        if losses:
            keep()
    if not training.done:
        print(f"{'Stopped' if stop else 'Time is up'}; type the same to go on.", file=sys.stderr)
        return 128 + stop[0] if stop else 0
    print(f"Done: {training.seen} crops. Look at it, under the name that it was built with:")
    command = ["vizkit", "gallery", "run", args.student, "--weights", str(weights)]
    print(" ", shlex.join([*command, "--channels", "0-7", "--out", "gallery"]))
    return 0


def documented(kind):
    """What the documentation of a class says of each attribute, in one line."""
    text = " ".join(kind.__doc__.partition("Attributes")[2].partition("Raises")[0].split())
    found = re.split(r"\b(" + "|".join(kind.__dataclass_fields__) + r") : ", text)
    return {name: words.rstrip(" .-") for name, words in zip(found[1::2], found[2::2], strict=True)}


def read(state):
    """What an earlier call left."""
    try:
        found = torch.load(state, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # torch raises whatever the bytes lead it to
        found = error
    if not isinstance(found, dict):
        start = shlex.quote(str(state.with_name("student.safetensors")))
        raise vizkit.errors.UsageError(
            f"'{state}' is damaged, or of another version.\n  Begin anew with another --out, "
            f"with --weights {start} if you like."
        )
    return found


@contextmanager
def signals():
    """The signals to end that came, which end nothing by themselves; a second one does.

    A step that is cut in the middle could not be taken up as if nothing had happened.
    """
    found = []

    def note(number, _):
        found.append(number)
        # Not print: the signal may have come in the middle of one.
        os.write(2, b"\nEnding after this step; what is done is being kept.\n")
        for each in before:
            signal.signal(each, signal.SIG_DFL)

    before = {
        each: signal.getsignal(each)
        for each in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(each) is not signal.SIG_IGN
    }
    for each in before:
        signal.signal(each, note)
    try:
        yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    vizkit.script(main)
