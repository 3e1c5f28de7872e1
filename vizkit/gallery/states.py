"""How far a gallery is, read from its files alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

from vizkit.errors import StoreError
from vizkit.gallery.heartbeat import running
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.records import Record
from vizkit.gallery.registry import find
from vizkit.gallery.store import Store
from vizkit.result import Result


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """What the store holds about one unit.

    Attributes
    ----------
    address : the unit.
    records : complete record by study, in the plan's order of studies.
    errors : why the last attempt failed, by study, for studies without a record.
    damaged : files of records that cannot be read.
    planned : number of studies that the plan asks for.
    """

    address: str
    records: Mapping[str, Record]
    errors: Mapping[str, str]
    damaged: tuple[Path, ...]
    planned: int

    @property
    def state(self) -> str:
        """``"done"``, ``"failed"`` or ``"pending"``."""
        if len(self.records) == self.planned:
            return "done"
        return "failed" if self.errors else "pending"

    @property
    def dead(self) -> bool:
        """True when a record says that the unit stayed silent."""
        return any(
            study.dead(record.data)
            for name, record in self.records.items()
            if (study := find(name)) is not None
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of units: ``planned = done + failed + pending``.

    Attributes
    ----------
    dead : of the done ones, those that stayed silent.
    running : of those not done, the ones that a run is working on.
    """

    planned: int = 0
    done: int = 0
    failed: int = 0
    pending: int = 0
    dead: int = 0
    running: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Failure:
    """A unit whose last attempt failed.

    Attributes
    ----------
    address : the unit.
    study : the study that failed.
    error : why.
    """

    address: str
    study: str
    error: str


@dataclass(frozen=True, slots=True, repr=False)
class Status(Result):
    """State of a gallery.

    Attributes
    ----------
    networks : counts by source, ``"vgg16@hed"``.
    failures : in the order of the plans.
    damaged : files of records, from the gallery on, that cannot be read; their units are pending.
    """

    networks: Mapping[str, Counts]
    failures: tuple[Failure, ...]
    damaged: tuple[str, ...] = ()

    @property
    def total(self) -> Counts:
        """Counts over all networks."""
        return sum(self.networks.values(), Counts())

    def __repr__(self) -> str:
        total, count = self.total, len(self.networks)
        networks = "network" if count == 1 else "networks"
        return f"<Status of {count} {networks}: {total.done} of {total.planned} units done>"

    def __str__(self) -> str:
        """Counts of each network in a line, then what failed and what is damaged."""
        lines = [
            f"{source}: {counts.done} of {counts.planned} done, {counts.pending} pending, "
            f"{counts.failed} failed, {counts.dead} dead, {counts.running} running"
            for source, counts in self.networks.items()
        ]
        lines += [f"failed: {f.address} ({f.study}): {f.error}" for f in self.failures]
        if self.damaged:
            files = "file" if len(self.damaged) == 1 else "files"
            lines.append(f"{len(self.damaged)} damaged {files}; a run writes them anew:")
            lines += [f"  {path}" for path in self.damaged]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain data: total counts, failures, damaged files, and the counts of each network."""
        return {
            **asdict(self.total),
            "failures": [asdict(failure) for failure in self.failures],
            "damaged": list(self.damaged),
            "networks": {source: asdict(counts) for source, counts in self.networks.items()},
        }


def unit_states(store: Store, plan: Plan, layer: PlannedLayer) -> list[UnitStatus]:
    """State of every unit of a layer of `plan` in `store`."""
    by_study = {name: store.records(plan, layer.name, name) for name in layer.studies}
    states = []
    for channel in layer.channels:
        records: dict[str, Record] = {}
        errors: dict[str, str] = {}
        damaged: list[Path] = []
        for study, stored in by_study.items():
            record = stored.read(channel)
            if record is not None:
                records[study] = record
                continue
            if (error := stored.read_failure(channel)) is not None:
                errors[study] = error
            if (path := stored.damaged(channel)) is not None:
                damaged.append(path)
        address = plan.address(layer, channel)
        states.append(UnitStatus(address, records, errors, tuple(damaged), len(by_study)))
    return states


def count(units: Iterable[UnitStatus], in_work: frozenset[str] = frozenset()) -> Counts:
    """Numbers of `units` in each state; those with an address in `in_work` are running."""
    units = tuple(units)
    states = Counter(unit.state for unit in units)
    return Counts(
        planned=len(units),
        done=states["done"],
        failed=states["failed"],
        pending=states["pending"],
        dead=sum(unit.state == "done" and unit.dead for unit in units),
        running=sum(unit.state != "done" and unit.address in in_work for unit in units),
    )


def status(root: Path | str) -> Status:
    """State of the gallery in folder `root`.

    Raises
    ------
    StoreError : the folder holds no gallery, or a plan in it cannot be read.
    """
    store = Store(root)
    in_work = running(store.root)
    networks: dict[str, Counts] = {}
    failures: list[Failure] = []
    damaged: list[str] = []
    for source in require_sources(store):
        plan = store.read_plan(source)
        networks[source] = Counts()
        for layer in plan.layers:
            units = unit_states(store, plan, layer)
            networks[source] += count(units, in_work)
            failures += [
                Failure(unit.address, study, error)
                for unit in units
                for study, error in unit.errors.items()
            ]
            damaged += [
                path.relative_to(store.root).as_posix() for unit in units for path in unit.damaged
            ]
    return Status(networks, tuple(failures), tuple(damaged))


def require_sources(store: Store) -> tuple[str, ...]:
    """Networks of the gallery.

    Raises
    ------
    StoreError : there is none.
    """
    sources = store.sources()
    if not sources:
        raise StoreError(
            f"{str(store.root)!r} holds no gallery.\n"
            f"  Make one: vizkit gallery run googlenet --out {store.root}"
        )
    return sources
