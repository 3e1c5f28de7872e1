"""The studies there are, and those that somebody else brings along."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gallery.fake import fill, layer, network, plan
from vizkit.errors import NotFoundError, UsageError
from vizkit.gallery.panel import Panel
from vizkit.gallery.registry import STUDIES, choose, find, register
from vizkit.gallery.site.build import build
from vizkit.gallery.store import Store
from vizkit.gallery.study import Compute, Shown, Study

NAMES = ["renders", "receptive_field", "tuning", "families", "filters"]


class Whim(Study):
    name = "whim"
    title = "Whim"
    default = False

    def applies(self, *_: object) -> bool:
        return True

    def begin(self, *_: object) -> Compute:
        raise NotImplementedError

    def show(self, _: Shown) -> Panel:
        return Panel()


def test_the_studies_there_are() -> None:
    assert [each.name for each in choose()] == NAMES
    assert sorted(STUDIES) == sorted([*NAMES, "examples", "negative"]), "the default ones, and"
    for name in STUDIES:
        assert STUDIES[name].name == name, "a folder has the name of its study"
    assert find("filters") is choose()[4]
    assert find("unheard_of") is None


def test_studies_are_chosen_by_name_in_their_own_order() -> None:
    assert [study.name for study in choose(["filters", "renders"])] == ["renders", "filters"]
    with pytest.raises(NotFoundError, match=r"no study 'tunning'\. Did you mean 'tuning'"):
        choose(["renders", "tunning"])
    with pytest.raises(UsageError, match="no studies were named"):
        choose([])


def test_one_that_does_not_mark_itself_so_is_left_out_unless_named() -> None:
    register(Whim())
    try:
        assert [study.name for study in choose()] == NAMES
        assert [study.name for study in choose(["whim", "renders"])] == ["renders", "whim"]
    finally:
        STUDIES.remove("whim")


def test_what_is_no_study_is_refused() -> None:
    with pytest.raises(UsageError, match="is no study"):
        register(Whim)  # type: ignore[arg-type]
    bad = Whim()
    bad.name = "../whim"
    with pytest.raises(UsageError, match="cannot name a study"):
        register(bad)
    bad.name = "tuning"
    with pytest.raises(UsageError, match="the study 'tuning' is there twice: built in"):
        register(bad)


def test_listing_studies_does_not_load_torch() -> None:
    code = (
        "import sys; from vizkit.gallery.registry import choose; choose();"
        "print([m for m in ('torch', 'PIL', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_gallery_with_a_study_of_another_version_still_builds(tmp_path: Path) -> None:
    store, work = Store(tmp_path), plan(network(), layer("a", channels=2))
    fill(store, work)
    path = store.network_folder(work.network.source) / "plan.json"
    data = json.loads(path.read_text())
    data["layers"][0]["studies"].append("unheard_of")
    data["studies"]["unheard_of"] = data["studies"]["renders"] | {"settings": {"of": "others"}}
    path.write_text(json.dumps(data))
    assert build(tmp_path).index.is_file()
