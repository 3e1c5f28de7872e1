"""Questions to the receptive fields of a network: units, pixels, projective fields, parts."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests import nets
from vizkit.errors import LayerNotFoundError, UnitNotFoundError, UsageError
from vizkit.receptive_fields import ReceptiveFields, receptive_field


class Branches(nn.Module):
    """Two paths of different strides, and a third that reads every other column."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 2, 3, padding=1)
        self.dilated = nn.Conv2d(2, 2, 3, dilation=2, padding=2)
        self.down = nn.Conv2d(2, 3, (3, 2), (1, 2))
        self.up = nn.ConvTranspose2d(3, 2, (3, 2), (1, 2))
        self.join = nn.Conv2d(4, 2, (1, 3), padding=(0, 1))
        self.head = nn.Linear(2, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.up(self.down(x))
        x = torch.cat([self.dilated(x), F.pad(y, (0, x.shape[3] - y.shape[3]))], 1)
        return self.head(self.join(x).mean((2, 3)))


LAYERS = ("stem", "dilated", "down", "up", "join")


@pytest.fixture(scope="module")
def fields() -> ReceptiveFields:
    return receptive_field(Branches().eval(), (1, 9, 11))


def matrix(fields: ReceptiveFields, layer: str) -> np.ndarray:
    """Which pixels each unit of a layer sees: units x pixels."""
    shape = fields[layer].shape
    rows = [fields.unit(layer, c, (y, x)).pixels.ravel() for c, y, x in np.ndindex(*shape)]
    return np.stack(rows)


@pytest.mark.parametrize("layer", LAYERS)
def test_pixels_and_projective_fields_are_one_relation(fields: ReceptiveFields, layer: str) -> None:
    seen = matrix(fields, layer)
    height, width = fields.input_size
    reached = np.stack(
        [fields.projective_field(layer, at).units.ravel() for at in np.ndindex(height, width)], 1
    )
    assert np.array_equal(seen, reached)


@pytest.mark.parametrize("middle", ["stem", "dilated", "down"])
def test_fields_of_fields_are_fields(fields: ReceptiveFields, middle: str) -> None:
    first = matrix(fields, middle)
    channels = fields[middle].shape[0]
    # What a channel of the middle layer sees is the same for all of its channels here.
    per_position = first.reshape(channels, -1, first.shape[1])
    assert (per_position == per_position[0]).all()
    relative = fields.relative_to(middle)
    assert relative.source == middle
    for layer in LAYERS[LAYERS.index(middle) + 1 :]:
        other_way = {("dilated", "up"), ("dilated", "down")}
        if (middle, layer) in other_way:
            assert relative[layer].place.value is not None
            assert not matrix(relative, layer).any()
            assert relative[layer].size == (0, 0)
            continue
        second = matrix(relative, layer)
        through = (second.astype(int) @ per_position[0].astype(int)) > 0
        direct = matrix(fields, layer)
        # By way of the middle layer, never more than by all ways.
        assert (through <= direct).all()
        if (middle, layer) != ("dilated", "join") and (middle, layer) != ("down", "join"):
            assert np.array_equal(through, direct)


def test_a_layer_sees_one_place_of_itself(fields: ReceptiveFields) -> None:
    own = fields.relative_to("down")
    row = own["down"]
    assert (row.size, row.stride, row.padding) == ((1, 1), (1, 1), (0, 0))
    assert own.unit("down", 0, (2, 3)).box == (2, 3, 2, 3)


def test_a_part_of_googlenet() -> None:
    fields = receptive_field("googlenet")
    part = fields.relative_to("maxpool2")
    assert part["inception3a"].size == (3, 3)
    assert part["inception3b"].size == (5, 5)
    assert (part["inception4a"].size, part["inception4a"].stride) == ((11, 11), (2, 2))
    assert part["conv1"].size == (0, 0)


@pytest.mark.parametrize("size", [(16, 19), (33, 24), (40, 41)])
def test_boxes_do_not_depend_on_the_size_of_the_input(size: tuple[int, int]) -> None:
    net = nets.TinyInception().eval()
    small, large = receptive_field(net, (3, 16, 16)), receptive_field(net, (3, *size))
    for row in small:
        if row.map_axes is None or row.status == "whole":
            continue
        other = large[row.name]
        assert (row.size, row.stride, row.padding) == (other.size, other.stride, other.padding)
        for position in ((0, 0), (2, 3), (7, 7)):
            for channel in (0, row.shape[0] - 1):
                boxes = [f.unit(row.name, channel, position).box for f in (small, large)]
                assert boxes[0] == boxes[1]


def test_a_unit() -> None:
    fields = receptive_field("alexnet")
    unit = fields.unit("conv1:3@0,5")
    assert (unit.layer.name, unit.unit.address) == ("features.0", "alexnet/conv1:3@0,5")
    assert (unit.unit.channel, unit.unit.position) == (3, (0, 5))
    assert unit.box == (-2, 18, 8, 28)
    assert unit.clipped == (0, 18, 8, 28)
    assert unit.size == (11, 11)
    assert unit.visible == pytest.approx(9 / 11)
    assert fields["conv1"].center == (Fraction(3), Fraction(3))
    assert fields["features.2"].center == (Fraction(7), Fraction(7))
    assert fields.unit("features.0").unit.position == (27, 27)
    logit = fields.unit("classifier.6", 12)
    assert (logit.unit.position, logit.clipped) == (None, (0, 0, 223, 223))


def test_holes_of_dilated_convolutions() -> None:
    fields = receptive_field(nn.Conv2d(1, 1, 3, dilation=2), (1, 9, 9))
    seen = np.flatnonzero(fields.unit("", 0, (2, 2)).pixels).tolist()
    assert seen == [9 * y + x for y in (2, 4, 6) for x in (2, 4, 6)]
    assert fields.unit("", 0, (2, 2)).density == pytest.approx(9 / 25)
    assert fields[""].size == (5, 5)


def test_the_projective_field_of_a_pixel() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2))
    fields = receptive_field(net, (1, 8, 8))
    assert fields.projective_field("0", (0, 5)).box == (0, 4, 1, 6)
    field = fields.projective_field("1", (4, 5))
    assert (field.box, field.count) == ((1, 2, 2, 3), 16)


def test_layers_without_a_map() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3))
    fields = receptive_field(net, (1, 8, 8))
    assert fields["1"].shape == (72,)
    assert fields.unit("1", 7).clipped == (1, 1, 3, 3)
    assert fields["2"].status == "whole"
    assert fields["2"].interior == (None, None)
    assert fields.projective_field("2", (0, 0)).count == 3


def test_whole_is_said_only_where_every_unit_sees_everything() -> None:
    class Part(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            y = x.clone()
            y[:, :, 3:] += x.mean()
            return y

    row = receptive_field(Part(), (1, 8, 8))[""]
    assert (row.status, row.size) == ("exact", (None, None))


def test_what_does_not_depend_on_the_image_sees_nothing() -> None:
    class Constant(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.made = nn.Conv2d(1, 1, 3)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.made(torch.ones(1, 1, 8, 8)).mean()

    fields = receptive_field(Constant(), (1, 8, 8))
    assert fields["made"].size == (0, 0)
    assert fields.unit("made").clipped is None
    assert fields.unit("made").visible == 0
    assert not fields.unit("made").pixels.any()
    assert fields.unit("made").density == 0
    assert fields.projective_field("made", (0, 0)).count == 0


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda f: f["jion"], LayerNotFoundError, r"'jion'.*\n.*'?join'?"),
        (lambda f: f.layer("join", 2), LayerNotFoundError, "called 1 time"),
        (lambda f: f.unit("join", 2), UnitNotFoundError, "no channel 2.*from 0 to 1"),
        (lambda f: f.unit("join", 0, (9, 0)), UnitNotFoundError, "9,0 is outside(.|\n)*8,10"),
        (lambda f: f.unit("head", 0, (0, 0)), UnitNotFoundError, "no positions"),
        (lambda f: f.projective_field("stem", (0, 11)), UnitNotFoundError, "9 rows and 11"),
        (lambda f: f.unit("nothing").pixels, LayerNotFoundError, "'nothing' is not a layer"),
        (lambda f: f.relative_to("head"), UsageError, "not a map"),
    ],
)
def test_questions_that_have_no_answer(
    fields: ReceptiveFields, ask: object, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        ask(fields)  # type: ignore[operator]


class Named(nn.Module):
    """Its output is not a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"out": self.conv(x)}


def test_parameters_are_those_of_the_module_whatever_it_returns() -> None:
    assert receptive_field(Named().eval(), (1, 8, 8)).parameters == 2 * 9 + 2


def test_a_summary_is_one_line_and_a_table_has_a_line_for_each_layer(
    fields: ReceptiveFields,
) -> None:
    layer = str(fields["down"])
    assert layer.startswith("Branches\n") and "r, stride, padding, center in pixels" in layer
    tagged = receptive_field("lenet5@random")
    assert "ReceptiveFields lenet5@random at" in repr(tagged)
    assert str(tagged).startswith("lenet5@random at")
    assert "--all" not in str(receptive_field("alexnet"))
    assert tagged.as_dict()["network"] == "lenet5@random"
    assert repr(fields) == f"<ReceptiveFields Branches at 9 x 11, {len(fields.rows)} layers>"
    assert repr(fields.relative_to("stem")).endswith(" layers, of layer stem>")
    title, table, *_ = fields.table(every=True).split("\n\n")
    lines = [line for line in table.splitlines() if not line.startswith(" ")]
    assert title == "Branches at 9 x 11" and len(lines) == 1 + len(fields.rows) == len(fields)
    assert lines[1].split()[:7] == ["stem", "Conv2d", "2", "x", "9", "x", "11"]
    assert lines[1].split()[7:10] == ["3", "1", "1"]


def test_layers_can_be_chosen(fields: ReceptiveFields) -> None:
    chosen = fields.only(["join", "stem"])
    assert [row["name"] for row in chosen.as_dict()["layers"]] == ["stem", "join"]
    assert str(chosen).count("Conv2d") == 2 and "folded" not in str(chosen)
    assert chosen.multiply_adds == fields.multiply_adds
    assert chosen.unit("down").box == fields.unit("down").box


def test_results_are_plain_data_and_text(fields: ReceptiveFields) -> None:
    unit, row = fields.unit("dilated:1@0,0"), fields["down"]
    pixel = fields.projective_field("stem", (0, 0))
    for result in (fields, row, unit, pixel):
        assert json.loads(json.dumps(result.as_dict())) == result.as_dict()
        assert "\n" not in repr(result) and str(result)
    assert unit.as_dict()["box"] == [-3, -3, 3, 3]
    assert repr(unit) == "<UnitField Branches/dilated:1@0,0: 7 x 7, 32.7 % seen>"
    assert row.as_dict() in fields.as_dict()["layers"]
    assert (
        str(pixel) == "pixel 0,0 reaches 8 of 198 units of stem, in rows 0 to 1 and columns 0 "
        "to 1 of the map"
    )
