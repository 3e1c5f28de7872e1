from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from tests.gallery.fake import layer, network, plan
from vizkit.gallery.plan import Plan, plan_from_json, to_json

MIXED = layer("mixed", channels=6, branches=(("mixed.branch1", 0, 4), ("mixed.branch2.1", 4, 64)))


def test_json_and_back() -> None:
    made = plan(network(), replace(MIXED, labels={1: 'tabby, "cat"'}), layer("b", extent=(3, 5)))
    made = replace(made, recipe={"steps": 96, "rate": 0.05})
    assert plan_from_json(json.loads(to_json(asdict(made)))) == made


def test_equal_data_are_equal_bytes() -> None:
    assert to_json({"b": 1, "a": [1.5, None]}) == to_json({"a": [1.5, None], "b": 1})
    assert to_json({"a": "é漢"}) == '{\n "a": "é漢"\n}\n'


def test_units_and_addresses_in_order() -> None:
    made = plan(network(), layer("a", channels=2), layer("b", channels=1))
    addresses = [made.address(each, number) for each in made.layers for number in each.channels]
    assert addresses == ["vgg16@hed/a:0", "vgg16@hed/a:1", "vgg16@hed/b:0"]


@pytest.mark.parametrize(
    ("channel", "branch"),
    [(0, "mixed.branch1:0"), (3, "mixed.branch1:3"), (23, "mixed.branch2.1:19")],
)
def test_channels_of_a_concatenation_tell_their_branch(channel: int, branch: str) -> None:
    assert MIXED.info().branch_of(channel) == branch
    assert MIXED.info().branch_of(64) is None
    assert layer("plain").info().branch_of(0) is None


def test_a_study_depends_on_its_own_settings_and_what_it_names() -> None:
    made = plan(network(), layer("a", studies=("renders", "filters")))
    (planned,) = made.layers

    def prints(changed: Plan) -> tuple[bool, bool]:
        """Whether renders and filters stay valid."""
        (after,) = changed.layers
        return tuple(
            changed.fingerprint(after, name) == made.fingerprint(planned, name)
            for name in ("renders", "filters")
        )

    def with_settings(name: str) -> Plan:
        study = replace(made.studies[name], settings={"words": 3})
        return replace(made, studies={**made.studies, name: study})

    assert prints(with_settings("filters")) == (True, False)
    assert prints(with_settings("renders")) == (False, True)
    assert prints(replace(made, seed=1)) == (False, True), "filters have no seed"
    smaller = replace(made, layers=(replace(planned, canvas=(8, 8)),))
    assert prints(smaller) == (False, True)
    assert prints(replace(made, torch="9.9")) == (False, False)
    assert made.fingerprint(planned, "renders") != made.fingerprint(planned, "filters")
