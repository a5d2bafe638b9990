"""Rules of retention at work: what is due is erased, with a receipt like any erasure.

Once a day what every rule has go is asked for; where nothing is there, nothing is. So it may run
as often as one likes, and a run that is cut off is begun again. What came after an erasure is not
struck by it, and is asked for again, though the rule's day is still the same, as under a hold.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

import secrets
from collections.abc import Callable
from contextlib import closing

import pyarrow.compute as pc

from ethogram.events.erasure import Erasure, Struck
from ethogram.events.event import Instant
from ethogram.events.times import iso, now
from ethogram.protect.retention import Due, RetentionRule, due, rule
from ethogram.run.dead_letters import letter_rows
from ethogram.run.requests import Requests
from ethogram.run.rooms import valued
from ethogram.run.saved import SavedThings
from ethogram.show.api.ports import Gone
from ethogram.store.lake.erasing import rows
from ethogram.store.lake.struck import sql_of
from ethogram.store.registry.port import Definition

_ALL = 1 << 62
"""Behind every position."""


class Retention:
    """The rules of a project; ``requests`` erase, ``fresh`` brings the lake up to date."""

    def __init__(self, saved: SavedThings, requests: Requests, fresh: Callable[[], object]) -> None:
        self._saved, self._requests, self._fresh = saved, requests, fresh
        self._looking = requests.looking

    def rules(self) -> list[Definition]:
        """The rules, by name."""
        return self._saved.list("retention")

    def save(self, name: str, body: bytes | str, note: str = "") -> Definition:
        """Save a rule; it becomes the newest version. Raises `Invalid`."""
        return self._saved.save("retention", name, body, note)

    def drop(self, name: str, note: str = "") -> Definition:
        """Drop a rule: what it would have had go stays. Raises `NotFound`."""
        return self._saved.drop("retention", name, note)

    def run(self, at: Instant | None = None) -> list[Gone]:
        """Have everything go that is due ``at`` a time, or now; what went."""
        self._fresh()
        erasures = [made for each in self._due(at or now()) if (made := self._erasure(each))]
        for _, erasure in erasures:
            self._requests.forget(erasure)
        for _, erasure in erasures:
            self._requests.erasing.receipt(erasure)
        return [_gone(each, erasure) for each, erasure in erasures]

    def _due(self, at: Instant) -> list[Due]:
        rules: dict[str, RetentionRule] = {
            each.name: rule(each.body or {}) for each in self.rules()
        }
        if not rules:
            return []
        named = [each.event for each in rules.values() if each.event and each.property is None]
        return due(rules, self._names() if named else (), at)

    def _names(self) -> set[str]:
        """The names of the events that the lake has."""
        found = set[str]()
        for table in self._looking.lake.events.scan(columns=["event"]):
            found.update(pc.unique(table["event"]).to_pylist())
        return found

    def _erasure(self, each: Due) -> tuple[Due, Erasure] | None:
        """What has to be erased, where there is something, and it was not already."""
        number, at, by = secrets.token_hex(8), now(), f"retention:{each.name}"
        if each.letters:
            letters = self._letters(each.until)
            return (each, Erasure(number, at, by, letters=tuple(letters))) if letters else None
        made = Erasure(number, at, by, until=each.until, event=each.event,
                       property_name=each.property)  # fmt: skip
        return (each, made) if self._there(each, self._said(made)) else None

    def _said(self, made: Erasure) -> int:
        """Up to which position of the log the same of everybody was erased already."""
        with closing(self._looking.vault()) as vault:
            same = [said for said, each in vault.erasures()
                    if each.some == made.some and not each.nodes]  # fmt: skip
        return max((_ALL if said is None else said for said in same), default=0)

    def _there(self, each: Due, after: int) -> bool:
        """Whether the lake has some of it from the position ``after`` on."""
        table = self._looking.lake.events
        struck = Struck(_ALL, None, None, each.until, each.event, each.property)
        if each.property is not None:
            return any(at >= after for at in valued(table, struck, self._looking.vault))
        condition = f"{sql_of(struck, table.columns())} AND position >= {after:d}"
        return any(part.num_rows for part in rows(table, condition, ["position"]))

    def _letters(self, until: Instant) -> list[int]:
        """The positions of the refused events that came before ``until``."""
        found: list[int] = []
        columns = ["position", "received_at", "replays"]
        for table in letter_rows(self._looking.log, self._looking.lake, columns):
            old = pc.less(table["received_at"].cast("int64"), until)
            found += table.filter(pc.and_(old, pc.is_null(table["replays"])))[
                "position"
            ].to_pylist()
        return found


def _gone(each: Due, erasure: Erasure) -> Gone:
    return Gone(each.name, iso(each.until), erasure.number, each.event, each.property,
                len(erasure.letters))  # fmt: skip
