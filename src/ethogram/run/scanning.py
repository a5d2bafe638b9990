"""Personal data that nobody tagged: the lake's open values, looked at by kind.

What was looked at is kept in ``findings.json`` of the project, so that the next look goes on from
there. Nothing stands in it but numbers, names of properties, and values as masks.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

import os
import re
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.errors import Invalid
from ethogram.events.event import Instant, Json
from ethogram.events.times import iso
from ethogram.protect.kinds import KINDS, masked
from ethogram.run.reading import Reading
from ethogram.show.api.findings import Finding, Findings
from ethogram.store.lake.changes import said_name
from ethogram.store.lake.schema import Tag, property_of
from ethogram.store.lake.struck import NEEDED, unstruck

AT_ONCE = 1_000_000
"""Rows that one look goes through; the next one goes on."""
NAME = "name"
"""The kind that a property is by what it is called."""
_WORDS = re.compile(
    "firstname|lastname|surname|familyname|fullname|maidenname|(customer|contact|person|user)name"
    "|birth|gender|religion|nationality|passport|licenseplate|zipcode|postcode|postalcode"
    "|(home|street|postal|shipping|billing)address|phone|mobile|email|iban|cardnumber|ssn$"
)
_LARGEST = 1 << 53
"""Whole numbers up to here are exact in a column of numbers."""


class Tally(msgspec.Struct):
    """What was found of a kind in a property: events, their first and last time, a mask."""

    events: int = 0
    since: Instant = 0
    until: Instant = 0
    example: str = ""

    def add(self, events: int, since: Instant, until: Instant, example: str) -> None:
        """So many more events."""
        self.since = min(self.since, since) if self.events else since
        self.until = max(self.until, until)
        self.events += events
        self.example = self.example or example


class Looked(msgspec.Struct):
    """How far it was looked, how many values each property had, and what was found in them."""

    position: int = 0
    values: dict[str, int] = {}
    found: dict[str, dict[str, Tally]] = {}


class Scanning:
    """The scan of a project; ``reading`` has its lake."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self._turn = reading, Lock()
        self._path = reading.folder / "findings.json"

    def look(self, one_in: int = 1, *, anew: bool = False) -> Findings:
        """Go on from where the last look was, at most `AT_ONCE` rows.

        With ``one_in`` it is a sample of all rows, each so-many-th, of which nothing is kept; with
        ``anew`` what was found before is forgotten. Raises `Invalid` for no such sample.
        """
        if one_in < 1:
            raise Invalid("bad_sample", "A sample takes one event in so many.", at="one_in")
        end = self.reading.lake.position
        if one_in > 1:
            return said(self._scan(Looked(), end, one_in), end)
        with self._turn:
            looked = Looked() if anew else self._kept()
            upto = min(looked.position + AT_ONCE, end)
            if upto > looked.position:
                self._keep(self._scan(looked, upto, 1))
            return said(looked, end)

    def forget(self, property: str) -> None:
        """What was found in a property is told no more."""
        with self._turn:
            looked = self._kept()
            looked.values.pop(property, None)
            looked.found.pop(property, None)
            self._keep(looked)

    def _scan(self, looked: Looked, upto: int, one_in: int) -> Looked:
        table = self.reading.lake.events
        columns: dict[str, tuple[str, Tag]] = {
            name: (said, found[1]) for name in table.columns()
            if (found := property_of(name)) and found[1] in ("text", "json", "number")
            and (said := said_name(found[0]))
        }  # fmt: skip
        hidden = self.reading.people.identity
        wanted = [*NEEDED, *columns]
        for rows in table.scan(looked.position, upto, wanted):
            seen = rows.filter(pc.invert(pc.is_in(rows["person"], pa.array(hidden.erased))))
            seen = unstruck(seen, hidden.struck)
            if one_in > 1:
                chosen = pc.equal(_rest(seen["position"], one_in), 0)
                seen = seen.filter(chosen)
            for name, (property, tag) in columns.items():
                if name in seen.column_names:
                    count(looked, property, tag, seen[name], seen["timestamp"])
        looked.position = upto
        return looked

    def _kept(self) -> Looked:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Looked)
        except FileNotFoundError:
            return Looked()

    def _keep(self, looked: Looked) -> None:
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(looked))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _rest(positions: pa.ChunkedArray, divisor: int) -> Any:
    return pc.subtract(positions, pc.multiply(pc.divide(positions, divisor), divisor))


def said(looked: Looked, end: int) -> Findings:
    """What is told of ``looked``: kinds that come often enough among a property's values."""
    shares = {kind.name: kind.share for kind in KINDS}
    found = [
        Finding(name, kind, tally.events, tally.events / max(looked.values.get(name, 0), 1),
                iso(tally.since), iso(tally.until), tally.example)
        for name, kinds in looked.found.items() for kind, tally in kinds.items()
        if tally.events >= shares.get(kind, 0.0) * looked.values.get(name, 0)
    ]  # fmt: skip
    return Findings(sorted(found, key=lambda each: -each.events), looked.position, end)


def count(
    looked: Looked, property: str, tag: Tag, values: pa.ChunkedArray, at: pa.ChunkedArray
) -> None:
    """Add the values of one column, each distinct text looked at once."""
    rows = pa.table({"value": _texts(tag, values), "at": at.cast(pa.int64())})
    rows = rows.filter(pc.is_valid(rows["value"]))
    if not rows.num_rows:
        return
    looked.values[property] = looked.values.get(property, 0) + rows.num_rows
    kinds = looked.found.setdefault(property, {})
    if _WORDS.search("".join(filter(str.isalpha, property.lower()))):
        first, last = pc.min_max(rows["at"]).as_py().values()
        kinds.setdefault(NAME, Tally()).add(rows.num_rows, first, last, "")
    grouped = rows.group_by("value").aggregate([("at", "count"), ("at", "min"), ("at", "max")])
    for kind in KINDS:
        may = grouped.filter(pc.match_substring_regex(grouped["value"], kind.hint)).to_pylist()
        for row in may:
            parts = _strings(row["value"]) if tag == "json" else (row["value"],)
            example = next(filter(None, map(kind.check, parts)), None)
            if example is not None:
                tally = kinds.setdefault(kind.name, Tally())
                tally.add(row["at_count"], row["at_min"], row["at_max"], masked(example))
    if not kinds:
        looked.found.pop(property)


def _texts(tag: Tag, values: pa.ChunkedArray) -> Any:
    """The values as texts; of numbers those that are whole and have enough digits for an id."""
    if tag != "number":
        return values
    whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(values, _LARGEST))
    long = pc.and_(whole, pc.greater_equal(values, 10**9))
    return pc.if_else(long, values, None).cast(pa.int64()).cast(pa.string())


def _strings(said: str) -> Iterator[str]:
    """Every text within a JSON value."""
    waiting: list[Json] = [msgspec.json.decode(said)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
            waiting += inner
