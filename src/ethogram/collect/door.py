"""The door: claims come in, what is new and sound goes to the log, in groups.

`admit` belongs to one thread and takes a claim's whole way but the disk; it fills the pending
`Group`. `commit` makes a group durable and may run in another thread; `settle` or `release`
tells the first thread how it went. A duplicate shares the group of its request, so it is never
acknowledged before its original is durable; a group that follows a released one may count on
what was lost, and must be released too.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import compress
from typing import Literal, TypeAlias

import apsw
import msgspec
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ethogram.collect import columns
from ethogram.collect.admission import Checked, Claim, Refusal, Rules, check, departure
from ethogram.collect.cleaning.done import with_cleaned
from ethogram.collect.cleaning.facts import NOBODY, Sender
from ethogram.collect.cleaning.tables import cleaned_table
from ethogram.collect.consenting.keeping import keep, kept_keys, not_allowed, said_key
from ethogram.collect.consenting.needs import Needs
from ethogram.collect.consenting.passing import Passed, Passing
from ethogram.collect.consenting.tables import passing, ties
from ethogram.collect.departures import departures, marked
from ethogram.collect.group import Group, batches
from ethogram.collect.masking import masked_sender, masked_table
from ethogram.collect.recording import gather, record
from ethogram.events.erasure import Erasure
from ethogram.events.errors import Broken, Busy, EthogramError, Invalid
from ethogram.events.event import Event, Instant
from ethogram.events.times import now
from ethogram.protect.consent.standing import Standing
from ethogram.protect.keyring import Keyring, nonces, unwrap, wrap
from ethogram.protect.vault import Vault
from ethogram.store.lake.struck import without_values
from ethogram.store.lake.trimming import trim
from ethogram.store.log.entries import (
    Consented,
    DeadLetter,
    Form,
    Replayed,
    Statement,
    erased,
    without,
)
from ethogram.store.log.port import WINDOW, Batch, Deduplicator, Log

SYNC_FAILURES = (apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC)
"""After these nobody knows what is on the disk; the file must be opened afresh."""
IMPORTS = "import"
"""The source of imported rows' deduplication keys."""
LETTER = "dead letter"
"""What a letter is sealed for."""
_REPLAYED = "replayed:"
"""What the mark of a letter that is in again begins with."""
Replay: TypeAlias = Literal["accepted", "duplicate", "already"]


class Rejected(msgspec.Struct, frozen=True):
    """One event of a request that was not kept as an event, and why."""

    index: int
    code: str
    message: str
    at: str
    hint: str


class Outcome(msgspec.Struct):
    """What became of a request's events; ``warned`` of the accepted depart from the plan.

    Those ``withheld`` need what their person did not allow; they are not kept.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejected] = []
    warned: int = 0
    withheld: int = 0

    @property
    def taken(self) -> int:
        """How many a client need not send again, those that were rejected left aside."""
        return self.accepted + self.duplicates + self.withheld


class Letter(msgspec.Struct, frozen=True):
    """A dead letter that is to come in again: where it stands, and what it needs for that."""

    position: int
    received_at: Instant
    protocol: str
    form: Form
    sealed: bytes


class Step(msgspec.Struct, frozen=True):
    """A step of the import ``name``: ``since`` of its rows were in before, ``upto`` are after."""

    name: str
    since: int
    upto: int


class Door:
    """One project's way in; ``rules`` gives those that hold now, and is asked at each request."""

    def __init__(
        self,
        log: Log,
        seen: Deduplicator,
        vault: Vault,
        standing: Standing,
        rules: Callable[[], Rules] = Rules,
    ) -> None:
        self._log = log
        self._seen = seen
        self._vault = vault
        self._standing = standing
        self._rules = rules
        self._letters = letter_cipher(vault.keyring)
        self._marks: dict[str, int] = {}

    def admit(
        self,
        group: Group,
        claims: Iterable[Claim],
        received_at: Instant,
        protocol: str,
        sender: Sender = NOBODY,
    ) -> Outcome:
        """Take ``claims`` into ``group``; what became of each is certain once it is durable.

        ``sender`` is what their request says of the person's program and address. Raises `Busy`
        where the vault cannot be read; then ``group`` is as it was.
        """
        rules = self._rules()
        checked: list[Checked] = []
        refused: list[tuple[Claim, EthogramError]] = []
        rejected: list[Rejected] = []
        for index, claim in enumerate(claims):
            try:
                if isinstance(claim, Refusal):
                    raise claim.error
                checked.append(check(claim, received_at, rules, sender))
            except EthogramError as error:
                refused.append((claim, error.with_traceback(None)))
                rejected.append(_rejected(index, error))
        new, keys = self._fresh(checked, received_at, protocol)
        passing = self._passing(rules, received_at, protocol, sender)
        passed, letters, sent = passing.passed, list[DeadLetter](), masked_sender(sender, rules.ip)
        with self._pending(keys, passed):
            self._vault.look()
            passing.take(new)
            for claim, error in refused:
                if (kept := passing.refuse(claim)) is None:
                    continue
                # An event may be nested so deep that it could not be encoded any deeper in here.
                raw = kept.raw if isinstance(kept, Refusal) else msgspec.json.encode(kept)
                letter = self._letter(error, kept, raw, received_at, protocol, sender=sent)
                letter.event = _planned(claim, rules)
                letters.append(letter)
            gather(passed.kept, self._vault)
            events = [
                record(each, received_at, self._vault, nonce)
                for each, nonce in zip(passed.kept, nonces(len(passed.kept)), strict=True)
            ]
        self._note(group, passed)
        group.events += events
        group.keys += kept_keys(keys, passed, protocol, self._vault.keyring, self._seen)
        group.controls += letters
        warned = sum("plan" in each.extra for each in passed.kept)
        duplicates = len(checked) - len(new)
        return Outcome(len(passed.kept), duplicates, rejected, warned, len(passed.dropped))

    def open_letter(self, sealed: bytes) -> bytes:
        """What a dead letter holds. Raises `Broken` where it is none of this project's."""
        return unwrap(self._letters, sealed, LETTER)

    def admit_letter(
        self, group: Group, letter: Letter, claim: Claim, received_at: Instant, sender: Sender
    ) -> Replay:
        """Take the ``claim`` that a dead letter has become into ``group``, once and for all.

        It counts as received when the letter was, from the ``sender`` of then. What fails again
        stays a letter, and raises `EthogramError`. Raises `Busy` as `admit` does.
        """
        name = f"{_REPLAYED}{letter.position}"
        if self._marks.get(name) or self._log.mark(name):
            return "already"
        if isinstance(claim, Refusal):
            raise claim.error
        rules = self._rules()
        checked = [check(claim, letter.received_at, rules, sender)]
        new, keys = self._fresh(checked, received_at, letter.protocol)
        passing = self._passing(rules, letter.received_at, letter.protocol, sender)
        passed = passing.passed
        with self._pending(keys, passed):
            self._vault.look()
            passing.take(new)
            if passed.dropped and not any(each.event_id for each in passed.records):
                raise not_allowed()
            group.events += [
                record(each, letter.received_at, self._vault, nonces(1)[0]) for each in passed.kept
            ]
        self._note(group, passed)
        group.keys += keys
        group.controls.append(Replayed(letter.position, received_at, not new))
        group.marks[name] = self._marks[name] = 1
        return "accepted" if new else "duplicate"

    def admit_statements(self, group: Group, statements: Iterable[Statement | Consented]) -> None:
        """Take what somebody in charge says of people into ``group``."""
        for said in statements:
            group.controls.append(said)
            if isinstance(said, Consented):
                self._standing.hear(said)

    def admit_erasure(self, group: Group, erasure: Erasure) -> None:
        """Take what is to be forgotten into ``group``."""
        group.erasures.append(erasure)

    def admit_keys(self, persons: Sequence[int]) -> None:
        """Have keys for ``persons``, durable with the next group; see `Vault.make_keys`."""
        self._vault.make_keys(persons)

    def admit_rewrapping(self, group: Group, masters: Sequence[bytes]) -> Group:
        """Have the vault's secret wrapped by the first of ``masters``.

        Afterwards ``rewrapped`` says whether no other opens a byte; see `Vault.rewrap`.
        """
        group.masters = masters
        return group

    def admit_table(
        self,
        group: Group,
        claims: pa.Table,
        received_at: Instant,
        step: Step,
        *,
        keyed: bool,
    ) -> Outcome:
        """Take an import's next rows into ``group``; what the plan rejects is no dead letter.

        How many are in after ``step`` is kept with them, so that a source goes on after a crash
        where it was. With ``keyed`` a row whose ``event_id`` was seen before is a duplicate.
        Raises as `admit` does, and `Invalid` (``import_elsewhere``) where other than
        ``step.since`` rows are in: somebody else imports the same.
        """
        with self._stepping(group, step):
            return self._admit_rows(group, claims, received_at, keyed=keyed)

    def admit_step(
        self,
        group: Group,
        claims: Iterable[Claim],
        received_at: Instant,
        step: Step,
        protocol: str = "native",
    ) -> Outcome:
        """Take an import's next events into ``group``; raises as `admit_table` does."""
        with self._stepping(group, step):
            return self.admit(group, claims, received_at, protocol)

    @contextmanager
    def _stepping(self, group: Group, step: Step) -> Generator[None]:
        """What follows is ``step``; it is made where that does not fail."""
        already = self._marks.get(step.name)
        if already is None:
            already = self._log.mark(step.name)
        if already != step.since:
            raise Invalid(
                "import_elsewhere",
                f"Of this import not {step.since:,}, but {already:,} are in.",
                hint="Another import of the same file is running, or ran;"
                " start again and it goes on where that one is.",
            )
        yield
        group.marks[step.name] = self._marks[step.name] = step.upto

    def _admit_rows(
        self, group: Group, claims: pa.Table, received_at: Instant, *, keyed: bool
    ) -> Outcome:
        rules = self._rules()
        plan = rules.plan
        claims, refused = cleaned_table(claims, rules.cleaning)
        claims = masked_table(claims, rules.ip)
        found = departures(claims, plan)
        found.refused.update(refused)
        claims = marked(claims, found)
        rows, keys = claims.num_rows, list[bytes]()
        if keyed and rows:
            said: list[str] = claims["event_id"].to_pylist()
            asked = self._vault.keyring.dedup_keys(IMPORTS, said)
            fresh = self._seen.fresh(asked, received_at)
            keys = [key for key, new in zip(asked, fresh, strict=True) if new]
            claims = claims.filter(pa.array(fresh))
        fresh = claims.num_rows
        if fresh:
            with self._pending(keys):
                self._vault.look()
                claims = self._allowed(group, claims, keys, rules.needs)
                table = columns.table(with_cleaned(claims), received_at, self._vault, plan)
            if table.num_rows:
                group.tables.append(columns.batch(table, received_at))
            if rules.needs.any:
                group.ties += ties(table, self._standing)
        group.keys += keys
        rejected = [_rejected(row, departure(said)) for row, said in sorted(found.refused.items())]
        warned = claims.num_rows - claims["extra"].null_count if found.warned else 0
        kept = claims.num_rows
        return Outcome(kept, rows - fresh, rejected, warned, fresh - kept)

    def _allowed(self, group: Group, claims: pa.Table, keys: list[bytes], needs: Needs) -> pa.Table:
        """The rows whose persons allow it; the ``keys`` of others are new again, and go."""
        if not needs.any:
            return claims
        claims, passes, withheld = passing(claims, needs, IMPORTS, self._vault, self._standing)
        group.withheld += withheld
        if keys:
            self._seen.release([*compress(keys, ~passes)])
            keys[:] = compress(keys, passes)
        return claims

    def close_group(self, group: Group) -> None:
        """Give ``group`` its time, and the ids and keys that its events need.

        Who is to be erased is erased here, when no commit is under way: what was admitted before
        stands under ids that name nobody any more, and who comes back is somebody new. Raises
        `Busy` where the vault refuses.
        """
        group.received_at = now()
        try:
            for erasure in group.erasures:
                self._vault.erase(erasure)
                group.controls += erased(erasure)
            if group.masters:
                group.rewrapped = self._vault.rewrap(group.masters)
        except apsw.Error as error:
            raise _vault_failure(error) from error
        group.made = self._vault.take()

    def commit(self, group: Group) -> None:
        """Make ``group`` durable: the vault first, then the log.

        Raises `Busy` where nothing was kept, `Broken` where the log must be opened afresh.
        """
        try:
            if group.made:
                self._vault.store(group.made)
        except apsw.Error as error:
            raise _vault_failure(error) from error
        made = list(batches(group))
        if made or group.marks:
            positions = self._log.append(made, group.marks)
            self._say(group.erasures, made, positions)
        keep(self._standing, group.controls, group.ties, group.withheld,
             at=group.received_at, position=self._log.end)  # fmt: skip

    def _say(self, erasures: list[Erasure], batches: list[Batch], positions: list[int]) -> None:
        """Note that the log says ``erasures``: else it is said again at the next start."""
        if erasures:
            kinds = [batch.kind for batch in batches]
            said = positions[kinds.index("control")] if "control" in kinds else self._log.end
            self._vault.say([erasure.number for erasure in erasures], said)

    def erase_entries(
        self, positions: Sequence[int], property: str | None = None, *, open_only: bool = False
    ) -> int:
        """Let go of entries, or of their values of a ``property``; how many there were.

        See `Log.alter`, and `without_values` for ``open_only``. The vault's files go through it
        too. Belongs to the thread that commits.
        """
        self._vault.scrub()
        change = without if property is None else partial(without_values, property, open_only)
        return self._log.alter(positions, change)

    def advance(self, name: str, position: int | None) -> None:
        """Move a consumer's durable cursor; belongs to the thread that commits."""
        self._log.advance(name, position)

    def maintain(self, keep: Instant) -> None:
        """Let go of what nobody needs any more; belongs to the thread that commits."""
        at = now()
        self._standing.sync(self._log.end)
        trim(self._log, at, keep)
        self._log.forget_keys(at - WINDOW)

    def settle(self, group: Group) -> None:
        """The group is durable."""
        self._vault.stored(group.made)
        self._seen.settle(group.keys, group.received_at)
        self._standing.settle(group.controls, group.ties)
        for name in group.marks:
            if name.startswith(_REPLAYED):
                self._marks.pop(name)

    def release(self, group: Group) -> None:
        """The group was not kept; its events are new again."""
        self._vault.put_back(group.made)
        self._seen.release(group.keys)
        self._standing.release(group.controls, group.ties)
        for name in group.marks:
            self._marks.pop(name, None)

    def _passing(
        self, rules: Rules, received_at: Instant, protocol: str, sender: Sender
    ) -> Passing:
        return Passing(
            rules.needs, self._vault, self._standing, received_at, protocol, sender.refuses
        )

    def _note(self, group: Group, passed: Passed) -> None:
        group.controls += passed.records
        group.ties += passed.ties
        group.withheld += passed.withheld

    def _fresh(
        self, checked: list[Checked], received_at: Instant, protocol: str
    ) -> tuple[list[Checked], list[bytes]]:
        """The events that were not seen before, and their keys, pending now."""
        said = [said_key(each.event) for each in checked]
        keys = self._vault.keyring.dedup_keys(protocol, filter(None, said))
        fresh = self._seen.fresh(keys, received_at)
        if all(fresh):
            return checked, keys
        answers = iter(fresh)
        new = [each for each, key in zip(checked, said, strict=True) if not key or next(answers)]
        return new, [key for key, is_new in zip(keys, fresh, strict=True) if is_new]

    @contextmanager
    def _pending(self, keys: Sequence[bytes], passed: Passed | None = None) -> Generator[None]:
        """What follows may fail: then ``keys`` are new again, and ``passed`` says nothing."""
        try:
            yield
        except BaseException as error:
            self._seen.release(keys)
            if passed is not None:
                self._standing.release(passed.records, passed.ties)
            if isinstance(error, apsw.Error):
                raise _vault_failure(error) from error
            raise

    def _letter(
        self,
        error: EthogramError,
        claim: Claim,
        raw: bytes,
        received_at: Instant,
        protocol: str,
        *,
        sender: Sender,
    ) -> DeadLetter:
        form: Form = "bytes" if isinstance(claim, Refusal) else "event"
        if isinstance(claim, Refusal) and claim.alone is not None:
            form, raw = "request", claim.alone
        elif form == "event" and sender != NOBODY:
            raw += b"\n" + msgspec.json.encode(sender)
        sealed = wrap(self._letters, raw, LETTER)
        return DeadLetter(
            error.code, error.message, error.at, error.hint, received_at, protocol, sealed, form
        )


def letter_cipher(keyring: Keyring) -> AESGCM:
    """What a project's dead letters are sealed with, for `LETTER`."""
    return AESGCM(keyring.key("dead letters"))


def _rejected(index: int, error: EthogramError) -> Rejected:
    return Rejected(index, error.code, error.message, error.at, error.hint)


def _planned(claim: Claim, rules: Rules) -> str:
    """The name of an event, where the plan has it."""
    return claim.event if isinstance(claim, Event) and claim.event in rules.plan.events else ""


def _vault_failure(error: apsw.Error) -> Busy | Broken:
    if getattr(error, "extendedresult", 0) in SYNC_FAILURES:
        return Broken("vault_not_durable", f"The vault could not be made durable: {error}.")
    return Busy("vault_away", f"The vault cannot be used now: {error}.")
