"""How far a gallery is, read from its files alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vizkit.errors import StoreError
from vizkit.gallery.heartbeat import running
from vizkit.gallery.plan import Plan, PlannedLayer
from vizkit.gallery.store import Record, Store


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """What the store holds about one unit.

    Attributes
    ----------
    address : the unit.
    records : complete record by study, in the plan's order of studies.
    errors : why the last attempt failed, by study, for studies without a record.
    planned : number of studies that the plan asks for.
    """

    address: str
    records: Mapping[str, Record]
    errors: Mapping[str, str]
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
        return any(record.data.get("dead") is True for record in self.records.values())


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
        mine, theirs = asdict(self), asdict(other)
        return Counts(**{name: mine[name] + theirs[name] for name in mine})


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


@dataclass(frozen=True, slots=True)
class Status:
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

    def as_json(self) -> dict[str, Any]:
        """Plain data: total counts, failures, damaged files, and the counts of each network."""
        return {
            **asdict(self.total),
            "failures": [asdict(failure) for failure in self.failures],
            "damaged": list(self.damaged),
            "networks": {source: asdict(counts) for source, counts in self.networks.items()},
        }


def unit_status(store: Store, plan: Plan, layer: PlannedLayer, channel: int) -> UnitStatus:
    """State of a unit of `plan` in `store`."""
    records: dict[str, Record] = {}
    errors: dict[str, str] = {}
    for study in layer.studies:
        record = store.read_record(plan, layer.name, study, channel)
        if record is not None:
            records[study] = record
            continue
        error = store.read_failure(plan, layer.name, study, channel)
        if error is not None:
            errors[study] = error
    return UnitStatus(plan.address(layer, channel), records, errors, len(layer.studies))


def count(units: Iterable[UnitStatus], in_work: frozenset[str] = frozenset()) -> Counts:
    """Numbers of `units` in each state; those with an address in `in_work` are running."""
    total = Counts()
    for unit in units:
        state = unit.state
        total += Counts(
            planned=1,
            done=state == "done",
            failed=state == "failed",
            pending=state == "pending",
            dead=state == "done" and unit.dead,
            running=state != "done" and unit.address in in_work,
        )
    return total


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
        units = [unit_status(store, plan, layer, channel) for layer, channel in plan.units()]
        networks[source] = count(units, in_work)
        failures += [
            Failure(unit.address, study, error)
            for unit in units
            for study, error in unit.errors.items()
        ]
        for (layer, channel), unit in zip(plan.units(), units, strict=True):
            for study in layer.studies:
                if study not in unit.records:
                    path = store.damaged_record(plan, layer.name, study, channel)
                    damaged += [] if path is None else [path.relative_to(store.root).as_posix()]
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
