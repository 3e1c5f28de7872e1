"""A gallery on disk: the only truth that status, resume, merge and the site read.

::

    OUT/
      index.html, assets/                      the site
      vgg16~ahed/                              one folder per network (encoded source)
        plan.json                              what is to be done
        conv4_3/                               one folder per layer (encoded name)
          index.html, 12.html                  the site
          renders/12.json, renders/12.webp     record and files of one unit in one study
          renders/12.failed.json               why the last attempt failed, until one succeeds
      log/                                     time, host and command line; nothing else has them

A record is written last and in one move, so a unit is done exactly when its record is there, fits
the plan, and its files have the sizes that it states.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vizkit.errors import AddressError, StoreError
from vizkit.filenames import decode, encode
from vizkit.files import remove_abandoned, write_bytes, write_text
from vizkit.gallery.plan import SCHEMA, Plan, plan_from_json, to_json

PLAN = "plan.json"
LOG = "log"


@dataclass(frozen=True, slots=True)
class Record:
    """What one study found out about one unit.

    Attributes
    ----------
    address : the unit.
    study : name of the study.
    fingerprint : of the plan's layer that it was made for.
    files : size in bytes by name of the files beside the record, e.g. ``{"12.webp": 5120}``.
    data : the study's own plain data.
    """

    address: str
    study: str
    fingerprint: str
    files: dict[str, int]
    data: dict[str, Any]
    schema: int = SCHEMA


class Store:
    """A gallery folder.

    Parameters
    ----------
    root : the folder; made when something is written.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    # Networks and plans

    def sources(self) -> tuple[str, ...]:
        """Networks of the gallery, ``"vgg16@hed"``, in alphabetical order."""
        found = []
        for plan in sorted(self.root.glob(f"*/{PLAN}")):
            try:
                found.append(decode(plan.parent.name))
            except AddressError:
                continue
        return tuple(sorted(found))

    def network_folder(self, source: str) -> Path:
        """Folder of a network."""
        return self.root / encode(source)

    def layer_folder(self, source: str, layer: str) -> Path:
        """Folder of a layer."""
        return self.network_folder(source) / encode(layer)

    def study_folder(self, source: str, layer: str, study: str) -> Path:
        """Folder with the records and files of a study."""
        return self.layer_folder(source, layer) / study

    def read_plan(self, source: str) -> Plan:
        """Plan of a network.

        Raises
        ------
        StoreError : there is none, or it cannot be read.
        """
        path = self.network_folder(source) / PLAN
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise StoreError(
                f"{str(self.root)!r} holds no gallery of {source}.\n"
                f"  Make one: vizkit gallery run {source} --out {self.root}"
            ) from None
        except (OSError, ValueError) as error:
            raise StoreError(f"{str(path)!r} cannot be read: {error}") from None
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise StoreError(
                f"{str(path)!r} is of another version of vizkit (schema "
                f"{data.get('schema') if isinstance(data, dict) else None!r}, this one writes "
                f"{SCHEMA}).\n  Render into another folder."
            )
        try:
            return plan_from_json(data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(f"{str(path)!r} is damaged: {error!r}") from None

    def write_plan(self, plan: Plan) -> None:
        """Write ``plan.json`` of a network; unchanged bytes are left alone."""
        write_text(self.network_folder(plan.network.source) / PLAN, to_json(asdict(plan)))

    # Records

    def read_record(self, plan: Plan, layer: str, study: str, channel: int) -> Record | None:
        """Record of a unit in a study; None unless it is complete and fits the plan."""
        folder = self.study_folder(plan.network.source, layer, study)
        record = _as_record(_read_object(folder / f"{channel}.json"))
        if record is None or record.schema != SCHEMA:
            return None
        if record.fingerprint != plan.fingerprint(plan.layer(layer)):
            return None
        try:
            sizes = {name: (folder / name).stat().st_size for name in record.files}
        except (OSError, ValueError):  # missing, or a name that no file can have
            return None
        return record if sizes == record.files else None

    def damaged_record(self, plan: Plan, layer: str, study: str, channel: int) -> Path | None:
        """File of a unit's record, when it is there and is none; a run writes it anew."""
        path = self.study_folder(plan.network.source, layer, study) / f"{channel}.json"
        if not path.exists():
            return None
        data = _read_object(path)
        another = data is not None and data.get("schema", SCHEMA) != SCHEMA
        return None if another or _as_record(data) is not None else path

    def write_record(
        self,
        plan: Plan,
        layer: str,
        study: str,
        channel: int,
        data: Mapping[str, Any],
        files: Mapping[str, bytes],
    ) -> None:
        """Write a unit's files, then its record, and forget an earlier failure."""
        folder = self.study_folder(plan.network.source, layer, study)
        for name, content in files.items():
            write_bytes(folder / name, content)
        planned = plan.layer(layer)
        record = Record(
            address=plan.address(planned, channel),
            study=study,
            fingerprint=plan.fingerprint(planned),
            files={name: len(content) for name, content in files.items()},
            data=dict(data),
        )
        write_text(folder / f"{channel}.json", to_json(asdict(record)))
        (folder / f"{channel}.failed.json").unlink(missing_ok=True)

    def write_failure(self, plan: Plan, layer: str, study: str, channel: int, why: str) -> None:
        """Note why a unit failed; the note goes when an attempt succeeds."""
        folder = self.study_folder(plan.network.source, layer, study)
        address = plan.address(plan.layer(layer), channel)
        write_text(
            folder / f"{channel}.failed.json",
            to_json({"address": address, "study": study, "error": why}),
        )

    def read_failure(self, plan: Plan, layer: str, study: str, channel: int) -> str | None:
        """Why the last attempt at a unit failed; None when it did not."""
        folder = self.study_folder(plan.network.source, layer, study)
        data = _read_object(folder / f"{channel}.failed.json")
        return None if data is None else str(data.get("error", "unknown error"))

    def remove_temporary(self) -> None:
        """Remove what killed runs left half-written; files of living runs stay."""
        remove_abandoned(self.root)


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
