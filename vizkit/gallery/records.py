"""Records on disk: what a study found out about each unit of a layer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vizkit.files import write_bytes, write_text
from vizkit.gallery.plan import SCHEMA, Plan, PlannedLayer, to_json


@dataclass(frozen=True, slots=True)
class Record:
    """What one study found out about one unit.

    Attributes
    ----------
    address : the unit.
    study : name of the study.
    fingerprint : of the study and layer of the plan that it was made for.
    files : size in bytes by name of the files beside the record, e.g. ``{"12.webp": 5120}``.
    data : the study's own plain data.
    """

    address: str
    study: str
    fingerprint: str
    files: dict[str, int]
    data: dict[str, Any]
    schema: int = SCHEMA


class Records:
    """Records of one study of one layer.

    Parameters
    ----------
    folder : where they are.
    plan, layer, study : what they are of; records of another plan do not count.
    """

    def __init__(self, folder: Path, plan: Plan, layer: PlannedLayer, study: str) -> None:
        self.folder, self._plan, self._layer, self._study = folder, plan, layer, study
        self._fingerprint = plan.fingerprint(layer, study)

    def read(self, channel: int) -> Record | None:
        """Record of a unit; None unless it is complete and fits the plan."""
        record = _as_record(_read_object(self._path(channel)))
        if record is None or record.schema != SCHEMA or record.fingerprint != self._fingerprint:
            return None
        try:
            sizes = {name: (self.folder / name).stat().st_size for name in record.files}
        except (OSError, ValueError):  # missing, or a name that no file can have
            return None
        return record if sizes == record.files else None

    def write(self, channel: int, data: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        """Write a unit's files, then its record, and forget an earlier failure."""
        for name, content in files.items():
            write_bytes(self.folder / name, content)
        record = Record(
            address=self._plan.address(self._layer, channel),
            study=self._study,
            fingerprint=self._fingerprint,
            files={name: len(content) for name, content in files.items()},
            data=dict(data),
        )
        write_text(self._path(channel), to_json(asdict(record)))
        self._path(channel, ".failed").unlink(missing_ok=True)

    def write_failure(self, channel: int, why: str) -> None:
        """Note why a unit failed; the note goes when an attempt succeeds."""
        address = self._plan.address(self._layer, channel)
        note = {"address": address, "study": self._study, "error": why}
        write_text(self._path(channel, ".failed"), to_json(note))

    def read_failure(self, channel: int) -> str | None:
        """Why the last attempt at a unit failed; None when it did not."""
        data = _read_object(self._path(channel, ".failed"))
        return None if data is None else str(data.get("error", "unknown error"))

    def damaged(self, channel: int) -> Path | None:
        """File of a unit's record, when it is there and is none; a run writes it anew."""
        path = self._path(channel)
        if not path.exists():
            return None
        data = _read_object(path)
        another = data is not None and data.get("schema", SCHEMA) != SCHEMA
        return None if another or _as_record(data) is not None else path

    def _path(self, channel: int, ending: str = "") -> Path:
        return self.folder / f"{channel}{ending}.json"


def _as_record(data: Mapping[str, Any] | None) -> Record | None:
    if data is None or not all(isinstance(data.get(name), dict) for name in ("files", "data")):
        return None
    try:
        return Record(**data)
    except TypeError:
        return None


def _read_object(path: Path) -> dict[str, Any] | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None
