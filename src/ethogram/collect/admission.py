"""What a dialect makes of a request, and the checks that an event must pass to be kept.

A dialect gives an `Event`, or a `Refusal` for what it could not read. An event that fails here
becomes a refusal too; it never fails the batch it came in. No message repeats a value of the
event: messages stand in the log in the open, and a value may be somebody's name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import asdict

from ethogram.collect.cleaning.facts import NOBODY, Sender
from ethogram.collect.cleaning.pipeline import Cleaning, cleaned
from ethogram.collect.consenting.needs import Needs
from ethogram.collect.masking import masked
from ethogram.events import plan as plans
from ethogram.events.errors import EthogramError, Invalid
from ethogram.events.event import Event, Instant, Json
from ethogram.events.plan import Finding, Plan
from ethogram.events.profile import WORDS, Op
from ethogram.events.times import correct, parse
from ethogram.protect.access.addresses import Policy
from ethogram.protect.detectors import DEEPEST, names_a_person, personal_names

LONGEST_NAME = 200
LONGEST_ID = 512
LONGEST_WORD = 64
MOST_TIED = 32


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that cannot be kept as one: why, and the client's own bytes.

    ``alone`` is a request that says this event by itself, where one can be made (`letters`).
    """

    error: EthogramError
    raw: bytes
    alone: bytes | None = None

    def __post_init__(self) -> None:
        # It is told and not raised any more; what it passed would stay in memory with it.
        self.error.__traceback__ = self.error.__context__ = None


Claim: TypeAlias = Event | Refusal


class Checked(msgspec.Struct, gc=False):
    """An event that can be kept: when it happened, what of it is open, what must be sealed."""

    event: Event
    timestamp: Instant
    properties: dict[str, Json]
    context: dict[str, Json]
    extra: dict[str, Json]
    hidden: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Rules:
    """What one project asks of an event: its plan, how deep it may be nested, its cleaning.

    ``needs`` are the purposes that its person must have given; ``ip`` is what is kept of the
    address that it came from.
    """

    plan: Plan = field(default_factory=Plan)
    levels: int = DEEPEST
    cleaning: Cleaning = field(default_factory=Cleaning)
    needs: Needs = field(default_factory=Needs)
    ip: Policy = "truncate"


def check(event: Event, received_at: Instant, rules: Rules, sender: Sender = NOBODY) -> Checked:
    """The cleaned event with its time, or `Invalid` where it cannot be kept."""
    event, done = cleaned(event, rules.cleaning, sender, received_at)
    _check_ids(event)
    extra = _rare(event, rules.ip)
    timestamp = received_at if event.timestamp is None else _timed(event, received_at, extra)
    if findings := plans.check(event, rules.plan):
        if plans.mode(rules.plan, event.event) == "reject":
            raise departure(findings)
        extra["plan"] = [finding.code for finding in findings]
    hidden = dict[str, Json]()
    properties, context = masked(event.properties, rules.ip), masked(event.context, rules.ip)
    tagged, levels = plans.personal(rules.plan, event.event), rules.levels
    if found := personal_names(properties, tagged, levels):
        properties, hidden["properties"] = _taken(properties, found)
    if found := personal_names(context, tagged, levels):
        context, hidden["context"] = _taken(context, found)
    if event.profile_ops:
        extra["profile_ops"], own = _parted(extra["profile_ops"], tagged, levels)
        if own:
            hidden["extra"] = {"profile_ops": own}
    if extra and (found := personal_names(extra, tagged, levels)):
        extra, others = _taken(extra, found)
        if "profile_ops" in others:
            others["profile_ops"] += hidden.get("extra", {}).get("profile_ops", [])
        hidden["extra"] = hidden.get("extra", {}) | others
    if gone := _unset(hidden.get("extra", {}).get("profile_ops", ())):
        extra["profile_ops"] = [*extra.get("profile_ops", ()), *gone]
    if done:
        extra["cleaned"] = done
    return Checked(event, timestamp, properties, context, extra, hidden)


def departure(findings: Sequence[Finding]) -> Invalid:
    """One error for all ``findings`` of an event, with the place of the first."""
    first = findings[0]
    message = " ".join(finding.message for finding in findings)
    return Invalid(first.code, message, at=first.at, hint=first.hint)


def _taken(values: dict[str, Json], names: list[str]) -> tuple[dict[str, Json], dict[str, Json]]:
    """(the others, those that are named)."""
    others = values.copy()
    return others, {name: others.pop(name) for name in names}


def _parted(
    changes: list[Json], tagged: frozenset[str], levels: int
) -> tuple[list[Json], list[Json]]:
    """(the others, those of personal properties); a property is one or the other in all of them."""
    depth = max(levels - 3, 1)
    personal = {name for each in changes for name in personal_names(each["values"], tagged, depth)}
    if not personal:
        return changes, []
    open_, own = list[Json](), list[Json]()
    for each in changes:
        names = [name for name in each["values"] if name in personal]
        others, taken = _taken(each["values"], names)
        if taken:
            own.append(each | {"values": taken})
        if others or not taken:
            open_.append(each | {"values": others})
    return open_, own


def _unset(own: Iterable[dict[str, Any]]) -> list[Json]:
    """What the sealed changes ``own`` put an end to in the open: what was held there before.

    A name that is personal by itself was never there. Who opens what is sealed sees no such change
    (``sealed``).
    """
    targets = dict[str, dict[str, Json]]()
    for each in own:
        for name, value in each["values"].items():
            if not names_a_person(name) and _ends(WORDS.get(each["op"]), value):
                targets.setdefault(each["target"], {})[name] = None
    return [{"op": "unset", "values": values, "target": target, "sealed": True}
            for target, values in targets.items()]  # fmt: skip


def _ends(op: Op | None, value: Json) -> bool:
    """Whether nothing that was held before is held on, whatever that was."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return op in (Op.SET, Op.UNSET) or (op is Op.ADD and is_number)


def _timed(event: Event, received_at: Instant, extra: dict[str, Json]) -> Instant:
    """The corrected time; ``extra`` keeps the client's where that was another."""
    assert event.timestamp is not None
    client = parse(event.timestamp)
    sent = None if event.sent_at is None else parse(event.sent_at, "$.sent_at")
    timestamp, basis = correct(client, sent, received_at, true=event.time_is_true)
    if timestamp != client:
        extra["time_basis"] = basis
        extra["timestamp_client"] = client
        if sent is not None:
            extra["sent_at"] = sent
    return timestamp


def _check_ids(event: Event) -> None:
    if not event.event or len(event.event) > LONGEST_NAME:
        raise Invalid(
            "bad_event_name",
            f"An event's name has 1 to {LONGEST_NAME} characters.",
            at="$.event",
            hint="Name what happened, such as checkout_started; put details into properties.",
        )
    if not (event.user_id or event.anonymous_id):
        raise Invalid(
            "no_id",
            "The event does not say who did it.",
            at="$.user_id",
            hint="Give user_id, or anonymous_id where you do not know the user yet.",
        )
    for name in _IDS:
        said = getattr(event, name)
        if said and len(said) > LONGEST_ID:
            raise Invalid(
                "id_too_long",
                f"An id has at most {LONGEST_ID} characters.",
                at=f"$.{name}",
                hint="Send a hash of it.",
            )
    if event.groups or event.identity_links:
        _check_tied(event)


def is_word(said: str) -> bool:
    """Whether a type of groups or a kind of link may be called so."""
    return 0 < len(said) <= LONGEST_WORD and "\0" not in said


def _check_tied(event: Event) -> None:
    """The ids of groups and links; their words stand in the open, and each type is a kind of id."""
    if max(len(event.groups), len(event.identity_links)) > MOST_TIED:
        raise Invalid(
            "too_many_ids",
            f"An event has at most {MOST_TIED} groups and {MOST_TIED} links.",
            at="$.groups" if len(event.groups) > MOST_TIED else "$.identity_links",
            hint="Send several events.",
        )
    tied = [(group.type, (group.id,), "$.groups") for group in event.groups]
    tied += [(link.kind, (link.a, link.b), "$.identity_links") for link in event.identity_links]
    for word, ids, at in tied:
        if not is_word(word):
            raise Invalid(
                "bad_type",
                f"A group's type and a link's kind have 1 to {LONGEST_WORD} characters.",
                at=at,
                hint="Name the type, such as company; the id stands beside it.",
            )
        if not all(0 < len(said) <= LONGEST_ID for said in ids):
            raise Invalid(
                "bad_id",
                f"The ids of groups and links have 1 to {LONGEST_ID} characters.",
                at=at,
                hint="Send a hash of what is longer, and nothing for an id that is not known.",
            )


_IDS = ("user_id", "anonymous_id", "device_id", "session_id", "event_id")


def _rare(event: Event, ip: Policy) -> dict[str, Json]:
    """The canonical fields that most events do not have, as plain data; links stay where they are.

    Nothing is copied in depth: a client may have nested it too deep.
    """
    extra: dict[str, Json] = {}
    if event.x:
        extra["x"] = event.x
    if event.source:
        extra["source"] = msgspec.to_builtins(event.source)
    if event.profile_ops:
        extra["profile_ops"] = [
            asdict(change) | {"values": masked(change.values, ip)} for change in event.profile_ops
        ]
    if event.value is not None:
        extra["value"] = event.value
    if event.currency:
        extra["currency"] = event.currency
    if event.order_id:
        extra["order_id"] = event.order_id
    if event.items:
        extra["items"] = event.items
    if event.entities:
        extra["entities"] = event.entities
    if event.exposure:
        extra["exposure"] = asdict(event.exposure)
    if event.consent:
        extra["consent"] = event.consent
    if event.personless:
        extra["personless"] = True
    if event.ip_policy != "use":
        extra["ip_policy"] = event.ip_policy
    return extra
