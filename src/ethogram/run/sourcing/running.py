"""One run of a source: rows go through the door, and only then is it noted how far they came.

A run that is cut off is begun again from where the last whole one ended. What it had brought in
is known again: by its key at the door, and for good by what the source's folder keeps.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b

from ethogram.collect.admission import Claim
from ethogram.collect.door import Step
from ethogram.collect.sources.systems.definition import Kafka, Lookup, Source
from ethogram.collect.sources.systems.known import Known
from ethogram.collect.sources.systems.lookups import column_of, lookup
from ethogram.collect.sources.systems.origin import origin
from ethogram.collect.sources.systems.reading import Reading
from ethogram.collect.sources.systems.rows import Reader, Row, no_key
from ethogram.events.errors import EthogramError, Invalid, NotFound, nearest
from ethogram.events.times import now
from ethogram.protect.quiet import dlt_at_hand
from ethogram.run.importing import Imported, Target
from ethogram.run.sourcing.means import Means
from ethogram.run.sourcing.place import Place, Problem, Run
from ethogram.store.lake.lookups import check_rows


def run(
    name: str,
    source: Source,
    version: int,
    place: Place,
    means: Means,
    *,
    moved: bool = False,
) -> Run:
    """Run the source called ``name``; how it went, which is noted too.

    With ``moved`` the system at another address than before is the one that was read there.
    Raises `EthogramError` where it failed, `Busy` where it is being run already.
    """
    with place.alone():
        done = Run(version, now())
        place.note(done)
        try:
            if source.kafka is not None:
                _topics()(name, source, source.kafka, means, done.rows)
            else:
                with dlt_at_hand():
                    _read(name, source, place, means, done, moved=moved)
        except Exception as error:
            place.note(failed(done, error))
            raise
        done.ended = now()
        place.note(done)
        return done


def _topics() -> Callable[[str, Source, Kafka, Means, Imported], None]:
    """Reading topics, where Kafka's client is installed. Raises `NotFound`."""
    try:
        from ethogram.run.sourcing.topics import read_topics
    except ModuleNotFoundError:
        raise NotFound("no_kafka", "The client of Kafka is not installed.",
                       hint="pip install 'ethogram[kafka]'") from None  # fmt: skip
    return read_topics


def failed(done: Run, error: Exception) -> Run:
    """``done``, which ends here with ``error``."""
    if not isinstance(error, EthogramError):
        error = EthogramError("run_failed", f"The run ended with a {type(error).__name__}.")
    done.ended, done.error = now(), Problem(**error.as_dict()["error"])
    return done


def _whence(name: str, source: Source, place: Place, means: Means, *, moved: bool) -> bytes:
    """The system that is to be read, as a hash.

    Raises `Invalid` (``source_elsewhere``) where it is not the one that was: how far that was
    read means nothing in another, and its rows' keys would be taken for those of other rows.
    """
    said = origin(source, means.secrets)
    whence = blake2b(said, digest_size=16, key=means.key).digest()
    if place.origin() not in (None, whence) and not moved:
        raise Invalid("source_elsewhere", "The address is not that of the system read until now.",
                      at=name, hint="Another system: give the source another name. The same one at"
                      f" a new address: `ethogram sources run {name} --moved`, once.")  # fmt: skip
    return whence


def _read(name: str, source: Source, place: Place, means: Means, done: Run, *, moved: bool) -> None:
    whence = _whence(name, source, place, means, moved=moved)
    state = place.state(means.cipher)
    reading = Reading(name, source, means.secrets, state)
    with closing(place.known()) as known:
        readers = {
            table: Reader(name, table, said, reading.keys(table), means.key,
                          onward=source.sql is not None)
            for table, said in source.tables.items()
            if said.lookup is None
        }  # fmt: skip
        doors = {
            table: _Door(f"source:{name}", reader, known, means.target, done.rows)
            for table, reader in readers.items()
        }
        waiting = {table: list[Row]() for table in source.tables if table not in doors}
        for table, rows in reading.rows():
            if place.origin() != whence:
                place.keep_origin(whence)
            done.rows.read += len(rows)
            if table in doors:
                doors[table].take(rows)
            else:
                waiting[table] += rows
                check_rows(len(waiting[table]), table)
    for table, rows in waiting.items():
        said = source.tables[table]
        assert said.lookup is not None
        key = said.key or reading.keys(table)
        unlike, left_out = _look_up(table, said.lookup, key, rows, means)
        done.left_out += left_out
        done.rows.accepted += unlike
        done.rows.duplicates += len(rows) - unlike
    means.target.flush()
    place.keep(state, means.cipher)


@dataclass
class _Door:
    """Rows of one table that are events or profiles go in, durably; ``done`` counts them."""

    mark: str
    reader: Reader
    known: Known
    target: Target
    done: Imported
    _checked: bool = False

    def take(self, rows: Sequence[Row]) -> None:
        """Bring in the next rows. Raises `Invalid` where the first lack a column."""
        if not self._checked:
            self.reader.check(rows)
            self._checked = True
        identities = [self.reader.identity(row) for row in rows]
        lasting = self.reader.lasting
        changes = self.known.changes(identities) if lasting else [0] * len(rows)
        claims: list[Claim] = [
            self.reader.claim(row, identity, times)
            for row, identity, times in zip(rows, identities, changes, strict=True)
            if times is not None
        ]
        self.done.duplicates += len(rows) - len(claims)
        if claims:
            since = self.target.imported(self.mark)
            step = Step(self.mark, since, since + len(claims))
            self.done.count(self.target.append_claims(claims, step))
        if lasting:
            self.known.keep(identities, changes)


def _look_up(
    name: str, said: Lookup, key: tuple[str, ...], rows: list[Row], means: Means
) -> tuple[int, list[str]]:
    """Put ``rows`` into the look-up, or in its place.

    How many it did not have as they are, and the columns that were left out.
    """
    merged = said.write == "merge"
    if merged and not key:
        raise no_key(name)
    table, left = lookup(rows)
    for column in key if merged and rows else ():
        if column_of(column) not in table.column_names:
            raise Invalid("unknown_column", f"The look-up has no column {column!r}.",
                          at=f"$.tables.{name}.key",
                          hint="What names persons is left out: make profiles of such rows. "
                          + nearest(column, table.column_names))  # fmt: skip
    if not rows and merged:
        return 0, left
    unlike = means.lookups.unlike(said.name or name, table)
    means.lookups.write(
        said.name or name, table, [column_of(each) for each in key] if merged else []
    )
    return unlike, left
