"""The dead letters of a project: why events were refused, what they hold, and once more in.

A letter stays for good. One that came in again is marked so, by the commit that took it.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.collect.door import LETTER, Letter, letter_cipher
from ethogram.collect.letters import Replayed, batches, event_of, said_alone
from ethogram.events.errors import NotFound, nearest
from ethogram.events.event import Instant, Json
from ethogram.events.times import iso, parse
from ethogram.protect.keyring import Keyring, unwrap
from ethogram.show.api.ports import Letters
from ethogram.store.lake.loader import LOAD_ROWS, dead_letters, statements
from ethogram.store.lake.tables import DEAD_LETTERS, Lake, past
from ethogram.store.log.port import LogReader

READ_AT_ONCE = 50
"""So many letters are read together, whatever their size."""
_WHY = ["event", "code", "message", "at", "hint", "protocol"]
_WITHOUT_CONTENT = ["position", *_WHY, "received_at", "replays"]


class Opened(msgspec.Struct, frozen=True):
    """One dead letter with its ``content``, which may name a person.

    In the ``form`` ``event`` that is a native event, which can be mended and imported.
    """

    position: int
    event: str
    code: str
    message: str
    at: str
    hint: str
    protocol: str
    received_at: str
    form: str
    replayed: bool
    content: Json


class DeadLetters:
    """See the module. ``again`` is the way back in, of the process that writes the log."""

    def __init__(
        self,
        log: LogReader,
        lake: Lake,
        keyring: Keyring,
        again: Callable[[Sequence[Letter]], Replayed],
    ) -> None:
        self._log, self._lake, self._keyring, self._again = log, lake, keyring, again

    def list(self) -> list[Letters]:
        """The letters by reason, the most frequent first; nothing of what they hold."""
        return listed(self._log, self._lake)

    def show(self, position: int) -> Opened:
        """The letter at ``position``, opened. Raises `NotFound`."""
        return opened(self._log, self._lake, self._keyring, position)

    def replay(
        self,
        code: str | None = None,
        protocol: str | None = None,
        since: str | None = None,
        limit: int | None = None,
    ) -> Replayed:
        """Bring letters in again, oldest first: those of ``code`` and ``protocol``, received
        ``since`` an ISO time, at most ``limit``.

        Each comes in once, however often this runs or is killed, and not at all where its client
        sent it again meanwhile. What fails again stays, and is not doubled. Raises `Invalid`,
        and `NotFound` where no letter has that ``code`` or ``protocol``.
        """
        table = _letters(self._log, self._lake, _WITHOUT_CONTENT)
        for name, said in (("code", code), ("protocol", protocol)):
            there = set(table[name].to_pylist())
            if said is not None and said not in there:
                raise NotFound("no_letter", f"No dead letter has the {name} {said!r}.", at=name,
                               hint=nearest(said, there))  # fmt: skip
        found = table.filter(_wanted(code, protocol, since))["position"].to_pylist()
        positions = sorted(found)[:limit]
        done = Replayed()
        for batch in batches(self._letters_at(positions)):
            done.count(self._again(batch))
        return done

    def _letters_at(self, positions: Sequence[int]) -> Iterator[Letter]:
        for start in range(0, len(positions), READ_AT_ONCE):
            rows = _whole(self._log, self._lake, positions[start : start + READ_AT_ONCE])
            yield from map(_letter, rows)


def opened(log: LogReader, lake: Lake, keyring: Keyring, position: int) -> Opened:
    """The letter at ``position`` with what it holds. Raises `NotFound`."""
    found = _whole(log, lake, [position])
    if not found:
        raise NotFound("no_letter", f"There is no dead letter at {position}.", at="position",
                       hint="`ethogram dead-letters list` names some.")  # fmt: skip
    (letter,) = found
    held = unwrap(letter_cipher(keyring), letter["sealed"], LETTER)
    return Opened(
        **{name: letter[name] or "" for name in _WHY},
        position=position,
        replayed=position in _replayed(log, lake),
        received_at=iso(_instant(letter["received_at"])),
        form=letter["form"] or "bytes",
        content=content(letter["form"], held),
    )


def listed(log: LogReader, lake: Lake) -> list[Letters]:
    """The letters by reason, the most frequent first."""
    table = _letters(log, lake, _WITHOUT_CONTENT)
    sums = [("position", "count"), ("replayed", "sum"), ("received_at", "min"),
            ("received_at", "max"), ("position", "max")]  # fmt: skip
    rows = table.group_by(_WHY).aggregate(sums).to_pylist()
    return sorted(
        (
            Letters(
                **{name: row[name] or "" for name in _WHY},
                count=row["position_count"],
                replayed=row["replayed_sum"],
                first=iso(_instant(row["received_at_min"])),
                last=iso(_instant(row["received_at_max"])),
                newest=row["position_max"],
            )
            for row in rows
        ),
        key=lambda each: (-each.count, each.newest),
    )


def _whole(log: LogReader, lake: Lake, positions: Sequence[int]) -> list[dict[str, Any]]:
    """The letters at ``positions``, which are in order, with what they hold."""
    between = positions[0] - 1, positions[-1]
    wanted = pc.field("position").isin(positions) & pc.field("code").is_valid()
    parts = letter_rows(log, lake, DEAD_LETTERS.names, between)
    rows = [row for part in parts for row in part.filter(wanted).to_pylist()]
    return sorted(rows, key=lambda row: row["position"])


def _replayed(log: LogReader, lake: Lake) -> set[int]:
    """The positions of the letters that are in again."""
    parts = letter_rows(log, lake, ["position", "replays"])
    return {letter for part in parts for letter in part["replays"].drop_null().to_pylist()}


def _letters(log: LogReader, lake: Lake, columns: Sequence[str]) -> pa.Table:
    """Every letter, in no order, and whether it was ``replayed``."""
    table = pa.concat_tables(letter_rows(log, lake, columns))
    replays = table["replays"].drop_null()
    letters = table.filter(pc.is_null(table["replays"])).drop_columns(["replays"])
    return letters.append_column("replayed", pc.is_in(letters["position"], replays))


def letter_rows(
    log: LogReader, lake: Lake, columns: Sequence[str], between: tuple[int, int] = (0, 1 << 62)
) -> Iterator[pa.Table]:
    """The rows past one position up to another: those of the lake, then those only in the log.

    Each has all ``columns``, and at least an empty one comes.
    """
    schema = pa.schema([DEAD_LETTERS.field(name) for name in columns])
    after, upto = between
    loaded, kept = lake.position, lake.dead_letters.position
    erased = erased_letters(log, lake)
    yield schema.empty_table()
    for table in lake.dead_letters.scan(after, min(max(loaded, kept), upto), columns):
        yield _but(_as(table, schema), erased)
    after = max(loaded, log.start, after)
    while after < upto and (records := log.read(after, LOAD_ROWS)):
        yield _but(_as(past(dead_letters(records), kept), schema), erased)
        after = records[-1].last


def erased_letters(log: LogReader, lake: Lake) -> pa.Array:
    """The positions of the letters that were erased."""
    tables = [*lake.statements.scan(columns=["position", "letter"])]
    tables = [each for each in tables if "letter" in each.column_names]
    after = max(lake.position, log.start)
    while records := log.read(after, LOAD_ROWS):
        tables.append(statements(records).select(["position", "letter"]))
        after = records[-1].last
    said = pa.concat_tables([statements([]).select(["position", "letter"]), *tables])
    return said.filter(pc.field("letter") < pc.field("position"))["letter"].combine_chunks()


def _but(table: pa.Table, erased: pa.Array) -> pa.Table:
    """``table`` without the letters ``erased``, and without what says that they came in again."""
    gone = pc.is_in(table["position"], erased)
    if "replays" in table.column_names:
        gone = pc.or_(gone, pc.is_in(table["replays"], erased))
    return table.filter(pc.invert(gone))


def _as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """``table`` with the columns of ``schema``; those that older commits do not know are null."""
    there = set(table.column_names)
    return pa.table(
        [
            table[field.name].cast(field.type)
            if field.name in there
            else pa.nulls(table.num_rows, field.type)
            for field in schema
        ],
        schema,
    )


def _wanted(code: str | None, protocol: str | None, since: str | None) -> Any:
    wanted = ~pc.field("replayed")
    if code is not None:
        wanted &= pc.field("code") == code
    if protocol is not None:
        wanted &= pc.field("protocol") == protocol
    if since is not None:
        at = pa.scalar(parse(since, "since"), pa.timestamp("us", "UTC"))
        wanted &= pc.field("received_at") >= at
    return wanted


def _letter(row: dict[str, Any]) -> Letter:
    received_at = _instant(row["received_at"])
    form = row["form"] or "bytes"
    return Letter(row["position"], received_at, row["protocol"], form, row["sealed"])


def _instant(at: Any) -> Instant:
    return pa.scalar(at, pa.timestamp("us", "UTC")).value


def content(form: str | None, held: bytes) -> Json:
    """What a letter of this ``form`` holds, to be read."""
    if form == "event":
        held, _ = event_of(held)
    if form != "request":
        return _readable(held)
    said = said_alone(held)
    return {
        "method": said.method,
        "path": said.path,
        "query": said.query,
        "headers": said.headers,
        "body": _readable(said.body),
    }


def _readable(held: bytes) -> Json:
    """JSON as data, anything else as text."""
    try:
        return msgspec.json.decode(held)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return held.decode(errors="replace")
