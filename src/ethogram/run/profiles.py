"""A person's profile, its history and what they did, out of the index.

What is sealed is only in lake and log, and is opened for whom it may be.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.questions.journey import Journey, Place
from ethogram.ask.sequences.profile import Known, known_of
from ethogram.events.errors import NotFound
from ethogram.events.event import Instant, Json
from ethogram.events.profile import Change, Op, changes_of
from ethogram.events.times import iso, parse
from ethogram.people.profiles import Moment, fold, histories
from ethogram.protect import sealed_rows
from ethogram.protect.vault import Vault
from ethogram.run.following import tail
from ethogram.run.reading import Reading, Sight
from ethogram.show.api.ports import Person
from ethogram.show.api.profile import (
    AskedProfile,
    Before,
    Deed,
    GroupTold,
    Profile,
    ProfileProperty,
    ProfileStep,
)
from ethogram.store.lake.erasing import rows
from ethogram.store.lake.struck import unstruck

_COLUMNS = ("position", "timestamp", "event", "event_id", "person", "sealed")
_AFTER = 1 << 32
"""What is sealed of an event comes after its open changes, which are numbered from 0 on."""
_END = "2099-12-31T23:59:59Z"


@dataclass(frozen=True)
class _Opened:
    """What was sealed: changes of the profile, and properties by the position of their event."""

    changes: list[Change] = field(default_factory=list[Change])
    properties: dict[int, dict[str, Json]] = field(default_factory=dict[int, dict[str, Json]])


def profile(
    reading: Reading, vault: Vault, person: Person, asked: AskedProfile, sight: Sight
) -> Profile:
    """What is known of ``person``, and what they did, as far as ``sight`` lets see."""
    known = known_of(sight.of(reading.persons.snapshot), int(person.person))
    ids = list(map(int, person.ids))
    opened = _opened(reading, vault, ids) if asked.personal else _Opened()
    done, total, earlier = _done(reading, int(person.person), asked, sight, opened)
    return Profile(
        person.person,
        [name for each in ids if (name := _name(vault, each))] if asked.personal else [],
        list(_properties(known, opened, None if asked.at is None else parse(asked.at, "$.at"))),
        list(_members(known, vault if asked.personal else None)),
        _traits(reading, int(person.person), sight),
        done,
        total,
        earlier,
    )


def _traits(reading: Reading, person: int, sight: Sight) -> dict[str, Json]:
    return reading.traits.of(person, reading.persons.snapshot) if sight.view is None else {}


def _properties(known: Known, opened: _Opened, at: Instant | None) -> Iterator[ProfileProperty]:
    # The door says of what it sealed that the open value before it is unset; here there is both.
    both = {(each.at, each.turn, each.name) for each in opened.changes}
    open_ = (each for each in known.changes
             if each.op is not Op.UNSET or (each.at, each.turn, each.name) not in both)  # fmt: skip
    changes = [*open_, *opened.changes]
    held, sealed = fold(changes, at), {each.name for each in opened.changes}
    for name, own in histories(changes, at).items():
        yield ProfileProperty(
            name,
            [_step(each) for each in own.moments],
            own.steps,
            None if own.since is None else iso(own.since),
            held.get(name, msgspec.UNSET),
            name in sealed,
        )


def _step(moment: Moment) -> ProfileStep:
    change = moment.change
    op = change.op.name.lower()
    return ProfileStep(iso(change.at), op, change.value, moment.changed, moment.held)


def _members(known: Known, vault: Vault | None) -> Iterator[GroupTold]:
    for type_, ids in known.groups.items():
        for each in ids:
            yield GroupTold(type_, each, None if vault is None else _name(vault, int(each)))


def _done(
    reading: Reading, person: int, asked: AskedProfile, sight: Sight, opened: _Opened
) -> tuple[list[Deed], int, Before | None]:
    before = asked.before or Before(_END, 0)
    spec = Journey(person, limit=asked.limit, before=Place(before.time, before.position))
    found = reading.ask(spec, cache=False, sight=sight).to_dict()
    done = [_event(each, opened.properties) for each in reversed(found["events"])]
    previous: Mapping[str, Any] | None = found["previous"]
    earlier = None if previous is None else Before(previous["time"], previous["position"])
    return done, found["total"], earlier


def _event(row: Mapping[str, Any], opened: Mapping[int, dict[str, Json]]) -> Deed:
    personal = opened.get(row["position"], {})
    return Deed(row["time"], row["event"], row["position"], row["session"], row["properties"],
                personal)  # fmt: skip


def _opened(reading: Reading, vault: Vault, nodes: list[int]) -> _Opened:
    """What is sealed in the events of ``nodes``."""
    fresh, mine = tail(reading.log, reading.lake), pa.array(nodes, pa.int64())
    fresh = fresh.filter(pc.is_in(fresh["person"], mine)).select(_COLUMNS)
    where = f"person IN ({', '.join(map(str, nodes))}) AND sealed IS NOT NULL"
    found = _Opened()
    for table in (fresh, *rows(reading.lake.events, where, _COLUMNS)):
        shown = unstruck(table, reading.people.identity.struck)
        shown = shown.filter(pc.is_valid(shown["sealed"]))
        for row, values in zip(shown.to_pylist(), sealed_rows.opened(shown, vault), strict=True):
            _open(found, row, values or {})
    return found


def _open(found: _Opened, row: Mapping[str, Any], values: dict[str, Json]) -> None:
    found.properties[row["position"]] = values.get("properties", {})
    said = values.get("extra", {}).get("profile_ops", [])
    at: Instant = pa.scalar(row["timestamp"], pa.timestamp("us", "UTC")).value
    for each in changes_of(at, row["event_id"], said):
        found.changes.append(each._replace(place=each.place + _AFTER))


def _name(vault: Vault, node: int) -> str | None:
    try:
        kind, said = vault.name(node)
    except NotFound:
        return None
    return f"{kind.removeprefix('group:')}:{said}"
