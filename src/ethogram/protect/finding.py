"""People are found by an exact personal value, though values are sealed.

At the door a value becomes a keyed hash, which the vault keeps beside the ids, with the internal
id of whoever it was said of. Only what hardly two people share is hashed: who has a copy of the
vault sees how many have the same, and would know a sex or a birthday by how often it comes.
"""

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

from ethogram.events.erasure import Erasure
from ethogram.events.errors import Invalid
from ethogram.events.event import Instant, Json
from ethogram.events.times import DAY

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]{2,}")
_PHONE = re.compile(r"(?:\+|00)(?:[0-9][ ()./-]{0,2}){7,15}")
_PHONES = frozenset(("phone", "phonenumber", "mobile", "mobilenumber", "tel", "telephone"))
_NAMES = frozenset(("name", "fullname", "customername", "displayname", "username"))
LONGEST = 320
"""Characters of a value; that many may an address of e-mail have (RFC 3696)."""
_MOST = 200_000
"""Values that are known to stand in the vault already, in memory at once."""
_MOST_NAMES = 4_096

Row = tuple[bytes, int, int, int]
"""The hashes of a value and of its property, whose it is, the last day on which they said it."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS hashes(
    value BLOB, property INTEGER, id INTEGER, day INTEGER, PRIMARY KEY (value, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hashes_of ON hashes(id);
"""
ADD = """INSERT INTO hashes VALUES(?, ?, ?, ?)
ON CONFLICT(value, id) DO UPDATE SET day = max(day, excluded.day)"""


def normalised(name: str, value: Json) -> str | None:
    """How ``value``, called ``name``, is compared; None where nobody is found by it.

    E-mail addresses in small letters, telephone numbers by their digits, full names without
    regard to capitals and spaces.

    >>> normalised("contact", " Ann@Example.org"), normalised("phone", "+49 (30) 1234-56")
    ('ann@example.org', '4930123456')
    >>> normalised("sex", "f"), normalised("birthday", "1990-04-01")
    (None, None)
    """
    called = letters(name)
    if value.__class__ is int and called in _PHONES:
        return str(value)
    if value.__class__ is not str or len(value) > LONGEST:
        return None
    said: str = value.strip()
    if not said.isascii():
        said = unicodedata.normalize("NFKC", said)
    if "@" in said and _EMAIL.fullmatch(said):
        return said.lower()
    if _PHONE.fullmatch(said) or called in _PHONES:
        return "".join(filter(str.isdecimal, said)).removeprefix("00") or None
    return " ".join(said.split()).casefold() or None if called in _NAMES else None


@lru_cache(_MOST_NAMES)
def letters(name: str) -> str:
    """What counts of a property's name: ``$email`` and ``E-Mail`` are the same."""
    return "".join(filter(str.isalpha, name.lower()))


def _meant(erasure: Erasure) -> bool:
    """Whether it takes values that people can be found by, of persons who stay."""
    if erasure.some is None or erasure.open_only:
        return False
    return erasure.property_name is not None or erasure.event is None


class Hashes:
    """The hashes that are to be kept, under one project's ``key``."""

    def __init__(self, key: bytes) -> None:
        self._begun = blake2b(digest_size=16, key=key)
        self._properties: dict[str, int] = {}
        self._known: dict[tuple[int, str, Json], int] = {}
        self.made: list[Row] = []

    def note(self, person: int, name: str, value: Json, at: Instant) -> None:
        """``person`` said ``value`` of themselves ``at`` a time; `made` has it where that is new.

        Most values are passed over: see `normalised`.
        """
        if value.__class__ is not str and value.__class__ is not int:
            return
        day, said = at // DAY, (person, name, value)
        if self._known.get(said, day - 1) >= day:
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[said] = day
        if (found := self.of(name, value)) is not None:
            self.made.append((*found, person, day))

    def of(self, name: str, value: Json) -> tuple[bytes, int] | None:
        """The hashes of a value and of its property; None where nobody is found by it."""
        said = normalised(name, value)
        if said is None:
            return None
        return self._hash(f"{letters(name)}\0{said}"), self.property(name)

    def property(self, name: str) -> int:
        """The hash of a property's name: by it its values are forgotten."""
        called = letters(name)
        found = self._properties.get(called)
        if found is None:
            if len(self._properties) >= _MOST_NAMES:
                self._properties.clear()
            found = self._properties[called] = int.from_bytes(self._hash(called)[:4])
        return found

    def asked(self, name: str, value: Json) -> bytes:
        """The hash of a value that somebody looks for. Raises `Invalid` where it is of no use."""
        found = self.of(name, value)
        if found is None:
            raise Invalid(
                "not_findable",
                "Nobody is found by such a value.",
                at="value",
                hint="E-mail addresses, telephone numbers and full names (name, full_name) are.",
            )
        return found[0]

    def forget(self, erasure: Erasure) -> None:
        """Nothing that was erased stays in memory or is still to be kept."""
        self._known.clear()
        if erasure.whole:
            self.made = [row for row in self.made if row[2] not in erasure.nodes]
        elif _meant(erasure):
            gone = erasure.property_name
            own = None if gone is None else self.property(gone)
            self.made = [row for row in self.made if own not in (None, row[1])]

    def gone(self, erasure: Erasure) -> list[tuple[str, tuple[int, ...]]]:
        """The statements that take away what was erased.

        A value goes whose last day lies before the end of what is erased, and not before its
        start: it may go a day early, and comes back when it is said again. Nothing is known of
        which events said it: where those of one name go, it stays.
        """
        if erasure.whole:
            return [("DELETE FROM hashes WHERE id=?", (node,)) for node in erasure.nodes]
        if not _meant(erasure):
            return []
        said, values = ["true"], list[int]()
        if erasure.since is not None:
            said, values = [*said, "day >= ?"], [*values, erasure.since // DAY]
        if erasure.until is not None:
            said, values = [*said, "day <= ?"], [*values, (erasure.until - 1) // DAY]
        if erasure.property_name is not None:
            said, values = [*said, "property=?"], [*values, self.property(erasure.property_name)]
        where = f"DELETE FROM hashes WHERE {' AND '.join(said)}"  # noqa: S608 - words of ours
        if not erasure.nodes:
            return [(where, tuple(values))]
        return [(f"{where} AND id=?", (*values, node)) for node in erasure.nodes]

    def _hash(self, text: str) -> bytes:
        begun = self._begun.copy()
        begun.update(text.encode("utf-8", "surrogatepass"))
        return begun.digest()
