"""Build the lecture: run its ten recipes one after the other, and write their pages.

Every recipe runs anew, in a process of its own. One that fails is shown as failed on its page, the
others are built all the same, and the exit code is 1::

    python recipes/lecture/build_lecture.py [--only pooling] [--out gallery/out/lecture]
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

from vizkit import script
from website.chapter import chapters
from website.pages import seconds, write_site
from website.running import earlier, run

LECTURE = (
    *("convolution_by_hand", "sparse_connectivity", "parameter_sharing"),
    *("translation_equivariance", "pooling", "pooling_over_detectors", "layer_arithmetic"),
    *("activation_volumes", "features_over_depth", "architectures"),
)
FOLDER = Path(__file__).parent


def report(text: str, *, last: bool = False) -> None:
    """One line on the terminal, replaced by the next one unless it is the last of its kind."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        print(text, file=sys.stderr, flush=True)


def main(
    argv: list[str] | None = None, folder: Path = FOLDER, names: tuple[str, ...] = LECTURE
) -> int:
    """Run the recipes, write the pages and name the one to open."""
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help="these alone")
    parser.add_argument("--out", type=Path, default=Path("gallery/out/lecture"))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)

    lecture = chapters(folder, names)
    results = {each.name: earlier(each, args.out) for each in lecture}
    asked = [each for each in lecture if not args.only or each.name in args.only]
    try:
        for number, each in enumerate(asked, 1):
            head = f"[{number}/{len(asked)}] {each.name:24}"
            results[each.name] = None
            results[each.name] = done = run(
                each,
                args.out,
                names,
                lambda now, head=head: report(f"{head}{now.done:6.0f} s"),
            )
            report(f"{head}{seconds(done.wall_s):>12}  {done.problem}".rstrip(), last=True)
    except KeyboardInterrupt:
        report("what did not run is shown as not run", last=True)
        raise
    finally:  # also when interrupted: pages never show what is not so
        index = write_site(lecture, results, args.out)
    for each in asked:
        if results[each.name].problem:
            print(f"failed: {each.name}: {results[each.name].problem}", file=sys.stderr)
    print("Open", index.resolve())
    return 1 if any(results[each.name].problem for each in asked) else 0


if __name__ == "__main__":
    script(main)
