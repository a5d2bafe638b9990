"""The tracking plan of a project at work: what it says, what was seen, what could be planned."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from ethogram.ask.plans.learn import Sealed
from ethogram.ask.plans.report import PlanReport
from ethogram.events.errors import NotFound
from ethogram.events.plan import Plan, PlannedEvent, PlannedProperty, PropertyType
from ethogram.protect import sealed_rows
from ethogram.protect.detectors import personal
from ethogram.protect.vault import Vault
from ethogram.run.planned import file_of, plan_of, set_plan
from ethogram.store.lake.shred import Shredder
from ethogram.store.lake.tables import Lake
from ethogram.store.log.port import LogReader

NEWEST = 200_000
"""Among so many of the newest entries sealed properties are looked for,"""
OPENED = 200
"""in so many events of each name."""
_TYPES: dict[type, PropertyType] = {bool: "flag", int: "number", float: "number", str: "text"}


class Planning:
    """See the module. ``report`` and ``learn`` are of the process that has the index."""

    def __init__(
        self,
        folder: Path,
        report: Callable[[], PlanReport],
        learn: Callable[[], Plan],
        sealed: Callable[[], Sealed],
    ) -> None:
        self._folder, self._report, self._learn, self._sealed = folder, report, learn, sealed

    def show(self) -> Plan:
        """The plan that holds, empty where there is none. Raises `Invalid` where it is no plan."""
        return plan_of(self._folder)

    def text(self) -> str:
        """The plan as its author wrote it. Raises `NotFound` where there is none."""
        try:
            return file_of(self._folder).read_text()
        except FileNotFoundError:
            raise NotFound("no_plan", "The project has no tracking plan.",
                           at=str(file_of(self._folder)),
                           hint="`ethogram plan learn` drafts one.") from None  # fmt: skip

    def set(self, source: str | bytes) -> Plan:
        """Make ``source``, TOML, the plan; it holds from the next event on. Raises `Invalid`."""
        return set_plan(self._folder, source.encode() if isinstance(source, str) else source)

    def report(self) -> PlanReport:
        """The plan beside what was seen, and what drifts."""
        return self._report()

    def learn(self) -> Plan:
        """A plan that fits what was seen; what was sealed is personal in it."""
        learnt = self._learn()
        events = dict(learnt.events)
        for (event, name), type_ in self._sealed().items():
            known = events.get(event, PlannedEvent()).properties
            hidden = PlannedProperty(type_, personal=True)
            events[event] = PlannedEvent(properties=dict(sorted((known | {name: hidden}).items())))
        return Plan(events=events)


def sealed(log: LogReader, lake: Lake, vault: Vault) -> Sealed:
    """The properties of which values are sealed, by event, and the type of the first value.

    One whose name itself is somebody's address or number is left out: a plan stands in the open.
    """
    found: dict[tuple[str, str], PropertyType] = {}
    opened = Counter[str]()
    for table in _newest(log, lake):
        some = table.take(pa.array(_some(table, opened), pa.int64()))
        events = some["event"].to_pylist()
        for event, values in zip(events, sealed_rows.opened(some, vault), strict=True):
            for name, value in (values or {}).get("properties", {}).items():
                if value is not None and not personal("", name):
                    found.setdefault((event, name), _TYPES.get(type(value), "json"))
    return found


def _some(table: pa.Table, opened: Counter[str]) -> list[int]:
    """The rows with something sealed, `OPENED` of each event; counted in ``opened``."""
    found = list[int]()
    there = table["sealed"].is_valid().to_pylist()
    for row, (event, is_there) in enumerate(zip(table["event"].to_pylist(), there, strict=True)):
        if is_there and opened[event] < OPENED:
            opened[event] += 1
            found.append(row)
    return found


def _newest(log: LogReader, lake: Lake) -> Iterator[pa.Table]:
    columns = list(sealed_rows.COLUMNS)
    loaded = lake.position
    tail = Shredder(()).table(log.read(max(loaded, log.start), NEWEST))
    yield tail.select(columns)
    yield from lake.events.scan(max(loaded - NEWEST, 0), columns=columns)
