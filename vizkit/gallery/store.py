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
from dataclasses import asdict
from pathlib import Path

from vizkit.errors import AddressError, StoreError
from vizkit.filenames import decode, encode, file_name
from vizkit.files import write_text
from vizkit.gallery.plan import SCHEMA, Plan, plan_from_json, to_json
from vizkit.gallery.records import Records

PLAN = "plan.json"
LOG = "log"


class Store:
    """A gallery folder.

    Parameters
    ----------
    root : the folder; made when something is written.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    def sources(self) -> tuple[str, ...]:
        """Networks of the gallery, ``"vgg16@hed"``, in alphabetical order."""
        sources = []
        for plan in sorted(self.root.glob(f"*/{PLAN}")):
            try:
                sources.append(decode(plan.parent.name))
            except AddressError:
                continue
        return tuple(sorted(sources))

    def network_folder(self, source: str) -> Path:
        """Folder of a network."""
        return self.root / encode(source)

    def layer_folder(self, source: str, layer: str) -> Path:
        """Folder of a layer."""
        return self.network_folder(source) / file_name(layer)

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
                f"{SCHEMA}).\n  Make the gallery anew, in another folder."
            )
        try:
            return plan_from_json(data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(f"{str(path)!r} is damaged: {error!r}") from None

    def write_plan(self, plan: Plan) -> None:
        """Write ``plan.json`` of a network; unchanged bytes are left alone."""
        write_text(self.network_folder(plan.network.source) / PLAN, to_json(asdict(plan)))

    def records(self, plan: Plan, layer: str, study: str) -> Records:
        """Records of a study of the layer of that public name."""
        return Records(
            self.study_folder(plan.network.source, layer, study), plan, plan.layer(layer), study
        )
