"""The training of a student, step by step, that can be stopped and taken up again."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import StochasticDepth

from distillation.classifier import Classifier
from distillation.crops import Crops
from distillation.settings import Settings
from vizkit.errors import UsageError
from vizkit.networks.device import fast_bfloat16
from vizkit.networks.network import Network, WeightsRecord
from vizkit.networks.random_state import isolated_rng
from vizkit.networks.weights.checkpoint import ABOUT, state_hash

_LOWEST = 0.01
_LONGEST_GRADIENT = 5.0
_YOUNG = 20
_HEX = 16


class Distillation:
    """Training of a copy of a student to answer crops of photographs as its teacher does.

    The loss is the Kullback-Leibler divergence of the softened scores, and the angle between the
    teacher's last features and a linear map of the student's. What counts at the end are the
    averaged weights. The same start, settings, photographs and number of threads give the same
    weights on the same CPU, interrupted or not.

    Parameters
    ----------
    student : network to start from; it is copied. Dropout and stochastic depth are switched off in
        the copy, because the teacher's answers to ever new crops leave nothing to overfit.
    teacher : classifier with as many classes, on the same device; not changed.
    photos : to draw crops from, each 3 H W in [0, 1].
    settings : of the training.

    Attributes
    ----------
    seen : number of crops that the student has seen.

    Raises
    ------
    UsageError : the two have different numbers of classes, or one of them is no classifier of
        color images with a linear last layer; no photograph.
    """

    def __init__(
        self,
        student: Network,
        teacher: Network,
        photos: Mapping[str, Tensor],
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.seen = 0
        if not photos:
            raise UsageError("no photograph to draw crops from.\n  Give at least one.")
        device = student.device
        module = copy.deepcopy(student.module).to(memory_format=torch.channels_last)
        self._network = replace(student, module=module)
        self._student = Classifier(self._network, self.settings.size)
        self._teacher = Classifier(teacher, self.settings.size)
        if self._student.classes != self._teacher.classes:
            raise UsageError(
                f"{student.source} has {self._student.classes} classes and {teacher.source} has "
                f"{self._teacher.classes}.\n  Give a student with as many classes."
            )
        module.train().requires_grad_(True)
        for part in module.modules():
            if isinstance(part, (nn.modules.dropout._DropoutNd, StochasticDepth)):
                part.p = 0.0
        self._hint = _hint(self._student.width, self._teacher.width, self.settings.seed).to(device)
        self._optimizer = torch.optim.AdamW(
            [*module.parameters(), *self._hint.parameters()],
            lr=self.settings.learning_rate,
            weight_decay=self.settings.weight_decay,
        )
        self._average = {name: value.clone() for name, value in module.state_dict().items()}
        self._photos = tuple(photos)
        self._sources = (student.source, teacher.source)
        # Crops depend on the photographs' order, which the hash of a state does not see.
        placed = {f"{place} {name}": photos[name] for place, name in enumerate(photos)}
        self._origin = {
            "device": device.type,
            "start": f"{student.source} {state_hash(student.module.state_dict())[:_HEX]}",
            "teacher": f"{teacher.source} {state_hash(teacher.module.state_dict())[:_HEX]}",
            "set of photographs": f"{len(photos)} {state_hash(placed)[:_HEX]}",
        }
        self._crops = Crops(
            [each.to(device) for each in photos.values()],
            self.settings.size,
            seed=self.settings.seed,
        )
        self._steps = 0
        self._half = fast_bfloat16(device)

    def step(self) -> float:
        """Train on one batch; the loss before the step.

        Raises
        ------
        FloatingPointError : the loss or its gradient is not finite. The weights are as they were
            before the step; running statistics and the stream of crops are not.
        """
        for group in self._optimizer.param_groups:
            group["lr"] = self.learning_rate
        crops = self._crops.augmented(self.settings.batch)
        crops = crops.contiguous(memory_format=torch.channels_last)
        device = crops.device.type
        # What else a network draws on the CPU while it trains comes from a seed of its own, too.
        seed = self.settings.seed + self._steps
        with isolated_rng(seed), torch.autocast(device, torch.bfloat16, enabled=self._half):
            with torch.no_grad():
                wanted, answer = self._teacher(crops)
            features, scores = self._student(crops)
        loss = self._loss(features.float(), scores.float(), wanted.float(), answer.float())
        if not loss.isfinite():
            raise FloatingPointError(f"the loss is {loss.item()} after {self.seen} crops")
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        length = nn.utils.clip_grad_norm_(self._student.parameters(), _LONGEST_GRADIENT)
        if not length.isfinite():
            raise FloatingPointError(f"the gradient is not finite after {self.seen} crops")
        self._optimizer.step()
        self.seen += len(crops)
        self._steps += 1
        self._follow()
        return loss.item()

    def _loss(self, features: Tensor, scores: Tensor, wanted: Tensor, answer: Tensor) -> Tensor:
        soft = self.settings.temperature
        divergence = functional.kl_div(
            (scores / soft).log_softmax(1), (answer / soft).softmax(1), reduction="batchmean"
        )
        alike = functional.cosine_similarity(self._hint(features), wanted).mean()
        return divergence * soft**2 + self.settings.hint * (1 - alike)

    @property
    def learning_rate(self) -> float:
        """Of the next step: up over the warm-up, then down as a cosine."""
        done = min(1.0, self.seen / self.settings.images)
        rise = min(1.0, (self.seen + 1) / self.settings.warmup)
        fall = (1 - _LOWEST) * (1 + math.cos(math.pi * done)) / 2 + _LOWEST
        return self.settings.learning_rate * rise * fall

    @property
    def done(self) -> bool:
        """True when the student has seen as many crops as the settings say."""
        return self.seen >= self.settings.images

    def _follow(self) -> None:
        """Move the averaged weights towards the student's; faster while it is young."""
        share = 1 - min(self.settings.averaging, self._steps / (self._steps + _YOUNG))
        with torch.no_grad():
            for name, value in self._student.module.state_dict().items():
                if value.is_floating_point():
                    self._average[name].lerp_(value, share)
                else:
                    self._average[name].copy_(value)

    def network(self) -> Network:
        """The student as it is so far, with averaged weights, in eval mode; a copy."""
        module = copy.deepcopy(self._student.module)
        module.load_state_dict(self._average)
        module.eval().requires_grad_(False)
        origin = f"distilled on {self.seen:,} crops of {len(self._photos)} photographs"
        return replace(
            self._network, module=module, weights=WeightsRecord("own", origin, "", random=False)
        )

    def weights(self) -> dict[str, Tensor]:
        """Averaged weights for a file: half precision, one-dimensional tensors as they are."""
        return {
            name: (value.half() if value.is_floating_point() and value.ndim > 1 else value)
            .contiguous()
            .cpu()
            for name, value in self._average.items()
        }

    def metadata(self) -> dict[str, str]:
        """What a safetensors file of the weights says of itself."""
        student, teacher = self._sources
        said = {"network": student, "teacher": teacher, "crops": self.seen}
        return {ABOUT: json.dumps(said, sort_keys=True)}

    def state(self) -> dict[str, Any]:
        """All that `restore` needs to go on as if nothing had happened; fits `torch.save`."""
        return {
            "settings": self.settings.as_dict(),
            "origin": self._origin,
            "seen": self.seen,
            "steps": self._steps,
            "student": self._student.module.state_dict(),
            "average": self._average,
            "hint": self._hint.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "crops": self._crops.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state` that another training of the same settings left.

        Raises
        ------
        UsageError : it had other settings, another start or teacher, or other photographs; or it
            is not whole. This training is of no use then.
        """
        try:
            self._restore(state)
        except UsageError:
            raise
        except (KeyError, AttributeError, TypeError, ValueError, RuntimeError) as error:
            raise UsageError(
                f"the earlier training's state is not whole: {type(error).__name__}: "
                f"{str(error).partition(chr(10))[0]}\n  Begin anew, in another folder."
            ) from error

    def _restore(self, state: dict[str, Any]) -> None:
        other = self.settings.different(state["settings"])
        for name, mine in self._origin.items():
            if (theirs := state["origin"].get(name)) != mine:
                other.append(f"another {name} ({theirs}, not {mine})")
        if other:
            raise UsageError(
                f"the earlier training had {'; '.join(other)}.\n"
                "  Give the same again, or another folder for the new training."
            )
        if state["average"].keys() != self._average.keys():
            raise ValueError("averaged weights are missing")
        self.seen, self._steps = int(state["seen"]), int(state["steps"])
        self._student.module.load_state_dict(state["student"])
        self._hint.load_state_dict(state["hint"])
        self._optimizer.load_state_dict(state["optimizer"])
        for name, value in state["average"].items():
            self._average[name].copy_(value)
        self._crops.restore(state["crops"])


def _hint(inputs: int, outputs: int, seed: int) -> nn.Linear:
    """Map from the student's features to the teacher's, the global generator left alone."""
    with isolated_rng(seed):
        return nn.Linear(inputs, outputs)
