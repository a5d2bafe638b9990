"""The door: claims come in, what is new and sound goes to the log, in groups.

`admit` belongs to one thread and takes a claim's whole way but the disk; it fills the pending
`Group`. `commit` makes a group durable and may run in another thread; `settle` or `release`
tells the first thread how it went. A duplicate shares the group of its request, so it is never
acknowledged before its original is durable.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import apsw
import msgspec
import pyarrow as pa

from ethogram.collect import columns
from ethogram.collect.admission import Claim, Refusal, Timed, check, record
from ethogram.events.errors import Busy, EthogramError
from ethogram.events.event import Event, Instant, Recorded
from ethogram.events.times import now
from ethogram.protect.keyring import wrap
from ethogram.protect.vault import Made, Vault
from ethogram.store.lake.trimming import trim
from ethogram.store.log.entries import DeadLetter, pack
from ethogram.store.log.port import WINDOW, Batch, Deduplicator, Log

IMPORTS = "import"
"""The source of imported rows' deduplication keys."""


class Rejected(msgspec.Struct, frozen=True):
    """One event of a request that was not kept as an event, and why."""

    index: int
    code: str
    message: str
    at: str
    hint: str


class Outcome(msgspec.Struct):
    """What became of a request's events."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = []


@dataclass
class Group:
    """What one commit makes durable together."""

    received_at: Instant = 0
    events: list[Recorded] = field(default_factory=list[Recorded])
    letters: list[DeadLetter] = field(default_factory=list[DeadLetter])
    keys: list[bytes] = field(default_factory=list[bytes])
    tables: list[Batch] = field(default_factory=list[Batch])
    marks: dict[str, int] = field(default_factory=dict[str, int])
    made: Made = field(default_factory=Made)


class Door:
    """One project's way in."""

    def __init__(self, log: Log, seen: Deduplicator, vault: Vault) -> None:
        self._log = log
        self._seen = seen
        self._vault = vault
        self._letters_key = vault.keyring.key("dead letters")

    def admit(
        self, group: Group, claims: Iterable[Claim], received_at: Instant, protocol: str
    ) -> Outcome:
        """Take ``claims`` into ``group``; what became of each is certain once it is durable."""
        outcome = Outcome()
        timed: list[Timed] = []
        for index, claim in enumerate(claims):
            try:
                timed.append(_checked(claim, received_at))
            except EthogramError as error:
                raw = claim.raw if isinstance(claim, Refusal) else msgspec.json.encode(claim)
                self._refuse(group, error, raw, received_at, protocol)
                outcome.rejected.append(
                    Rejected(index, error.code, error.message, error.at, error.hint)
                )
        for new in self._fresh(group, timed, received_at, protocol):
            group.events.append(record(new, received_at, self._vault, frozenset()))
            outcome.accepted += 1
        outcome.duplicates = len(timed) - outcome.accepted
        return outcome

    def admit_table(
        self,
        group: Group,
        claims: pa.Table,
        received_at: Instant,
        mark: tuple[str, int],
        *,
        keyed: bool,
    ) -> Outcome:
        """Take an import's next rows into ``group``.

        ``mark`` is the import's name and how many of its rows are in once these are; it is kept
        with them, so that a source goes on after a crash where it was. With ``keyed`` a row
        whose ``event_id`` was seen before is a duplicate.
        """
        rows = claims.num_rows
        if keyed and rows:
            said: list[str] = claims["event_id"].to_pylist()
            keys = [self._vault.keyring.dedup_key(IMPORTS, one) for one in said]
            fresh = self._seen.fresh(keys, received_at)
            group.keys.extend(key for key, new in zip(keys, fresh, strict=True) if new)
            claims = claims.filter(pa.array(fresh))
        if claims.num_rows:
            group.tables.append(columns.batch(claims, received_at, self._vault))
        group.marks.update([mark])
        return Outcome(claims.num_rows, rows - claims.num_rows)

    def close_group(self, group: Group) -> None:
        """Give ``group`` its time, and the ids and keys that its events need."""
        group.received_at = now()
        group.made = self._vault.take()

    def commit(self, group: Group) -> None:
        """Make ``group`` durable: the vault first, then the log.

        Raises `Busy` where nothing was kept, `Broken` where the log must be opened afresh.
        """
        try:
            if group.made:
                self._vault.store(group.made)
        except apsw.Error as error:
            raise Busy("vault_not_durable", f"The vault could not be written: {error}.") from error
        batches = list(_batches(group))
        if batches or group.marks:
            self._log.append(batches, group.marks)

    def advance(self, name: str, position: int) -> None:
        """Move a consumer's durable cursor; belongs to the thread that commits."""
        self._log.advance(name, position)

    def maintain(self, keep: Instant) -> None:
        """Let go of what nobody needs any more; belongs to the thread that commits."""
        at = now()
        trim(self._log, at, keep)
        self._log.forget_keys(at - WINDOW)

    def settle(self, group: Group) -> None:
        """The group is durable."""
        self._vault.stored()
        self._seen.settle(group.keys, group.received_at)

    def release(self, group: Group) -> None:
        """The group was not kept; its events are new again."""
        self._vault.put_back(group.made)
        self._seen.release(group.keys)

    def _fresh(
        self, group: Group, timed: list[Timed], received_at: Instant, protocol: str
    ) -> list[Timed]:
        keyed = [
            (i, self._vault.keyring.dedup_key(protocol, said))
            for i, new in enumerate(timed)
            if (said := new.event.dedup_key or new.event.event_id)
        ]
        if not keyed:
            return timed
        fresh = self._seen.fresh([key for _, key in keyed], received_at)
        old = {i for (i, _), new in zip(keyed, fresh, strict=True) if not new}
        group.keys.extend(key for (_, key), new in zip(keyed, fresh, strict=True) if new)
        return [new for i, new in enumerate(timed) if i not in old] if old else timed

    def _refuse(
        self, group: Group, error: EthogramError, raw: bytes, received_at: Instant, protocol: str
    ) -> None:
        sealed = wrap(self._letters_key, raw, "dead letter")
        group.letters.append(
            DeadLetter(
                error.code, error.message, error.at, error.hint, received_at, protocol, sealed
            )
        )


def _checked(claim: Claim, received_at: Instant) -> Timed:
    if isinstance(claim, Event):
        return check(claim, received_at)
    raise claim.error


def _batches(group: Group) -> Iterator[Batch]:
    """What the log is given; all keys of the group go with its first batch."""
    keys, at = b"".join(group.keys), group.received_at
    if group.events:
        yield Batch("events", pack(group.events), len(group.events), at, keys)
        keys = b""
    if group.letters:
        yield Batch("control", pack(group.letters), len(group.letters), at)
    for table in group.tables:
        yield Batch("columns", table.payload, table.count, table.received_at, keys)
        keys = b""
