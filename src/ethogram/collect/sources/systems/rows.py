"""Rows of a table become claims, each with an identity that the next run knows again."""

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

import msgspec

from ethogram.collect.sources.systems.definition import Events, Profiles, Table
from ethogram.collect.sources.systems.plain import name_of, plain
from ethogram.events.errors import Invalid, nearest
from ethogram.events.event import Event, Group, Json, ProfileChange, Source

Row: TypeAlias = Mapping[str, Any]
PROTOCOL = "dlt"


class Identity(NamedTuple):
    """What a row is known by: its ``key``, and for a profile without a cursor what it says."""

    key: bytes
    content: bytes = b""


class Reader:
    """The rows of the table called ``table`` of the source called ``source``.

    ``key`` are the columns that tell rows apart, ``secret`` is what their hashes are keyed with.
    ``onward``: by its cursor a run reads what is new only. ``lasting``: a row that was read once
    may be read again in any later run, so its identity must be kept for good.
    """

    def __init__(
        self,
        source: str,
        name: str,
        table: Table,
        key: tuple[str, ...],
        secret: bytes,
        *,
        onward: bool = False,
    ) -> None:
        self._name, self._secret = f"{source}/{name}", secret
        self._table, self._key = table, table.key or key
        by_id = table.events is not None and table.events.id is not None
        self.lasting = by_id or table.cursor is None or not onward
        if not (by_id or self._key):
            raise no_key(name)

    def check(self, rows: Iterable[Row]) -> None:
        """Raise `Invalid` where a column that was named is in none of the first ``rows``."""
        there = {column for row in rows for column in row}
        for field, column in self._named():
            if column not in there and column.split(".")[0] not in there:
                raise Invalid("unknown_column", f"No row of {self._name} has {column!r}.",
                              at=f"$.tables.{self._name.partition('/')[2]}.{field}",
                              hint=nearest(column, there))  # fmt: skip

    def identity(self, row: Row) -> Identity:
        """What ``row`` is known by."""
        table = self._table
        if table.events is not None and table.events.id is not None:
            own = name_of(at(row, table.events.id))
            return Identity(self._digest(plain(dict(row)) if own is None else own))
        said = [plain(at(row, column)) for column in self._key]
        if table.cursor is not None:
            return Identity(self._digest([*said, plain(at(row, table.cursor))]))
        return Identity(
            self._digest(said), self._digest(plain(dict(row))) if table.profiles else b""
        )

    def claim(self, row: Row, identity: Identity, times: int) -> Event:
        """The event that ``row`` is; a profile that changed before did so ``times``."""
        made: Callable[[Row], Event] = self._profile if self._table.profiles else self._event
        event = made(row)
        own = identity.key.hex() + (f"-{times}" if times else "")
        event.dedup_key = f"{PROTOCOL}/{own}"
        event.event_id = event.event_id or own
        event.source = Source(PROTOCOL, endpoint=self._name)
        event.time_is_true = True
        return event

    def _event(self, row: Row) -> Event:
        said = self._table.events
        assert said is not None
        return Event(
            said.name or _word(row, said.event) or "",
            user_id=_word(row, said.user),
            anonymous_id=_word(row, said.anonymous),
            timestamp=_time(row, said.time) or "",
            event_id=_word(row, said.id),
            properties=_rest(row, _columns(said)),
        )

    def _profile(self, row: Row) -> Event:
        said = self._table.profiles
        assert said is not None
        once = {name: plain(row[name]) for name in said.once if name in row}
        values = _rest(row, _columns(said) | set(said.once))
        target = "group" if said.group else "person"
        changes = [ProfileChange(op, each, target)
                   for op, each in (("set", values), ("set_once", once)) if each]  # fmt: skip
        time = _time(row, said.time)
        if said.group is None:
            return Event("identify", _word(row, said.user), kind="identify", timestamp=time,
                         profile_ops=changes)  # fmt: skip
        own = _word(row, said.id)
        return Event("group", anonymous_id=own and f"group:{said.group}:{own}", personless=True,
                     kind="group", timestamp=time, profile_ops=changes,
                     groups=[Group(said.group, own or "")])  # fmt: skip

    def _named(self) -> Iterable[tuple[str, str]]:
        table = self._table
        for word, said in (("events", table.events), ("profiles", table.profiles)):
            for field in _FIELDS if said is not None else ():
                if (column := getattr(said, field, None)) is not None:
                    yield f"{word}.{field}", column
        yield from (("key", column) for column in self._key)

    def _digest(self, said: Json) -> bytes:
        text = msgspec.json.encode([self._name, said], order="sorted")
        return blake2b(text, digest_size=16, key=self._secret).digest()


_FIELDS = ("event", "user", "anonymous", "time", "id")


def no_key(table: str) -> Invalid:
    """The error for a table whose rows look alike from run to run."""
    return Invalid("no_key", "Nothing tells the rows of this table apart.",
                   at=f"$.tables.{table}.key",
                   hint="Name the columns of its primary key.")  # fmt: skip


def at(row: Row, column: str) -> Any:
    """The value in ``column``; ``a.b`` is also the ``b`` of the object in ``a``.

    >>> at({"customer": {"id": 7}}, "customer.id")
    7
    """
    if column in row:
        return row[column]
    found: Any = row
    for part in column.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _columns(said: Events | Profiles) -> set[str]:
    return {column for field in _FIELDS if (column := getattr(said, field, None)) is not None}


def _word(row: Row, column: str | None) -> str | None:
    return None if column is None else name_of(at(row, column))


def _time(row: Row, column: str | None) -> str | int | float | None:
    """A Unix time stays a number; what is no time at all stays to be refused with its reason."""
    found = None if column is None else plain(at(row, column))
    return found if found is None or isinstance(found, str | int | float) else str(found)


def _rest(row: Row, taken: set[str]) -> dict[str, Json]:
    """The other columns, and what an object says beside its ``b`` where ``a.b`` is taken.

    Those without a value are left out.
    """
    rest = {name: plain(value) for name, value in row.items()
            if name not in taken and value is not None}  # fmt: skip
    for column in taken:
        outer, _, inner = column.partition(".")
        if inner and isinstance(found := rest.get(outer), dict):
            if left := _rest(found, {inner}):
                rest[outer] = left
            else:
                del rest[outer]
    return rest
