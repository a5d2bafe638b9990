"""Which events pass: those whose person gave what they need, by all that was said until then.

Nothing is made or kept for who has not: no internal id, and no key by which a repeat is known.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ethogram.collect.admission import Checked, Claim, Refusal
from ethogram.collect.consenting import words
from ethogram.collect.consenting.needs import Needs
from ethogram.events.event import Event, Instant
from ethogram.events.times import uuid7
from ethogram.protect.consent.purposes import InForce
from ethogram.protect.consent.standing import Allowed, Standing, Tie
from ethogram.protect.consent.words import SIGNAL, Word, later
from ethogram.protect.keyring import nonces
from ethogram.protect.sealing import seal
from ethogram.protect.vault import Vault
from ethogram.store.log.entries import Consented


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
    """One request's events by one source; ``refuses``: its browser says so (`Sender`)."""

    needs: Needs
    vault: Vault
    standing: Standing
    received_at: Instant
    source: str
    refuses: bool

    def take(self, checked: list[Checked], passed: Passed) -> None:
        """Look at each in its order, and fill ``passed``: what one says counts for the next."""
        if not self._concerns(checked):
            passed.kept = checked
            return
        self._look([each.event for each in checked])
        for each in checked:
            self._one(each, passed)

    def may_keep(self, refused: Claim) -> bool:
        """Whether a refused event may become a dead letter; nobody knows whose undecoded ones are.

        Who has not given what all events need has none.
        """
        if isinstance(refused, Refusal) or not self.needs.every:
            return True
        self._look([refused])
        allowed = self._allowed(refused)
        return all(gives(allowed, purpose) for purpose in self.needs.every)

    def _concerns(self, checked: Sequence[Checked]) -> bool:
        if self.needs.any or (self.refuses and self.needs.sharing):
            return True
        return any(words.is_said(each.event) for each in checked)

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

    def _one(self, each: Checked, passed: Passed) -> None:
        event = each.event
        if words.is_said(event):
            self._hear(each, passed)
        allowed = self._allowed(event)
        refused = self._refused(allowed) if self.refuses else ()
        wanted = self.needs.of(event.event, self.source)
        if missing := {p for p in wanted if p in refused or not gives(allowed, p)}:
            passed.withheld.update(("event", purpose) for purpose in missing)
            passed.dropped.append(each)
            return
        for name, purpose in self.needs.properties.get(event.event, {}).items():
            if purpose in refused or not gives(allowed, purpose):
                passed.withheld["property", purpose] += _drop(each, name)
        passed.kept.append(each)
        for purpose in refused:
            self._record(each, purpose, False, SIGNAL, passed)
        if self.needs.any or words.is_said(event):
            self._tie(event, passed)

    def _allowed(self, event: Event) -> tuple[Allowed, ...]:
        user = self._known("user", event.user_id)
        visitor = self._known("anonymous", event.anonymous_id)
        return allowed_by(self.standing, user, visitor, is_user=bool(event.user_id))

    def _refused(self, allowed: tuple[Allowed, ...]) -> set[str]:
        """What a browser's signal withdraws here for the first time."""
        return {
            purpose
            for purpose in self.needs.sharing
            if not any(purpose in each.signalled for each in allowed)
            and ((word := _word(allowed, purpose)) is None or word.given)
        }

    def _hear(self, each: Checked, passed: Passed) -> None:
        """Make records of what an event says; where it only accompanies it, of what is new."""
        allowed = self._allowed(each.event)
        for purpose, given in words.said(each.event, self.needs.known).items():
            word = _word(allowed, purpose)
            if words.is_meant(each.event) or word is None or word.given != given:
                self._record(each, purpose, given, self.source, passed)

    def _record(
        self, each: Checked, purpose: str, given: bool, source: str, passed: Passed
    ) -> None:
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
        record = Consented(
            person, purpose, given, at, self.received_at, source, version, shown,
            event_id=event.event_id, proof=sealed,
        )  # fmt: skip
        self.standing.hear(record)
        passed.records.append(record)

    def _tie(self, event: Event, passed: Passed) -> None:
        if not (event.user_id and event.anonymous_id):
            return
        tie = Tie(self.vault.anonymous[event.anonymous_id], self.vault.users[event.user_id], True)
        if self.standing.tie(tie):
            passed.ties.append(tie)

    def _known(self, kind: str, name: str | None) -> int | None:
        return self.vault.ids(kind).get(name) if name else None

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
            found = later(found, word)
    return found


def _drop(each: Checked, name: str) -> int:
    """Leave a property out, sealed or not; how many there were."""
    if name in each.properties:
        each.properties = {key: said for key, said in each.properties.items() if key != name}
        return 1
    sealed = each.hidden.get("properties", {})
    if name not in sealed:
        return 0
    each.hidden["properties"] = {key: said for key, said in sealed.items() if key != name}
    return 1
