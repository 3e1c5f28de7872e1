"""How much of a picture's gradient lies in what the unit sees."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.evidence.metric import Metric
from vizkit.evidence.subject import Subject
from vizkit.receptive_fields.calculate import receptive_field


def inside_field(subject: Subject) -> Tensor:
    """Share of the gradient's magnitude inside the receptive field; NaN without any gradient.

    Of a channel, the gradient of its unit in the middle of the picture. It is 1, unless the field
    is wrong or cut, or something couples all positions.
    """
    size = (int(subject.pictures.shape[2]), int(subject.pictures.shape[3]))
    fields = receptive_field(subject.network, size)
    shares = []
    for unit, picture in zip(subject.units, subject.pictures, strict=True):
        field = fields.unit(subject.layer, unit.channel, unit.position)
        image = picture[None].clone().requires_grad_()
        with torch.enable_grad(), capture(subject.network, subject.layer) as activations:
            subject.network(image)
            response = activations[subject.layer][0, unit.channel]
            if response.dim():
                response = response[field.unit.position]
            (gradient,) = torch.autograd.grad(response, image)
        strength = gradient[0].abs().sum(0)
        total = strength.sum()
        if field.clipped is None or total == 0:
            shares.append(total.new_tensor(torch.nan))
            continue
        top, left, bottom, right = field.clipped
        shares.append(strength[top : bottom + 1, left : right + 1].sum() / total)
    return torch.stack(shares)


METRIC = Metric(
    name="inside_field",
    says="Whether what changes the response lies where the unit looks.",
    wrong_if="Behind global pooling every field is the whole image, and it says nothing.",
    better="higher",
    of=inside_field,
)
