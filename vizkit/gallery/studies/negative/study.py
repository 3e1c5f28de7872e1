"""The picture that each unit likes least, to stand beside the one it likes best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vizkit.gallery.panel import Fact, Panel
from vizkit.gallery.studies.renders.study import Renders
from vizkit.gallery.study import Shown


class _Negative(Renders):
    name = "negative"
    title = "What it likes least"
    order = 11  # beside the positive one
    default = False  # it costs as much as the positive one
    negative = True

    def dead(self, data: Mapping[str, Any]) -> bool:
        return False  # which is about the unit, and its positive picture tells

    def show(self, record: Shown) -> Panel:
        response = 0.0 - record.data["final"]
        note = "on this picture, before the ReLU that follows, if one does"
        if response == 0:
            note = "silent, and after its ReLU it cannot be less: the picture says nothing"
        fact = Fact("least response", f"{response:.3g}", response, note)
        return replace(super().show(record), facts=(fact,), badges=())


STUDY = _Negative()
