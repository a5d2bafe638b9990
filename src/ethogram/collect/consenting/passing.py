"""Which events pass: those whose person gave what they need, by all that was said until then.

Nothing is made or kept for who has not: no internal id, and no key by which a repeat is known.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from ethogram.collect.admission import Checked, Claim, Refusal
from ethogram.collect.consenting import words
from ethogram.collect.consenting.needs import Needs
from ethogram.collect.consenting.refused import who_did, without
from ethogram.events.event import Event, Instant
from ethogram.events.profile import without_changes
from ethogram.events.times import uuid7
from ethogram.protect.consent.purposes import InForce
from ethogram.protect.consent.standing import Allowed, Standing, Tie
from ethogram.protect.consent.words import SIGNAL, Word, both
from ethogram.protect.keyring import nonces
from ethogram.protect.sealing import seal
from ethogram.protect.vault import Vault
from ethogram.store.log.entries import Consented

OWN = "native"
"""The source whose events are called what they say; those of others are given names."""


@dataclass
class Passed:
    """What passes, the records that were made, the ids that were seen together.

    ``withheld`` counts what was left out, by ``event`` or ``property`` and by purpose; ``dropped``
    are the events among it.
    """

    kept: list[Checked] = field(default_factory=list[Checked])
    dropped: list[Checked] = field(default_factory=list[Checked])
    records: list[Consented] = field(default_factory=list[Consented])
    ties: list[Tie] = field(default_factory=list[Tie])
    withheld: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])


@dataclass(frozen=True)
class Passing:
    """One request's events by one source; ``refuses``: its browser says so (`Sender`).

    What becomes of them is ``passed``.
    """

    needs: Needs
    vault: Vault
    standing: Standing
    received_at: Instant
    source: str
    refuses: bool
    passed: Passed = field(default_factory=Passed)

    def take(self, checked: list[Checked]) -> None:
        """Look at each in its order: what one says counts for the next."""
        if not self._concerns(each.event for each in checked):
            self.passed.kept = checked
            return
        self._look([each.event for each in checked])
        for each in checked:
            self._one(each)

    def refuse(self, refused: Claim) -> Claim | None:
        """What may become a dead letter of an event that was refused; None where nothing may.

        Of one that nobody could read only its error, where it is not known that its person gave
        all that it may need. Withdrawals count though the event is not kept.
        """
        event = who_did(refused) if isinstance(refused, Refusal) else refused
        if not self._concerns([event]):
            return refused
        self._look([event])
        said = words.said(event, self.needs.known) if words.is_said(event) else {}
        self._withdraw(event, [p for p, given in said.items() if not given], self.source)
        if self.refuses:
            self._withdraw(event, self._refused(self._allowed(event)), SIGNAL)
        allowed = self._allowed(event)
        if isinstance(refused, Refusal):
            wanted = self.needs.at_most(event.event if self.source == OWN else "", self.source)
            known = all(gives(allowed, purpose) for purpose in wanted)
            return refused if known else Refusal(refused.error, b"")
        if not all(gives(allowed, p) for p in self.needs.of(event.event, self.source)):
            return None
        tagged = self.needs.properties.get(event.event, {})
        return without(event, {name for name, p in tagged.items() if not gives(allowed, p)})

    def _concerns(self, events: Iterable[Event]) -> bool:
        if self.needs.any or (self.refuses and self.needs.sharing):
            return True
        return any(map(words.is_said, events))

    def _look(self, events: Sequence[Event]) -> None:
        """Have at hand what is known of those who did it."""
        nodes = list[int]()
        for kind, names in (
            ("user", [event.user_id for event in events]),
            ("anonymous", [event.anonymous_id for event in events]),
        ):
            self.vault.recall(kind, filter(None, names))
            ids = self.vault.ids(kind)
            nodes += [ids[name] for name in names if name and name in ids]
        self.standing.look(nodes)

    def _one(self, each: Checked) -> None:
        event, passed = each.event, self.passed
        if words.is_said(event):
            self._hear(each)
        allowed = self._allowed(event)
        refused = self._refused(allowed) if self.refuses else ()
        wanted = self.needs.of(event.event, self.source)
        if missing := {p for p in wanted if p in refused or not gives(allowed, p)}:
            passed.withheld.update(("event", purpose) for purpose in missing)
            passed.dropped.append(each)
            self._withdraw(event, refused, SIGNAL)
            return
        for name, purpose in self.needs.properties.get(event.event, {}).items():
            if purpose in refused or not gives(allowed, purpose):
                passed.withheld["property", purpose] += _drop(each, name)
        passed.kept.append(each)
        for purpose in refused:
            self._record(each, purpose, False, SIGNAL)
        if self.needs.any or words.is_said(event):
            self._tie(event)

    def _allowed(self, event: Event) -> tuple[Allowed, ...]:
        user, visitor = self._ids(event)
        return allowed_by(self.standing, user, visitor, is_user=bool(event.user_id))

    def _refused(self, allowed: tuple[Allowed, ...]) -> set[str]:
        """What a browser's signal withdraws here for the first time."""
        return {
            purpose
            for purpose in self.needs.sharing
            if not any(purpose in each.signalled for each in allowed)
            and ((word := _word(allowed, purpose)) is None or word.given)
        }

    def _hear(self, each: Checked) -> None:
        """Make records of what an event says; where it only accompanies it, of what is new."""
        event = each.event
        allowed = self._allowed(event)
        for purpose, given in words.said(event, self.needs.known).items():
            word = _word(allowed, purpose)
            if words.is_meant(event) or word is None or word.given != given:
                self._record(each, purpose, given, self.source)

    def _record(self, each: Checked, purpose: str, given: bool, source: str) -> None:
        """Make a record that an event says."""
        event, now = each.event, self.needs.purposes.get(purpose, InForce())
        event.event_id = event.event_id or uuid7(self.received_at)
        person = self._made(event)
        said = {} if source == SIGNAL else words.proof(event)
        version, shown = now.version, now.shown
        if isinstance(told := said.get("version"), int) and told != version:
            version, shown = told, ""
        sealed = None
        if said:
            sealed = seal(
                self.vault, person, event.event_id, {"proof": said}, nonces(1)[0], part="proof"
            )
        at = min(each.timestamp, self.received_at)
        self._keep(Consented(
            person, purpose, given, at, self.received_at, source, version, shown,
            event_id=event.event_id, proof=sealed,
            history=event.time_is_true and source != SIGNAL,
        ))  # fmt: skip

    def _withdraw(self, event: Event, purposes: Iterable[str], source: str) -> None:
        """Make records, by an event that is not kept, for those who gave ``purposes``.

        No id is made for it, and no record names it.
        """
        ids, at = self._ids(event), self.received_at
        for allowed in self._allowed(event):
            for purpose in purposes:
                if allowed.gives(purpose):
                    now = self.needs.purposes.get(purpose, InForce())
                    person = next(each for each in ids if each in allowed.nodes)
                    self._keep(Consented(person, purpose, False, at, at, source,
                                         now.version, now.shown))  # fmt: skip

    def _keep(self, record: Consented) -> None:
        self.standing.hear(record)
        self.passed.records.append(record)

    def _tie(self, event: Event) -> None:
        if not (event.user_id and event.anonymous_id):
            return
        tie = Tie(self.vault.anonymous[event.anonymous_id], self.vault.users[event.user_id], True)
        if self.standing.tie(tie):
            self.passed.ties.append(tie)

    def _ids(self, event: Event) -> tuple[int | None, int | None]:
        """The internal ids of its user and its visitor, where they are known."""
        users, visitors = self.vault.ids("user"), self.vault.ids("anonymous")
        return users.get(event.user_id or ""), visitors.get(event.anonymous_id or "")

    def _made(self, event: Event) -> int:
        if event.user_id:
            return self.vault.users[event.user_id]
        assert event.anonymous_id
        return self.vault.anonymous[event.anonymous_id]


def allowed_by(
    standing: Standing, user: int | None, visitor: int | None, *, is_user: bool
) -> tuple[Allowed, ...]:
    """What was said by those ids of an event that count as its person's; None for one not known.

    A visitor whose first user was another one is not this user's.
    """
    if not is_user:
        return (standing.of(visitor),)
    mine = standing.of(user)
    if visitor is None or visitor in mine.nodes:
        return (mine,)
    theirs = standing.of(visitor)
    return (mine, theirs) if theirs.users.get(visitor, user) == user else (mine,)


def gives(allowed: Iterable[Allowed], purpose: str) -> bool:
    """Whether those who count as one person gave ``purpose``, by the latest word of all."""
    word = _word(allowed, purpose)
    return word is not None and word.given


def _word(allowed: Iterable[Allowed], purpose: str) -> Word | None:
    found: Word | None = None
    for each in allowed:
        if (word := each.words.get(purpose)) is not None:
            found = both(found, word)
    return found


def _drop(each: Checked, name: str) -> int:
    """Leave a property out, sealed or not, and what is changed of it; how many there were."""
    sealed = each.hidden.get("properties", {})
    extra, own = each.extra, each.hidden.get("extra", {})
    changes = [*extra.get("profile_ops", ()), *own.get("profile_ops", ())]
    if not any(name in there for there in (each.properties, sealed, *map(_VALUES, changes))):
        return 0
    each.properties = {key: said for key, said in each.properties.items() if key != name}
    each.extra = without_changes(extra, name)
    if name in sealed:
        each.hidden["properties"] = {key: said for key, said in sealed.items() if key != name}
    if own:
        each.hidden["extra"] = without_changes(own, name)
    return 1


_VALUES = itemgetter("values")
