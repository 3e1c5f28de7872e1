"""Receptive fields of published networks: an answer for every layer, certified by the oracles."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vizkit.networks import registry
from vizkit.networks.random_state import isolated_rng
from vizkit.receptive_fields import LayerField, ReceptiveFields, receptive_field
from vizkit.receptive_fields.oracle.boxes import Boxes
from vizkit.receptive_fields.oracle.certify import certify

QUICK = (
    *("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3"),
    *("mnasnet0_5", "mobilenet_v3_small", "resnext50_32x4d", "shufflenet_v2_x0_5", "swin_v2_t"),
    *("squeezenet1_1", "vgg11_bn", "vit_b_32", "timm:resnet26d", "timm:res2net50_14w_8s"),
    *("timm:tf_efficientnet_lite0", "timm:halonet26t", "timm:levit_128s", "timm:twins_svt_small"),
)
TIMM = tuple(
    f"timm:{name}"
    for name in (
        *("convnext_atto", "efficientnet_b0", "mobilevit_xxs", "legacy_seresnet18", "regnety_002"),
        *("vgg11", "cspresnet50", "densenet121", "nfnet_l0", "volo_d1_224", "mixer_s16_224"),
        *("swin_tiny_patch4_window7_224", "poolformer_s12", "repvgg_a0", "coatnet_nano_rw_224"),
        *("hrnet_w18_small", "xception41", "ghostnet_100", "dla34", "inception_v4", "skresnet18"),
        *("lambda_resnet26t", "botnet26t_256", "maxvit_nano_rw_256", "edgenext_xx_small"),
        *("fastvit_t8", "crossvit_tiny_240", "pvt_v2_b0", "focalnet_tiny_srf", "davit_tiny"),
        *("gcvit_xxtiny", "tresnet_m", "vit_tiny_patch16_224", "beit_base_patch16_224"),
        *("xcit_nano_12_p16_224", "efficientformer_l1", "resnest14d", "selecsls42", "vovnet39a"),
        *("mnasnet_100", "rexnet_100", "convmixer_768_32", "resnetv2_50x1_bit", "starnet_s1"),
        *("bat_resnext26ts", "eca_halonext26ts", "gmlp_s16_224", "inception_next_tiny"),
    )
)
# Networks, and sides of images that they take and that a NaN for every line is not too many for.
CERTIFIED = {
    **{"alexnet": 72, "vgg11": 40, "googlenet": 48, "resnet18": 48, "resnet50": 40},
    **{"densenet121": 40, "mobilenet_v2": 48, "squeezenet1_1": 48, "shufflenet_v2_x0_5": 48},
    **{"efficientnet_b0": 48, "mnasnet0_5": 48, "convnext_tiny": 48, "inception_v3": 79},
    **{"regnet_x_400mf": 48, "swin_t": 40, "lenet5": 32, "mobilenet_v3_small": 48},
    **{"timm:resnet26d": 48, "timm:tf_efficientnet_lite0": 45, "timm:convnext_atto": 48},
    **{"timm:res2net50_14w_8s": 40, "timm:repvgg_a0": 48, "timm:xception41": 48},
    **{"timm:legacy_seresnet18": 48, "timm:poolformer_s12": 48, "timm:dla34": 64},
    **{"timm:regnety_002": 48, "timm:vgg11": 48, "timm:hrnet_w18_small": 64},
    **{"timm:cspresnet50": 48, "timm:nfnet_l0": 48, "timm:ghostnet_100": 48},
}
_CERTIFIED_QUICKLY = ("lenet5", "squeezenet1_1", "mnasnet0_5")


def _assert_answered(name: str) -> None:
    fields = receptive_field(name)
    assert not any(dependence.measured for _, dependence in fields.lowered)
    for row in fields:
        assert row.status in ("exact", "whole"), row.name
        assert row.groups
        covered = sorted(channel for group in row.groups for channel in group.channels)
        assert covered == list(range(len(covered)))
        if row.status == "whole":
            assert row.size == fields.input_size
            assert row.stride == row.padding == (None, None)


@pytest.mark.parametrize("name", QUICK)
def test_every_layer_has_an_answer(name: str) -> None:
    _assert_answered(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*registry.names(), *TIMM])
def test_every_layer_of_every_network_has_an_answer(name: str) -> None:
    _assert_answered(name)


@pytest.mark.parametrize("name", _CERTIFIED_QUICKLY)
def test_certified_quickly(name: str) -> None:
    _assert_certified(name)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [name for name in CERTIFIED if name not in _CERTIFIED_QUICKLY])
def test_certified(name: str) -> None:
    _assert_certified(name)


def _assert_certified(name: str) -> None:
    side = CERTIFIED[name]
    fields = receptive_field(name, side)
    plan = registry.blueprint(name)
    with isolated_rng():
        network = plan.build().eval()
    shape = (1, plan.preprocessing.channels, side, side)
    image = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    expected = {(r.name, r.call - 1): boxes(fields, r) for r in fields if r.place.module}
    certificate = certify(network, image, expected)
    wrong = [f"{v.name}: {v.disagreements}" for v in certificate.layers if not v.agree]
    assert not wrong
    assert certificate.agree


def boxes(fields: ReceptiveFields, row: LayerField) -> Boxes:
    """Boxes of a row as the oracle gives them."""
    sides = []
    for axis, length in enumerate(fields.input_size):
        first, last = row.ends(axis)
        none = first > last
        first, last = np.where(none, length, first), np.where(none, -1, last)
        one = row.place.shape[0] == 1
        sides.append((first[0], last[0]) if one else (first, last))
    (top, bottom), (left, right) = sides
    return Boxes(top, left, bottom, right)
