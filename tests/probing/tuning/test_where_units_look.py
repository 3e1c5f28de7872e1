"""Stimuli are drawn where units look; several sweeps read and pass every image once."""

import pytest
import torch
from torch import nn

import vizkit
from tests.nets import seeded
from tests.probing.tuning.tuned import edges, gratings, planted
from vizkit.images import photo_set
from vizkit.images.folder import PhotoFolder
from vizkit.stimuli import stimulus, varied
from vizkit.transforms import TRANSFORMS

BLANK = torch.full((1, 1, 33, 33), 0.5)
ANGLES = tuple(range(0, 180, 30))


def noise(count: int):
    return torch.rand(count, 1, 33, 33, generator=torch.Generator().manual_seed(0))


def turned(angle: float, other: float, period: float = 180.0) -> float:
    return abs((angle - other + period / 2) % period - period / 2)


@pytest.mark.parametrize("place", ["", "@0,0", "@12,3"])
def test_a_stimulus_by_name_is_drawn_where_the_unit_looks(place):
    """Field of 21 pixels that begins at the unit's position; peaks are where filters are turned."""
    network = planted(edges(ANGLES))
    units = [f"0:{channel}{place}" for channel in range(6)]
    found = vizkit.tuning(network, units, "edge.orientation", images=noise(5))
    y, x = (6, 6) if not place else map(int, place[1:].split(","))
    center = (y + 10.0, x + 10.0)
    step = 21 / 16
    shifts = ((0.0, 0.0), (step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step))
    places = [(center[0] + dy, center[1] + dx) for dy, dx in shifts]
    own = [varied(stimulus("edge"), "orientation", center=at, diameter=21) for at in places]
    by_hand = [
        vizkit.tuning(network, units, each, images=BLANK, reference=noise(5)) for each in own
    ]
    for number, (angle, curve) in enumerate(zip(ANGLES, found, strict=True)):
        expected = torch.stack([each[number].response for each in by_hand])
        torch.testing.assert_close(curve.response, expected.mean(0), rtol=1e-5, atol=1e-6)
        alone = by_hand[0][number]
        assert (curve.mean, curve.std) == (alone.mean, alone.std)
        assert turned(curve.peak.value, angle, 360) < 2
        assert curve.sweep == "edge.orientation" and curve.images == 5
        assert bool((curve.low <= curve.response).all() and (curve.response <= curve.high).all())
        assert curve.height.floor < curve.height.low


@pytest.mark.parametrize("phase", [0.0, 90.0, 200.0])
def test_gratings_find_the_orientation_of_a_filter_of_any_phase(phase):
    """Waves of one phase would say that a filter with a bright and a dark side is silent."""
    network = planted(gratings(ANGLES, phase=phase))
    found = vizkit.tuning(network, "0:0-5", "grating.orientation", images=noise(5))
    for angle, curve in zip(ANGLES, found, strict=True):
        assert turned(curve.peak.value, angle) < 2 and curve.images == 12
        assert curve.height.floor < curve.height.value
    (surface, *_) = vizkit.tuning(
        network, "0:2", "grating.orientation*grating.frequency", images=BLANK
    )
    assert turned(surface.through_peak[0].peak.value, ANGLES[2]) < 2 and surface.images == 4


def test_of_a_swept_phase_there_is_one_image():
    (curve,) = vizkit.tuning(
        planted(gratings((0,), phase=90)), "0:0", "grating.phase", images=noise(5)
    )
    assert curve.images == 1 and turned(curve.peak.value, 90, 360) < 10


def test_units_that_look_at_one_place_share_its_passes():
    network = planted(edges(ANGLES))
    same = vizkit.tuning(network, "0:0-5", "edge.orientation", images=noise(5))
    # Five places at 24 angles for all channels, and the five images that they are compared with.
    assert same.passes == 5 * 24 + 5
    apart = vizkit.tuning(
        network, ["0:0-5", "0:1@0,0", "0:2@0,0"], "edge.orientation", images=noise(5)
    )
    assert apart.passes == 2 * 5 * 24 + 5 and len(apart) == 8


def test_layers_have_stimuli_of_their_own_size():
    module = seeded(nn.Sequential(nn.Conv2d(1, 2, 5), nn.ReLU(), nn.Conv2d(2, 2, 7), nn.ReLU()))
    preprocessing = vizkit.Preprocessing((0.5,), (0.25,), (33, 33))
    network = vizkit.load(module.eval(), preprocessing=preprocessing)
    small, large = vizkit.tuning(network, ["0:0", "2:0"], "grating.frequency", images=BLANK)
    # Of fields of 5 and 11 pixels none shows a wave finer than two pixels.
    assert max(small.values) < 2.5 <= max(large.values) < 5.5


def test_two_parameters_of_a_stimulus_are_drawn_at_once():
    network = planted(gratings((0, 60)))
    found = vizkit.tuning(
        network, "0:0-1", "grating.orientation*grating.frequency", images=noise(4)
    )
    for angle, surface in zip((0, 60), found, strict=True):
        assert surface.response.shape == tuple(map(len, surface.values))
        assert turned(surface.through_peak[0].peak.value, angle) < 5
        asked = {"orientation": 30.0, "frequency": 2.0, "phase": (0.0, 90.0, 180.0, 270.0)}
        drawn = stimulus("grating").draw((33, 33), (16, 16), diameter=21, channels=1, **asked)
        with torch.no_grad():
            plain = network.module(network.preprocessing(drawn))[:, :, 6, 6].mean(0)
        orientations, frequencies = surface.values
        place = orientations.index(30.0), frequencies.index(2.0)
        expected = plain[list(found).index(surface)]
        assert float(surface.response[place]) == pytest.approx(float(expected), abs=1e-4)


def test_images_are_decoded_once_and_passed_once_for_each_value(tmp_path, monkeypatch):
    from PIL import Image

    for number, image in enumerate(noise(3)):
        pixels = (image[0] * 255).byte().numpy()
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    network = planted(edges(ANGLES))
    decoded, passed = [], 0
    read_photo = photo_set.read_photo
    monkeypatch.setattr(
        photo_set, "read_photo", lambda file, how: decoded.append(file) or read_photo(file, how)
    )

    def count(module, inputs, output):
        nonlocal passed
        passed += len(output) if type(inputs[0]) is torch.Tensor else 0

    asked = ("rotation", "brightness", "rotation*shift_x", "edge.orientation")
    _ = network.layers
    handle = network.module[0].register_forward_hook(count)
    found = vizkit.tuning(
        network, "0:0-5", [*asked], images=PhotoFolder(tmp_path, network.preprocessing)
    )
    handle.remove()
    assert sorted(each.name for each in decoded) == ["0.png", "1.png", "2.png"]
    assert [each.sweep for each in found] == list(asked)
    values = [len(TRANSFORMS[name].values) for name in ("rotation", "brightness")]
    shifts = len(TRANSFORMS["shift_x"].values)
    expected = [3 * values[0], 3 * values[1], 3 * values[0] * shifts, 5 * 24 + 3]
    assert [each.passes for each in found] == expected and passed == sum(expected)


def test_several_sweeps_give_what_each_gives_alone():
    network = planted(edges(ANGLES))
    asked = ("rotation", "edge.orientation", "brightness*contrast")
    together = vizkit.tuning(network, ["0:3", "0:1@2,2"], [*asked], images=noise(4))
    alone = [vizkit.tuning(network, ["0:3", "0:1@2,2"], each, images=noise(4)) for each in asked]
    for one, other in zip(together, alone, strict=True):
        assert [each.as_dict() for each in one] == [each.as_dict() for each in other]


def test_a_surface_has_intervals_a_floor_and_words():
    image = stimulus("grating").draw((33, 33), frequency=4.0, channels=1)
    level = torch.linspace(0.5, 1, 6).view(-1, 1, 1, 1)
    values = (tuple(range(0, 180, 30)), (0.0, 0.1, 0.2))
    network = planted(gratings((60,)))
    images = 0.5 + level * (image - 0.5)
    (found,) = vizkit.tuning(network, "0:0", "rotation*brightness", images=images, values=values)
    assert bool((found.low <= found.response).all() and (found.response <= found.high).all())
    assert found.height.low <= found.height.value <= found.height.high
    assert found.height.floor < found.height.value
    plain = found.as_dict()
    assert plain["family"] == "rotation*brightness" and plain["status"] in ("ok", "edge")
    assert [len(row) for row in plain["response"]] == [3] * 6
    assert plain["parameter"] == [list(each) for each in values]
    mute = planted(0 * gratings((60,)))
    (none,) = vizkit.tuning(mute, "0:0", "rotation*brightness", images=images, values=values)
    assert none.status == "silent" and none.as_dict()["peak"] == [None, None]
