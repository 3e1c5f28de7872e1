"""What is asked of a study is read by its defaults, found wrong early, and held for later runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests.gallery.small import QUICK, lenet
from vizkit.cli import main
from vizkit.errors import NotFoundError, UsageError
from vizkit.gallery import making
from vizkit.gallery.making import make
from vizkit.gallery.options import read_options
from vizkit.gallery.panel import Panel
from vizkit.gallery.plan import Plan, plan_from_json, to_json
from vizkit.gallery.planning import make_plan
from vizkit.gallery.registry import STUDIES, choose, register
from vizkit.gallery.request import Request
from vizkit.gallery.study import Compute, Shown, Study

DEFAULTS = {"power": 2.0, "count": 4, "signed": False, "word": "old"}


class _Norms(Study):
    name = "norms"
    title = "Norms"
    default = False
    options = DEFAULTS

    def applies(self, *_: object) -> bool:
        return True

    def begin(self, *_: object) -> Compute:
        raise AssertionError("nothing is computed here")

    def show(self, _: Shown) -> Panel:
        return Panel()


@pytest.fixture(autouse=True)
def norms() -> Iterator[None]:
    register(_Norms())
    yield
    STUDIES.remove("norms")


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("power", "3", 3.0),
        ("power", "-1e-3", -0.001),
        ("power", 3, 3.0),
        ("count", "7", 7),
        ("count", 0, 0),
        ("signed", "true", True),
        ("signed", "False", False),
        ("signed", True, True),
        ("word", "3", "3"),
        ("word", "", ""),
    ],
)
def test_values_have_the_types_of_the_defaults(name: str, given: Any, value: Any) -> None:
    read = read_options("norms", DEFAULTS, {name: given})
    assert read == {name: value} and type(read[name]) is type(DEFAULTS[name])


WRONG = [
    ("power", "x", "is a number, not 'x'"),
    ("power", "nan", "is a number, not 'nan'"),
    ("power", "inf", "is a number, not 'inf'"),
    ("power", True, "is a number, not True"),
    ("power", [3], r"is a number, not \[3\]"),
    pytest.param("power", 10**400, "is a number", id="too large for a float"),
    ("count", "2.5", "is a whole number, not '2.5'"),
    ("count", 2.5, "is a whole number"),
    ("count", None, "is a whole number, not None"),
    ("signed", "maybe", "is true or false, not 'maybe'"),
    ("signed", 1, "is true or false"),
    ("word", 3, "is a text, not 3"),
    ("powr", "3", r"has no option 'powr'. Did you mean 'power'\?\n  It has: power=2.0, count=4, "),
    ("zzz", "3", r"has no option 'zzz'.\n  It has: power=2.0"),
]


@pytest.mark.parametrize(("name", "given", "message"), WRONG)
def test_what_cannot_be_meant_is_refused_before_the_network_is_loaded(
    name: str, given: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "load", None)
    for weights in (None, "mine.pt"):
        with pytest.raises(UsageError, match=message) as error:
            make("lenet5", tmp_path, studies={"norms": {name: given}}, weights=weights)
        assert "norms" in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("study", ["renders", "filters", "tuning", "families", "receptive_field"])
def test_a_study_without_options_says_so(study: str) -> None:
    with pytest.raises(NotFoundError, match=r"'words'\.\n  It has none at all"):
        choose({study: {"words": "3"}})


def planned(asked: dict[str, Any], before: Plan | None = None) -> Plan:
    """The plan for what is asked of the study, as it is read from its file."""
    request = Request(layers=["c1"], studies={"norms": asked}, recipe=QUICK)
    return plan_from_json(json.loads(to_json(asdict(make_plan(lenet(), request, before)))))


def test_all_values_are_its_settings_and_what_was_asked_is_kept_apart() -> None:
    study = planned({"power": "3"}).studies["norms"]
    assert study.options == {"power": 3.0}
    assert study.settings == {"power": 3.0, "count": 4, "signed": False, "word": "old"}
    assert planned({}).studies["norms"].settings == DEFAULTS


def test_what_was_asked_earlier_holds_until_the_same_option_is_asked_again() -> None:
    first = planned({"power": "3"})
    second = planned({"count": "5"}, first)
    assert second.studies["norms"].options == {"power": 3.0, "count": 5}
    third = planned({"power": "2"}, second)
    assert third.studies["norms"].options == {"power": 2.0, "count": 5}
    assert planned({}, third).studies["norms"] == third.studies["norms"]
    prints = [plan.fingerprint(plan.layers[0], "norms") for plan in (first, second, third)]
    assert len(set(prints)) == 3


def test_an_option_that_the_study_no_longer_has_is_forgotten() -> None:
    plan = planned({"power": "3"})
    study = replace(plan.studies["norms"], options={"power": "3", "gone": 1})
    old = replace(plan, studies={"norms": study})
    assert planned({"count": 5}, old).studies["norms"].options == {"power": 3.0, "count": 5}


def test_the_command_line_says_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["gallery", "run", "lenet5", "--studies", "norms", "--out", str(tmp_path / "out")]
    assert main([*run, "--option", "norms.powr=3"]) == 2
    assert "Did you mean 'power'?" in capsys.readouterr().err
    assert main([*run, "--option", "norms.power=x"]) == 2
    error = capsys.readouterr().err
    assert "not 'x'" in error and "--option norms.power=2.0" in error
    assert not (tmp_path / "out").exists()
