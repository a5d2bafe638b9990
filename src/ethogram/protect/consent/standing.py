"""What persons allow now, as the door needs it: by internal id, in a file beside the log.

It could be made again from the log, and says how far it has heard it. Ids that were seen together
count as one person's from then on: a visitor's first user, and what somebody in charge joined;
but for those whom somebody parted, by the rule of the ledger of persons (`entries.barred`). That
ledger of persons, which knows more, is another process's; questions and exports go by that.

`look`, `of`, `hear`, `tie`, `settle` and `release` belong to one thread, `keep` to the one that
commits. What is not kept yet is remembered beside the file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, cast

import apsw

from ethogram.events.event import Instant
from ethogram.events.times import DAY, SECOND
from ethogram.protect.consent.words import SIGNAL, Word, both, word
from ethogram.store.log.entries import (
    Consented,
    Control,
    Erased,
    Joined,
    Parted,
    barred,
    unpack_controls,
)
from ethogram.store.log.port import LogReader

Withheld: TypeAlias = Mapping[tuple[str, str], int]
"""How many ``event``s and ``property`` values were left out, by that word and by purpose."""
MOST_HELD = 200_000
"""Persons in memory at once."""
MOST_TIED = 1_000
"""So many ids at most count as one person's; an id that is seen with more names no one person."""
_TOGETHER = 512
_READ = 10_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS said(node INTEGER, purpose TEXT, signal INTEGER NOT NULL,
    said INTEGER NOT NULL, said_came INTEGER NOT NULL, came INTEGER NOT NULL,
    came_said INTEGER NOT NULL, taken_said INTEGER NOT NULL, taken_came INTEGER NOT NULL,
    PRIMARY KEY(node, purpose)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ties(a INTEGER, b INTEGER, seen INTEGER NOT NULL,
    PRIMARY KEY(a, b, seen)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ties_back ON ties(b);
CREATE TABLE IF NOT EXISTS parted(a INTEGER, b INTEGER, PRIMARY KEY(a, b)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS withheld(day TEXT, purpose TEXT, what TEXT, count INTEGER NOT NULL,
    PRIMARY KEY(day, purpose, what)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS upto(id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL)
    STRICT;
INSERT OR IGNORE INTO upto VALUES(1, 0);
DROP TABLE IF EXISTS words;
DROP TABLE IF EXISTS heard;
"""
"""The tables that are dropped had less of each record: all is heard again."""
_WORD = "signal, said, said_came, came, came_said, taken_said, taken_came"

_PART = "DELETE FROM ties WHERE seen = :seen AND (a, b) IN (VALUES (:a, :b), (:b, :a))"
_PARTED = "SELECT 1 FROM parted WHERE a = min(:a, :b) AND b = max(:a, :b)"
_TIE = f"INSERT OR IGNORE INTO ties SELECT :a, :b, :seen WHERE NOT EXISTS ({_PARTED})"


class Tie(NamedTuple):
    """Two ids count as one person's; ``seen``: ``a`` is a visitor whose first user is ``b``."""

    a: int
    b: int
    seen: bool


@dataclass(slots=True)
class Allowed:
    """What one person allowed; ``nodes`` are the ids that count as theirs.

    ``signalled`` are the purposes that a browser's signal once withdrew, ``users`` the visitors
    whose first user is known.
    """

    nodes: frozenset[int] = frozenset()
    words: dict[str, Word] = field(default_factory=dict[str, Word])
    signalled: set[str] = field(default_factory=set[str])
    users: dict[int, int] = field(default_factory=dict[int, int])

    def gives(self, purpose: str) -> bool:
        """Whether ``purpose`` was given, and not withdrawn since."""
        found = self.words.get(purpose)
        return found is not None and found.given

    def hear(self, said: Consented) -> None:
        """One record more."""
        self.words[said.purpose] = both(self.words.get(said.purpose), _word(said))
        if said.source == SIGNAL:
            self.signalled.add(said.purpose)


_Said: TypeAlias = tuple[str, bool, Word]
"""A purpose, whether a browser's signal was among it, and what was said of it."""
NOTHING = Allowed()
"""Nobody has said anything; never changed."""


class Standing:
    """See the module; ``path`` is the file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._reading, self._writing = _opened(path), _opened(path)
        self._held: dict[int, Allowed] = {}
        self._said: dict[int, list[Consented]] = {}
        self._tied: dict[int, list[Tie]] = {}

    @property
    def position(self) -> int:
        """Up to where the log was heard."""
        return next(self._writing.execute("SELECT position FROM upto"))[0]

    def catch_up(self, log: LogReader) -> None:
        """Hear what the log says past `position`, at the start."""
        while records := log.read(max(self.position, log.start), _READ):
            controls = [
                entry
                for record in records
                if record.kind == "control"
                for entry in unpack_controls(record.payload)
                if entry is not None
            ]
            self.keep(controls, (), {}, 0, records[-1].last)

    def look(self, nodes: Iterable[int]) -> None:
        """Have what these ids allow at hand; much faster than one after the other."""
        missing = {node for node in nodes if node not in self._held}
        if not missing:
            return
        if len(self._held) > MOST_HELD:
            self._held.clear()
        ties, known = self._around(missing)
        words = self._words(known)
        for nodes_ in _together(known, ties):
            self._hold(nodes_, ties, words)

    def of(self, node: int | None) -> Allowed:
        """What the person with this id allows."""
        if node is None:
            return NOTHING
        if node not in self._held:
            self.look([node])
        return self._held[node]

    def hear(self, said: Consented) -> None:
        """A record that is on its way to the log counts at once."""
        self._said.setdefault(said.person, []).append(said)
        known = self.of(said.person)
        if known is NOTHING:
            known = Allowed(frozenset([said.person]))
            self._held[said.person] = known
        known.hear(said)

    def tie(self, tie: Tie) -> bool:
        """Have two ids count as one person's; whether they did not before.

        A visitor has one user, the first; nobody has more than `MOST_TIED` ids; and who was parted
        stays so, unless somebody in charge joins them.
        """
        one, other = self.of(tie.a), self.of(tie.b)
        if tie.b in one.nodes or (tie.seen and tie.a in one.users):
            return False
        if max(len(one.nodes), 1) + max(len(other.nodes), 1) > MOST_TIED:
            return False
        if [*self._reading.execute(_PARTED, {"a": tie.a, "b": tie.b})]:
            return False
        for end in tie[:2]:
            self._tied.setdefault(end, []).append(tie)
        self._forget({tie.a, tie.b} | one.nodes | other.nodes)
        return True

    def settle(self, controls: Iterable[Control], ties: Iterable[Tie]) -> None:
        """These are kept."""
        for said in controls:
            if isinstance(said, Consented):
                self._drop(self._said, said.person, said)
            elif isinstance(said, Joined | Parted | Erased):
                self._held.clear()
            if isinstance(said, Parted):
                self._part(said)
        for tie in ties:
            self._untie(tie)

    def release(self, controls: Iterable[Control], ties: Iterable[Tie]) -> None:
        """These were not kept, and do not count."""
        self.settle(controls, ties)
        self._held.clear()

    def keep(
        self,
        controls: Iterable[Control],
        ties: Iterable[Tie],
        withheld: Withheld,
        at: Instant,
        position: int,
    ) -> None:
        """Write down what the log says up to ``position``, and what was left out ``at`` a time.

        Raises `apsw.Error` where the disk refuses.
        """
        with self._writing as file:
            for said in controls:
                _write(file, said)
            file.executemany(_TIE, [tie._asdict() for tie in ties])
            day = _day(at)
            file.executemany(
                "INSERT INTO withheld VALUES(?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                [(day, purpose, what, count) for (what, purpose), count in withheld.items()],
            )
            file.execute("UPDATE upto SET position = max(position, ?)", (position,))

    def sync(self, position: int) -> None:
        """All up to ``position`` is heard; it is on the disk when this returns."""
        self._writing.execute("UPDATE upto SET position = max(position, ?)", (position,))
        self._writing.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def close(self) -> None:
        """Let go of the file."""
        self._reading.close()
        self._writing.close()

    def _hold(
        self, nodes: frozenset[int], ties: set[Tie], words: Mapping[int, Sequence[_Said]]
    ) -> None:
        if len(nodes) == 1 and not any(words.get(node) for node in nodes):
            self._held.update(dict.fromkeys(nodes, NOTHING))
            return
        made = Allowed(nodes, users={tie.a: tie.b for tie in ties if tie.seen and tie.a in nodes})
        for node in nodes:
            self._held[node] = made
            for purpose, signal, said in words.get(node, ()):
                made.words[purpose] = both(made.words.get(purpose), said)
                if signal:
                    made.signalled.add(purpose)

    def _around(self, nodes: set[int]) -> tuple[set[Tie], set[int]]:
        """All ties that reach from ``nodes``, and all ids that they reach."""
        ties, known, newest = set[Tie](), set(nodes), set(nodes)
        while newest:
            found = {tie for node in newest for tie in self._tied.get(node, ())}
            for end in ("a", "b"):
                sql = f"SELECT a, b, seen FROM ties WHERE {end} IN"  # noqa: S608 - ours
                found |= {Tie(a, b, bool(seen)) for a, b, seen in self._rows(sql, newest)}
            ties |= found
            newest = {end for tie in found for end in tie[:2]} - known
            known |= newest
        return ties, known

    def _words(self, nodes: set[int]) -> dict[int, list[_Said]]:
        found: dict[int, list[_Said]] = {}
        sql = f"SELECT node, purpose, {_WORD} FROM said WHERE node IN"  # noqa: S608 - ours
        for node, purpose, signal, *times in self._rows(sql, nodes):
            found.setdefault(node, []).append((purpose, bool(signal), _read_word(times)))
        for node in nodes & self._said.keys():
            mine = found.setdefault(node, [])
            mine += [(s.purpose, s.source == SIGNAL, _word(s)) for s in self._said[node]]
        return found

    def _rows(self, sql: str, nodes: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        values = sorted(nodes)
        for start in range(0, len(values), _TOGETHER):
            part = values[start : start + _TOGETHER]
            filled = [*part, *[part[-1]] * ((1 << (len(part) - 1).bit_length()) - len(part))]
            yield from self._reading.execute(f"{sql} ({','.join('?' * len(filled))})", filled)

    def _forget(self, nodes: Iterable[int]) -> None:
        for node in nodes:
            self._held.pop(node, None)

    def _part(self, said: Parted) -> None:
        """What is on its way ties these two no more."""
        pair = barred(said.kind, said.a, said.b)
        for tie in [*self._tied.get(said.a, ())]:
            if pair == (min(tie[:2]), max(tie[:2])):
                self._untie(tie)

    def _untie(self, tie: Tie) -> None:
        """It is written down, or does not count any more."""
        for end in tie[:2]:
            self._drop(self._tied, end, tie)

    @staticmethod
    def _drop(pending: dict[int, list[Any]], node: int, said: object) -> None:
        left = pending.get(node, [])
        if said in left:
            left.remove(said)
        if not left:
            pending.pop(node, None)


def left_out(path: Path) -> list[tuple[str, str, str, int]]:
    """(day, purpose, ``event`` or ``property``, how many) of what the door left out."""
    if not path.exists():
        return []
    file = _opened(path)
    try:
        rows: Any = file.execute("SELECT day, purpose, what, count FROM withheld ORDER BY 1, 2, 3")
        return [*rows]
    finally:
        file.close()


def _write(file: apsw.Connection, said: Control) -> None:
    if isinstance(said, Consented):
        _write_word(file, said)
    elif isinstance(said, Joined):
        file.execute("INSERT OR IGNORE INTO ties VALUES(?, ?, 0)", (said.a, said.b))
    elif isinstance(said, Parted):
        pair = barred(said.kind, said.a, said.b)
        gone = {"a": said.a, "b": said.b, "seen": pair is not None}
        file.execute(_PART, gone)
        if pair is not None:
            file.execute("INSERT OR IGNORE INTO parted VALUES(?, ?)", pair)
    elif isinstance(said, Erased) and _whole(said):
        file.execute("DELETE FROM said WHERE node=?", (said.a,))
        file.execute("DELETE FROM ties WHERE ? IN (a, b)", (said.a,))
        file.execute("DELETE FROM parted WHERE ? IN (a, b)", (said.a,))


def _write_word(file: apsw.Connection, said: Consented) -> None:
    key, signal, found = (said.person, said.purpose), said.source == SIGNAL, _word(said)
    sql = f"SELECT {_WORD} FROM said WHERE node=? AND purpose=?"  # noqa: S608 - ours
    for before, *times in cast("Iterator[Any]", file.execute(sql, key)):
        signal, found = signal or bool(before), both(found, _read_word(times))
    times = (*found.said, *found.came, found.taken_said, found.taken_came)
    file.execute("INSERT OR REPLACE INTO said VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                 (*key, signal, *times))  # fmt: skip


def _read_word(times: Sequence[int]) -> Word:
    said, said_came, came, came_said, taken_said, taken_came = times
    return Word((said, said_came), (came, came_said), taken_said, taken_came)


def _word(said: Consented) -> Word:
    return word(said.given, said.at, said.came)


def _whole(said: Erased) -> bool:
    some = said.since, said.until, said.event, said.property
    return said.a is not None and all(each is None for each in some)


def _together(nodes: set[int], ties: Iterable[Tie]) -> Iterator[frozenset[int]]:
    """``nodes`` in groups: those that ``ties`` hold together."""
    beside: dict[int, list[int]] = {}
    for a, b, _ in ties:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    left = set(nodes)
    while left:
        found, waiting = set[int](), [left.pop()]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += beside.get(node, ())
        left -= found
        yield frozenset(found)


def _day(at: Instant) -> str:
    return datetime.fromtimestamp(at // DAY * DAY // SECOND, UTC).date().isoformat()


def _opened(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(10_000)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")  # the log is what is durable
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute(_SCHEMA)
    return connection
