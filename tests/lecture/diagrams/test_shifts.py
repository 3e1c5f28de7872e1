"""Heat maps of errors over shifts show what was measured."""

import numpy as np
import pytest
from torch import nn

from computations.shift_maps import shift_maps
from diagrams.shifts import shift_heat_maps
from tests.nets import images, plain
from vizkit.errors import UsageError


@pytest.fixture(scope="module")
def network():
    layers = (nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return plain(nn.Sequential(*layers, nn.Linear(4, 3)), 30, channels=3)


def test_heat_maps_have_a_place_for_every_shift(network, tmp_path):
    found = shift_maps(
        network, ["0", "4"], (-1, 0, 1), (-2, 0, 2), images(3, 3, 40), input_size=(30, 30)
    )
    figure = shift_heat_maps(found)
    shown = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    assert [each.shape for each in shown] == [(3, 3)] * 4 + [(2, 2)]
    assert float(shown[0][1, 1]) < 1e-4, "no shift, no error"
    assert float(shown[0][0, 0]) == pytest.approx(float(found.total("0")[0, 0]))
    assert np.ma.getmaskarray(shown[3]).all() or np.isnan(np.asarray(shown[3])).all()
    figure.savefig(tmp_path / "maps.png")
    with pytest.raises(UsageError, match=r"\['9'\] was not measured"):
        shift_heat_maps(found, ["9"])
