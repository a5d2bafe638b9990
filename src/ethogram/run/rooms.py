"""The rooms of a project that hold data about people, and how each forgets.

Each looks for what it has of an erasure, sees to it that nobody reads that here, and can let go of
the last byte. Who reads a project has them; the vault's and the log's writer does their part.
"""

import fcntl
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from ethogram.events.erasure import Erasure, Forgets, Said, Struck
from ethogram.protect import sealed_rows
from ethogram.protect.erasures import struck
from ethogram.protect.vault import Vault
from ethogram.run.reading import Reading
from ethogram.store.lake.erasing import (
    days,
    erase_rows,
    erase_values,
    forget_history,
    positions,
    rows,
)
from ethogram.store.lake.struck import sealed_sql, sql_of
from ethogram.store.lake.tables import Table


class EraseEntries(Protocol):
    """What lets go of entries of the log."""

    def __call__(
        self, positions: Sequence[int], property: str | None, /, *, open_only: bool = False
    ) -> object:
        """See `Door.erase_entries`."""
        ...


def _nothing(_: Sequence[Said]) -> None:
    """No byte of it stands in a file, or what does names nobody."""


@dataclass(frozen=True)
class Room:
    """See `Forgets`."""

    name: str
    places: tuple[str, ...]
    forget: Callable[[Erasure], int]
    purge: Callable[[Sequence[Said]], None] = field(default=_nothing)


def rooms(
    reading: Reading, vault: Callable[[], Vault], erase_entries: EraseEntries
) -> tuple[Forgets, ...]:
    """All of them, in the order in which they let go: the log asks the lake what it had.

    ``vault`` opens the vault.
    """
    return (
        Room("vault", ("vault.sqlite*",), lambda erasure: len(erasure.nodes) * erasure.whole),
        _log(reading, vault, erase_entries),
        _events(reading, vault),
        _letters(reading),
        _links(reading),
        Room("statements", ("lake/statements/*",), lambda erasure: len(erasure.nodes)),
        _consents(reading),
        _index(reading),
        _units(reading),
        Room("traits", ("traits/*",), lambda _: reading.traits.forget()),
        Room("answers", (), lambda _: reading.forget_answers()),
        Room("findings", ("findings.json",), lambda erasure: _clear_findings(reading, erasure)),
        Room("exports", ("exports/*",), lambda _: _clear_exports(reading.folder / "exports")),
    )


def _log(reading: Reading, vault: Callable[[], Vault], erase_entries: EraseEntries) -> Room:
    """Of what it holds and the lake does not, nobody can tell before it is loaded."""

    def purge(said: Sequence[Said]) -> None:
        found = list[int]()
        for condition in _row_conditions(said):
            found += positions(reading.lake.events, condition)
        for condition in _person_conditions(said):
            found += positions(reading.lake.consents, condition)
        if letter := _letter_condition(said):
            found += positions(reading.lake.dead_letters, letter)
        erase_entries(sorted(set(found)), None)
        for each in _values(said):
            found = sorted(valued(reading.lake.events, each, vault))
            erase_entries(found, each.property, open_only=each.open_only)

    return Room("log", ("log.sqlite*",), lambda _: 0, purge)


def _events(reading: Reading, vault: Callable[[], Vault]) -> Room:
    table = reading.lake.events

    def forget(erasure: Erasure) -> int:
        said = [(reading.log.end + 1, erasure)]
        conditions = _row_conditions(said, hidden=False)
        count = sum(len(positions(table, condition)) for condition in conditions)
        return count + sum(len(valued(table, each, vault)) for each in _values(said))

    def purge(said: Sequence[Said]) -> None:
        conditions, values = _row_conditions(said), _values(said)
        if not conditions and not values:
            return
        with reading.unloaded():
            for condition in conditions:
                erase_rows(table, condition)
            for each in values:
                _erase_values(table, each, vault)
            forget_history(table)

    return Room("events", ("lake/events/*",), forget, purge)


def valued(table: Table, struck: Struck, vault: Callable[[], Vault]) -> set[int]:
    """The positions of the events that have a struck property, sealed or not."""
    found = {*positions(table, sql_of(struck, table.columns()))}
    return found.union(*(part["position"].to_pylist() for part in _sealed(table, struck, vault)))


def _sealed(table: Table, struck: Struck, vault: Callable[[], Vault]) -> Iterator[pa.Table]:
    """The positions and days of the events that have a struck property among what is sealed."""
    if struck.open_only:
        return
    with closing(vault()) as opened:
        for part in rows(table, sealed_sql(struck), (*sealed_rows.COLUMNS, "day")):
            had = sealed_rows.unsealed(part, struck, opened)[1]
            yield part.select(["position", "day"]).filter(pa.array(had))


def _erase_values(table: Table, struck: Struck, vault: Callable[[], Vault]) -> None:
    on = days(table, sql_of(struck, table.columns()))
    on = on.union(*(part["day"].to_pylist() for part in _sealed(table, struck, vault)))
    with closing(vault()) as opened:
        erase_values(table, struck, on,
                     lambda part: sealed_rows.unsealed(part, struck, opened)[0])  # fmt: skip


def _letters(reading: Reading) -> Room:
    table = reading.lake.dead_letters

    def purge(said: Sequence[Said]) -> None:
        if condition := _letter_condition(said):
            with reading.unloaded():
                erase_rows(table, condition)
                forget_history(table)

    return Room("dead_letters", ("lake/dead_letters/*",), lambda e: len(e.letters), purge)


def _links(reading: Reading) -> Room:
    """Links are between internal ids, which name nobody any more: others' persons need them."""

    def forget(erasure: Erasure) -> int:
        links = {each.link for node in erasure.nodes for each in reading.people.links(node)}
        return len(links) if erasure.whole else 0

    return Room("identity_links", ("lake/identity_links/*",), forget)


def _consents(reading: Reading) -> Room:
    """Whose events stay keeps the records too, which name nobody; the door forgets both."""
    table = reading.lake.consents

    def forget(erasure: Erasure) -> int:
        conditions = _person_conditions([(0, erasure)], hidden=False)
        return sum(len(positions(table, condition)) for condition in conditions)

    def purge(said: Sequence[Said]) -> None:
        if conditions := _person_conditions(said):
            with reading.unloaded():
                for condition in conditions:
                    erase_rows(table, condition)
                forget_history(table)

    return Room("consents", ("consent.sqlite*", "lake/consents/*"), forget, purge)


def _index(reading: Reading) -> Room:
    def forget(erasure: Erasure) -> int:
        return len(erasure.nodes) if erasure.hides and reading.persons.snapshot.parts else 0

    def purge(said: Sequence[Said]) -> None:
        if any(erasure.hides for _, erasure in said):
            reading.index.fold(everything=True)

    return Room("index", ("index/*",), forget, purge)


def _units(reading: Reading) -> Room:
    """Indexes of devices and groups are built anew, those that nobody opened yet too."""

    def forget(erasure: Erasure) -> int:
        return len(reading.units.known) if erasure.hides else 0

    def purge(said: Sequence[Said]) -> None:
        reading.units.open()
        for each in reading.units.known:
            while not each.hides:
                each.catch_up()
            if any(erasure.hides for _, erasure in said):
                each.index.fold(everything=True)

    return Room("indexes of other units", ("index-*/*",), forget, purge)


def _clear_findings(reading: Reading, erasure: Erasure) -> int:
    """Drop what was found, which has masked examples; a scan finds again what is there."""
    found = reading.folder / "findings.json"
    if erasure.open_only or not found.exists():
        return 0
    found.unlink()
    return 1


def _clear_exports(folder: Path) -> int:
    """Drop rows that an export which was cut off left here; the next one sends them again."""
    if not folder.is_dir():
        return 0
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        left = [*folder.glob("once-*")]
        for each in folder.glob("eg_*"):
            if any(path.is_file() for part in _PENDING for path in each.glob(part)):
                left.append(each)
        for each in left:
            shutil.rmtree(each)
    return len(left)


_PENDING = ("normalize/**/*", "load/new/**/*", "load/normalized/**/*")
"""Where dlt keeps rows that have not arrived. How far it came stands at the destination too."""
MOST_IDS = 1_000
"""So many ids at most stand in one condition."""


def _row_conditions(said: Sequence[Said], *, hidden: bool = True) -> list[str]:
    """What is true of the events that go; with all that persons did where not ``hidden``."""
    struck_ = [each for at, erasure in said for each in struck(erasure, at)]
    some = [sql_of(each, ()) for each in struck_ if each.property is None]
    return _person_conditions(said, hidden=hidden) + some


def _person_conditions(said: Sequence[Said], *, hidden: bool = True) -> list[str]:
    """What is true of all rows of the persons that go, see `_row_conditions`."""
    whole = (each for _, each in said if each.whole and (each.events or not hidden))
    nodes = sorted({node for each in whole for node in each.nodes})
    parts = [nodes[i : i + MOST_IDS] for i in range(0, len(nodes), MOST_IDS)]
    return [f"person IN ({', '.join(map(str, part))})" for part in parts]


def _values(said: Sequence[Said]) -> list[Struck]:
    """The properties that go."""
    every = (each for at, erasure in said for each in struck(erasure, at))
    return [each for each in every if each.property is not None]


def _letter_condition(said: Sequence[Said]) -> str:
    """What is true of the letters that go, and of what says that they came in again."""
    found = sorted({letter for at, each in said for letter in each.letters if letter < at})
    listed = ", ".join(map(str, found))
    return f"position IN ({listed}) OR replays IN ({listed})" if found else ""
