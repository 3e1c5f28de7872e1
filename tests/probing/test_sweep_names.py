"""Transforms and parameters of stimuli have names, alone and two at once."""

import pytest

from vizkit.errors import NotFoundError, UsageError
from vizkit.probing.grid import Grid
from vizkit.probing.sweep_names import find_sweep
from vizkit.probing.tuning import sweep_names
from vizkit.stimuli import STIMULI
from vizkit.transforms import TRANSFORMS, transform

DISC = ((20.0, 22.0), 30.0)


def test_every_name_can_be_asked_for():
    for name in sweep_names():
        asked = find_sweep(name)
        placed = asked if isinstance(asked, Grid) else asked.on(DISC)
        assert placed.name == asked.name == name and len(placed.points) >= 2
    parameters = sum(len(each.parameters) for each in STIMULI.values())
    assert len(set(sweep_names())) == len(TRANSFORMS) + parameters


def test_two_at_once():
    assert find_sweep("rotation * scale") == find_sweep((transform("rotation"), "scale"))
    drawn = find_sweep("curve.orientation*curve.radius").on(DISC)
    assert drawn.shape == tuple(
        len(STIMULI["curve"].parameters[each].values) for each in ("orientation", "radius")
    )
    assert [each.diameter for each in drawn.transforms] == [30.0, 30.0]
    dimmed = find_sweep("edge.orientation*contrast").on(DISC)
    assert [each.name for each in dimmed.transforms] == ["edge.orientation", "contrast"]


@pytest.mark.parametrize(
    ("sweep", "error", "message"),
    [
        ("rotatoin", NotFoundError, "Did you mean 'rotation'"),
        ("gratings.orientation", NotFoundError, "Did you mean 'grating.orientation'"),
        ("grating.orientatoin", NotFoundError, "There are: grating.frequency, grating.orient"),
        ("grating", NotFoundError, "say what to vary of it"),
        ("zzz", NotFoundError, "Transforms: translation.*Stimuli: grating"),
        ("rotation*scale*hue", UsageError, "has 3 parts"),
        ("contrast*edge.orientation", UsageError, r"'edge\.orientation\*contrast'"),
        ("edge.orientation*bar.width", UsageError, "two different parameters of one stimulus"),
        ("bar.width*bar.width", UsageError, "two different parameters of one stimulus"),
        ("", NotFoundError, "Transforms: translation"),
    ],
)
def test_mistakes(sweep, error, message):
    with pytest.raises(error, match=f"(?s){message}"):
        find_sweep(sweep)


def test_a_field_too_small_for_a_wave():
    with pytest.raises(UsageError, match="a receptive field of 1 pixels is too small"):
        find_sweep("grating.frequency").on(((3.0, 3.0), 1.0))
