"""How fast is a layer's page with 1,024 channels? Milliseconds in headless Chromium, medians.

Makes a gallery of one synthetic layer in a temporary folder, opens its page from the file system
in a fresh browser for each run, and measures from the start of the navigation:

- ready: search, sort and keys work
- shown: every picture in the window is decoded and painted
- sort, search: from the change to the page laid out again

Run from the repository, with Chromium installed::

    python recipes/benchmark_site.py [--channels 1024] [--runs 7]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the browser and the fake gallery of the tests

from tests.browser import Browser, find_browser
from tests.gallery.fake import fill, layer, network, plan
from vizkit.gallery.site.build import build
from vizkit.gallery.store import Store

SHOWN = """(async () => {
  const seen = [...document.images].filter((i) => i.getBoundingClientRect().top < innerHeight);
  await Promise.all(seen.map((image) => image.decode()));
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  return performance.now();
})()"""
READY = "performance.getEntriesByName('vizkit-ready')[0].startTime"
CHANGE = """(() => {{
  const start = performance.now();
  const field = document.getElementById("{field}");
  field.value = "{value}";
  field.dispatchEvent(new Event("{event}"));
  document.body.getBoundingClientRect();
  return performance.now() - start;
}})()"""
MEASURES = {
    "ready": READY,
    "shown": SHOWN,
    "sort": CHANGE.format(field="sort", value="response", event="change"),
    "search": CHANGE.format(field="q", value="51", event="input"),
}


def main() -> int:
    """Measure and print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--channels", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    executable = find_browser()
    if executable is None:
        print("There is no Chromium on this machine.", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        wide = plan(network(), layer("conv5_3", channels=args.channels, canvas=128))
        fill(store, wide, distinct=64)
        build(store.root)
        page = store.layer_folder("vgg16@hed", "conv5_3") / "index.html"
        times: dict[str, list[float]] = {name: [] for name in MEASURES}
        for _ in range(args.runs):
            with Browser(executable) as browser:
                browser.open(page)
                for name, script in MEASURES.items():
                    times[name].append(browser.run(script))
    print(f"{args.channels} channels, {args.runs} runs, milliseconds: median (lowest to highest)")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:8}{median:7.0f}  ({min(values):.0f} to {max(values):.0f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
