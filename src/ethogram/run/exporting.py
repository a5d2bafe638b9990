"""Exports of a project: which rows go out, and that personal ones go to the owner only."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from ethogram.ask.questions.answer import Answer
from ethogram.ask.sql import sandbox
from ethogram.ask.sql.job import Job, Limits
from ethogram.events.errors import Invalid, NotFound, nearest
from ethogram.events.event import Json
from ethogram.protect.consent.sending import Sending
from ethogram.protect.erasures import Unseen
from ethogram.protect.references import Secrets
from ethogram.protect.vault import Vault
from ethogram.run.saved import Note
from ethogram.show.exports import tables
from ethogram.show.exports.destination import address, file_of
from ethogram.show.exports.file import write_file
from ethogram.show.exports.names import opened, sealed
from ethogram.show.exports.sending import Parcel, Rows, Sent, Write, send
from ethogram.show.exports.sent import place, remember
from ethogram.store.lake.lookups import Lookups
from ethogram.store.lake.tables import Lake

VIEWS = {"sessions": "SELECT * FROM sessions", "people": "SELECT * FROM people"}
_ALL = 1 << 40


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """One of ``table``, ``sql`` and ``question`` (a spec) goes to ``to``, an address.

    There it is called ``name``, in ``dataset``. ``since_last``: only events that came after the
    last such export. ``with_names`` adds the ids that persons have outside, and what is sealed.
    With a ``purpose`` only persons who gave it are in it.
    """

    to: str
    table: str | None = None
    sql: str | None = None
    question: Mapping[str, Any] | str | bytes | None = None
    name: str | None = None
    dataset: str = "ethogram"
    format: str = "parquet"
    write: Write | None = None
    key: tuple[str, ...] = ()
    since_last: bool = False
    with_names: bool = False
    purpose: str | None = None


@dataclass(frozen=True)
class Exporter:
    """What exporting needs of the project in ``folder``; ``fresh`` brings its lake up to date.

    ``sending`` says who may be sent; ``note`` has it in the audit.
    """

    folder: Path
    limits: Limits
    secrets: Secrets
    vault: Callable[[], Vault]
    ask: Callable[[Any], Answer]
    fresh: Callable[[], object]
    sending: Callable[[], Sending]
    note: Note

    def export(self, asked: Export) -> Sent:
        """Send what is asked for; returns when it is there. Raises `Invalid`, `NotFound`."""
        file = file_of(asked.to, asked.format)
        to = address(asked.to if file is None else str(file[0]), asked.format)
        if file is not None and (asked.write not in (None, "replace") or asked.since_last):
            raise Invalid("file_is_whole", "A single file is written anew each time.", at="--to",
                          hint="Name a folder or a database to append or merge.")  # fmt: skip
        self.fresh()
        name, rows = self._rows(asked)
        left_out = set[int]()
        if asked.purpose is not None:
            rows = _allowed(rows, self.sending(), asked.purpose, left_out)
        if asked.since_last and asked.table not in ("events", "dead_letters"):
            raise Invalid("no_positions", "Only events and dead letters have positions.",
                          at="--since-last", hint="Export all of it, by replace.")  # fmt: skip
        if asked.with_names and asked.table not in ("events", *VIEWS):
            raise Invalid("no_names", "Only events, sessions and people have persons.",
                          at="--with-names")  # fmt: skip
        write, key = asked.write, asked.key
        if write is None and asked.since_last:
            # A row that a killed export had sent already is the same row once more.
            write, key = ("merge", ("position",)) if to.merges else ("append", ())
        parcel = Parcel(
            rows,
            asked.name or name,
            asked.dataset,
            write or "replace",
            key,
            asked.since_last,
            asked.with_names,
        )
        if asked.question is None:
            remember(self.folder, name, asked.to)
        told: dict[str, Json] = {"what": "sql" if asked.sql else name, "to": place(asked.to)}
        self.note("export", **told, names=asked.with_names)
        with closing(self.vault()) if asked.with_names else nullcontext() as vault:
            said = _sealing(rows) if vault is None else _opening(rows, vault)
            if file is not None:
                sent = Sent(write_file(said, *file), parcel.table, "", str(file[0]))
            else:
                folder = self.folder / "exports"
                sent = send(replace(parcel, rows=said), to, folder, self.secrets)
        self.note("exported", **told, rows=sent.rows)
        return msgspec.structs.replace(sent, left_out=len(left_out))

    def _rows(self, asked: Export) -> tuple[str, Rows]:
        """What it is called where nothing else is said, and its rows."""
        given = [each for each in (asked.table, asked.sql, asked.question) if each is not None]
        if len(given) != 1:
            raise Invalid("bad_export", "Export one thing: a question, a table, or SQL.", at="$",
                          hint="Run the command once for each.")  # fmt: skip
        if asked.question is not None:
            answer = self.ask(asked.question)
            return answer.question, _once(answer.to_arrow)
        if asked.sql is not None:
            said = asked.sql
            return "result", _once(lambda: self._sql(said))
        return self._table(asked.table or "")

    def _table(self, name: str) -> tuple[str, Rows]:
        lake, lookups = Lake(self.folder / "lake"), Lookups(self.folder)
        if name == "events":
            return name, lambda after: tables.events(lake, after, self._unseen)
        if name == "dead_letters":
            return name, lambda after: tables.dead_letters(lake, after)
        if name in VIEWS:
            return name, _once(lambda: self._sql(VIEWS[name]))
        if name in lookups.names():
            return name, _once(lambda: lookups.read(name))
        known = ["events", "dead_letters", *VIEWS, *lookups.names()]
        raise NotFound("unknown_table", f"There is no table {name[:100]!r}.", at="--table",
                       hint=nearest(name, known))  # fmt: skip

    def _sql(self, said: str) -> pa.Table:
        files, lookups = Lake(self.folder / "lake").events.files(), Lookups(self.folder)
        there = {name: lookups.files(name) for name in lookups.names()}
        limits = msgspec.structs.replace(self.limits, rows=_ALL)
        unseen = self._unseen
        job = Job(said, files.paths, files.columns, limits, there, sorted(unseen.nodes),
                  unseen.struck)  # fmt: skip
        found = sandbox.run(job)
        return found.replace_schema_metadata(None)

    @property
    def _unseen(self) -> Unseen:
        with closing(self.vault()) as vault:
            return vault.unseen


def _once(table: Callable[[], pa.Table]) -> Rows:
    held = cache(table)

    def rows(_: int) -> Iterator[pa.Table]:
        yield held()

    return rows


def _opening(rows: Rows, vault: Vault) -> Rows:
    return lambda after: (opened(each, vault) for each in rows(after))


def _sealing(rows: Rows) -> Rows:
    return lambda after: map(sealed, rows(after))


def _allowed(rows: Rows, sending: Sending, purpose: str, left_out: set[int]) -> Rows:
    """``rows`` of those who gave ``purpose``; the others are noted in ``left_out``."""

    def allowed(after: int) -> Iterator[pa.Table]:
        for each in rows(after):
            if "person" not in each.column_names:
                raise Invalid("no_persons", "These rows are not about persons.", at="--purpose",
                              hint="Leave --purpose out, or select the column person."
                              )  # fmt: skip
            persons = each["person"].to_numpy().astype(np.int64)
            may = sending.may_send_all(persons, purpose)
            left_out.update(persons[~may].tolist())
            yield each.filter(pa.array(may))

    return allowed
