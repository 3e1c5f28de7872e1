"""The site tells what its recipes did, good or bad."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from html.parser import HTMLParser

import pytest

from tests.browser import Browser, find_browser
from tests.recipes import RECIPES

GOOD = '''"""A title: what it is.

It shows ``x < y`` of `things`.
A second line.

Another paragraph.

::

    python recipes/good.py [--out DIR]
"""
import sys
from pathlib import Path
from PIL import Image

out = Path(sys.argv[sys.argv.index("--out") + 1])
for name in ("good.png", "good_more.png"):
    Image.new("RGB", (90, 40), "red").save(out / name)
print("one & two")
print(" 1   2")
'''
BAD = '''"""It fails halfway."""
import sys
from pathlib import Path
from PIL import Image

Image.new("RGB", (9, 9)).save(Path(sys.argv[2]) / "bad.png")
print("so far <so good>")
raise ValueError("no <b> luck")
'''
SILENT = '"""It draws nothing."""\n'
LONGER = GOOD.replace("good", "good_longer").replace("A title", "Longer")


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[dict[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.links += [given[key] for key in ("href", "src") if key in given]
        if tag == "img":
            self.pictures.append(given)


@pytest.fixture
def lecture(recipe, tmp_path):
    """Builds a lecture of the given recipes."""
    folder, out = tmp_path / "recipes", tmp_path / "out"
    folder.mkdir()
    module = recipe("build_lecture")

    def build(recipes: dict[str, str], *arguments: str) -> int:
        for name, text in recipes.items():
            if text:
                (folder / f"{name}.py").write_text(text)
        return module.main(["--out", str(out), *arguments], folder, tuple(recipes))

    build.out = out
    return build


def shown(page) -> str:
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", page.read_text())
    return re.sub(r"\s+", " ", text)


def test_a_page_for_each_recipe(lecture, capsys):
    assert lecture({"good": GOOD, "good_longer": LONGER}) == 0
    assert capsys.readouterr().out.strip() == f"Open {lecture.out / 'index.html'}"
    page = (lecture.out / "good.html").read_text()
    assert "<h1>A title: what it is</h1>" in page
    assert "<p>It shows <code>x &lt; y</code> of <code>things</code>. A second line.</p>" in page
    assert "<p>Another paragraph.</p>" in page
    assert "<code>python recipes/good.py [--out DIR]</code>" in page
    assert "one &amp; two\n 1   2</pre>" in page
    assert [each["src"] for each in Page(page).pictures] == ["good.png", "good_more.png"]
    first, more = Page(page).pictures
    assert (first["width"], first["height"], first["alt"]) == ("90", "40", "A title: what it is")
    assert more["alt"] == "A title: what it is: more"
    code = re.search(r'<pre class="code"[^>]*>(.*)</pre>', page, re.DOTALL)[1]
    assert '<span class="word">import</span> sys' in code
    assert "for</span> name <span" in code


def test_all_links_stay_in_the_folder(lecture):
    lecture({"good": GOOD, "bad": BAD, "lost": ""})
    for page in lecture.out.glob("*.html"):
        for link in Page(page.read_text()).links:
            assert link in ("data:,", "#main") or (lecture.out / link).is_file(), link


def test_a_failure_is_shown_and_the_rest_is_built(lecture, capsys):
    recipes = {"lost": "", "bad": BAD, "silent": SILENT, "good": GOOD}
    assert lecture(recipes) == 1
    errors = capsys.readouterr().err
    for reason in (
        "failed: lost: lost.py is missing",
        "failed: bad: it ended with code 1",
        "failed: silent: it wrote no silent.png",
    ):
        assert reason in errors
    page = shown(lecture.out / "bad.html")
    assert "This recipe failed: it ended with code 1." in page
    assert "ValueError: no &lt;b&gt; luck" in page
    assert "so far &lt;so good&gt;" in page
    index = shown(lecture.out / "index.html")
    assert index.count("failed") == 3
    assert "4 A title: what it is 1 s" in index
    assert "failed" not in shown(lecture.out / "good.html")


def test_a_second_run_does_not_keep_what_it_did_not_make(lecture):
    lecture({"good": GOOD})
    assert lecture({"good": GOOD.replace('"good.png", "good_more.png"', '"good.png",')}) == 0
    assert not (lecture.out / "good_more.png").exists()
    assert lecture({"good": "raise SystemExit(3)"}) == 1
    assert not (lecture.out / "good.png").exists()
    assert "it ended with code 3" in shown(lecture.out / "good.html")
    assert "one &amp; two" not in shown(lecture.out / "good.html")


def test_only_some(lecture):
    recipes = {"good": GOOD, "good_longer": LONGER, "bad": BAD}
    assert lecture(recipes, "--only", "good_longer") == 0
    index = shown(lecture.out / "index.html")
    assert index.count("not run") == 2
    assert lecture(recipes, "--only", "good") == 0
    assert (lecture.out / "good_longer.png").exists()
    assert shown(lecture.out / "index.html").count("not run") == 1
    # What ran before its recipe was changed is no longer what the code gives.
    recipes["good"] = GOOD.replace("one", "three")
    assert lecture(recipes, "--only", "good_longer") == 0
    assert "has not run as it is now" in shown(lecture.out / "good.html")
    with pytest.raises(SystemExit) as stop:
        lecture(recipes, "--only", "godo")
    assert stop.value.code == 2


def test_a_run_that_takes_too_long_is_ended(lecture, monkeypatch, recipe):
    monkeypatch.setattr(recipe("website.running"), "LIMIT_S", 0.2)
    assert lecture({"slow": "import time; time.sleep(60)"}) == 1
    assert "it was stopped after 0 s" in shown(lecture.out / "slow.html")


def test_an_interrupted_recipe_is_not_run(lecture, monkeypatch, recipe):
    lecture({"good": GOOD, "bad": BAD})

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(recipe("website.running"), "_wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        lecture({"good": GOOD, "bad": BAD})
    assert "has not run as it is now" in shown(lecture.out / "good.html")
    assert "it ended with code 1" in shown(lecture.out / "bad.html")


@pytest.mark.parametrize(
    "text", ["x = f'a {b!r} <c>'  # ü & <d>\n", "def f(:\n  '", "@a\ndef g(): return 1_0.5e3\n", ""]
)
def test_highlighting_keeps_the_text(recipe, text):
    marked = recipe("website.highlight").highlight(text)
    plain = re.sub(r"<[^>]+>", "", marked)
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&#x27;", "'"), ("&amp;", "&")):
        plain = plain.replace(entity, char)
    assert plain == text


def test_every_recipe_of_the_lecture_is_there(recipe):
    module = recipe("build_lecture")
    missing = [name for name in module.LECTURE if not (module.FOLDER / f"{name}.py").is_file()]
    assert len(module.LECTURE) == 10
    assert not missing
    for name in module.LECTURE:
        text = (module.FOLDER / f"{name}.py").read_text()
        assert text.endswith("vizkit.script(main)\n"), name


@pytest.mark.parametrize("name", ["activation_volumes", "pooling"])
def test_missing_weights_are_told_without_a_traceback(name, tmp_path):
    offline = {"VIZKIT_OFFLINE": "1", "TORCH_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, RECIPES / "lecture" / f"{name}.py", "--out", tmp_path / "out"],
        env={**os.environ, **offline, "PYTHONPATH": str(RECIPES.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.startswith("WeightsNotFoundError: ")
    assert "is not cached, and VIZKIT_OFFLINE is set" in done.stderr
    assert not list(tmp_path.glob("out/*.png"))


def test_keys_and_theme_in_a_browser(lecture):
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium on this machine")
    lecture({"good": GOOD, "good_longer": LONGER})
    with Browser(executable, width=390, height=800) as browser:
        browser.open(lecture.out / "index.html")
        browser.press("ArrowRight")
        browser.until("location.pathname.endsWith('/good.html')")
        browser.until("document.readyState === 'complete'")
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
        light = browser.run("getComputedStyle(document.body).backgroundColor")
        browser.run("document.getElementById('theme').click()")
        browser.run("document.getElementById('theme').click()")
        assert browser.run("document.documentElement.dataset.theme") == "dark"
        assert browser.run("getComputedStyle(document.body).backgroundColor") != light
        assert browser.run("[...document.images].every(each => each.naturalWidth > 0)")
        browser.press("ArrowRight")
        browser.until("location.pathname.endsWith('/good_longer.html')")
        assert not browser.complaints
        assert all(url.startswith(("file:", "data:", "about:")) for url in browser.requests)


def test_a_terminated_run_leaves_no_recipe_behind(tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    slow = "import os, sys, time, pathlib\n"
    slow += f"pathlib.Path({str(marks)!r}, str(os.getpid())).touch()\ntime.sleep(60)\n"
    (tmp_path / "slow.py").write_text(slow)
    start = (
        f"import sys, pathlib; sys.path.insert(0, {str(RECIPES / 'lecture')!r})\n"
        "from build_lecture import main, script\n"
        f"script(lambda: main(None, pathlib.Path({str(tmp_path)!r}), ('slow',)))\n"
    )
    out = tmp_path / "out"
    command = [sys.executable, "-c", start, "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (started := list(marks.iterdir())):
            assert process.poll() is None
            time.sleep(0.05)
        process.terminate()
        assert process.wait(timeout=60) == 143
    finally:
        process.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(int(started[0].name), 0)
    assert "has not run as it is now" in shown(out / "slow.html")
