"""One forward pass per image and value serves all layers and units; nothing else is kept."""

import weakref

import pytest
import torch
from torch import nn

import vizkit
from tests.nets import seeded
from vizkit.errors import UnitNotFoundError, UsageError
from vizkit.probing.grid import grid
from vizkit.probing.readout import central_position
from vizkit.probing.responses import responses
from vizkit.receptive_fields import receptive_field
from vizkit.transforms import transform

PLAIN = vizkit.Preprocessing((0.5, 0.5, 0.5), (0.25, 0.25, 0.25), (24, 24))
TURN = grid("rotation", (0, 90))


@pytest.fixture
def network():
    module = seeded(
        nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 5, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(5, 3),
        )
    )
    return vizkit.load(module.eval(), preprocessing=PLAIN, name="small")


def units(network):
    """Every channel of both convolutions."""
    return [*network.units("0:0-3"), *network.units("3:0-4")]


def noise(count: int, size: int = 24):
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("values", "extra"), [((0, 90, 180), 0), ((30, 60), 1)])
def test_images_times_values_forward_passes_serve_everything(network, values, extra):
    seen: dict[str, int] = {}

    def count(name):
        def hook(module, inputs, output):
            if type(inputs[0]) is not torch.Tensor:
                return  # shapes alone, for the receptive fields
            seen[name] = seen.get(name, 0) + len(inputs[0])

        return hook

    handles = [network.module[i].register_forward_hook(count(str(i))) for i in (0, 3, 7)]
    _ = network.layers
    seen.clear()
    (found,) = responses(network, units(network), [grid("rotation", values)], noise(7))
    for handle in handles:
        handle.remove()
    # An identity that is not among the values takes a pass of its own; the classifier never runs.
    expected = 7 * (len(values) + extra)
    assert found.passes == expected and found.images == 7
    assert seen == {"0": expected, "3": expected}
    assert [each.unit for each in found.units] == units(network)
    assert {each.responses.shape for each in found.units} == {(7, len(values))}


def test_responses_are_those_of_plain_passes(network):
    images, rotation = noise(5), transform("rotation")
    found = {
        kind: responses(
            network, network.units("3:0-4"), [grid("rotation", (0, 90))], images, response=kind
        )[0].together
        for kind in ("center", "mean", "max")
    }
    with torch.no_grad():
        for number, angle in enumerate((0, 90)):
            maps = network.module[:5](PLAIN(rotation.apply(images, angle)))
            plain = {
                "center": maps[:, :, 5, 5],
                "mean": maps.mean((2, 3)),
                "max": maps.amax((2, 3)),
            }
            center = central_position(receptive_field(network).layer("3"), (12, 12), (24, 24))
            y, x = center[0]
            plain["center"] = maps[:, :, y, x]
            for kind, expected in plain.items():
                torch.testing.assert_close(found[kind][:, number], expected)


def test_the_central_unit_sees_the_middle():
    for size in (24, 25, 31):
        module = nn.Sequential(nn.Conv2d(3, 2, 5, stride=3), nn.ReLU(), nn.Conv2d(2, 2, 3))
        field = receptive_field(module, size).layer("2")
        (y, x), offset = central_position(field, field.shape[1:], (size, size))
        box = receptive_field(module, size).unit("2", 0, (y, x)).box
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        assert offset == (middle[0] - (size - 1) / 2, middle[1] - (size - 1) / 2)
        assert max(map(abs, offset)) <= 1.5  # half a stride


def test_a_stream_is_read_once_and_not_kept(network):
    alive: list[weakref.ref] = []
    most = 0

    def images():
        nonlocal most
        for number in range(40):
            image = noise(1) * (number / 40)
            alive.append(weakref.ref(image))
            yield image
            del image
            most = max(most, sum(each() is not None for each in alive))

    (found,) = responses(network, network.units("0:0-3"), [TURN], images())
    assert found.images == 40 and found.together.shape == (40, 2, 4)
    assert most <= 8


def test_a_folder_with_broken_files(network, tmp_path):
    from PIL import Image

    for name, mode, size in (("a.png", "RGB", (40, 30)), ("b.png", "L", (24, 24))):
        Image.new(mode, size, 128).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "cut.png").write_bytes((tmp_path / "a.png").read_bytes()[:40])
    (found,) = responses(network, network.units("0:0-3"), [TURN], tmp_path)
    assert found.images == 2 and found.passes == 4
    assert [name for name, _ in found.skipped] == ["cut.png", "notes.txt"]
    assert all("cannot be read as a picture" in reason for _, reason in found.skipped)


def test_mistakes(network):
    channels = network.units("0:0-3")
    with pytest.raises(UnitNotFoundError, match=r"position 3,30 is outside"):
        responses(network, [channels[1].at((3, 30))], [TURN], noise(1))
    with pytest.raises(UsageError, match="Give images of one size"):
        responses(network, channels, [TURN], iter([noise(1), noise(1, 32)]))
    with pytest.raises(UsageError, match="there are no images"):
        responses(network, channels, [TURN], iter([]))
    with pytest.raises(UsageError, match="response='sum' is unknown"):
        responses(network, channels, [TURN], noise(1), response="sum")
