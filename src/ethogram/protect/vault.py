"""The vault: which internal id an external one has, and each person's key.

An external id is found by a keyed hash and kept encrypted; its internal id is random, so once
the row is gone nothing can make the link again. New ids are held in memory until `store`
makes them durable, which happens before the first event that uses them is.

`id`, `cipher`, `take` and `stored` belong to one thread, `store` may run in another.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

import apsw
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ethogram.events.erasure import Erasure
from ethogram.events.errors import Broken, Busy, NotFound
from ethogram.events.event import Json
from ethogram.protect.erasures import Remembered, Unseen
from ethogram.protect.finding import ADD, SCHEMA, Hashes, Row
from ethogram.protect.keyring import NONCE_BYTES, Keyring, unwrap, unwrap_by_any, wrap
from ethogram.store.log.sqlite import scrub

_erasure = msgspec.json.Decoder(Erasure).decode
ID_BITS = 53
"""Internal ids stay exact in every JSON reader."""

_KINDS = ("user", "anonymous", "device", "session")
"""Others come with the groups that clients name."""
_MOST_IDS = 200_000
_MOST_CIPHERS = 40_000
"""In memory at once; a cipher is 2.5 KB."""

_PATIENCE = 10_000
_SHORTLY = 200
"""Milliseconds to wait for other processes."""
_PROJECT = "project"
"""What the project's secret is wrapped for."""
_TOGETHER = 512
"""So many values at most stand in one statement."""
_RENEWED = 2048
"""So many new rows, then look-ups take a new view. Each one begins with an empty cache."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS secret(id INTEGER PRIMARY KEY CHECK (id = 1), wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS ids(
    id INTEGER PRIMARY KEY, lookup BLOB NOT NULL UNIQUE, name BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS keys(id INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS erasures(
    number TEXT PRIMARY KEY, said INTEGER, erasure BLOB NOT NULL) STRICT;
"""


@dataclass
class Made:
    """Ids and keys that were made but are not durable yet."""

    names: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    ids: list[tuple[int, bytes, bytes]] = field(default_factory=list[tuple[int, bytes, bytes]])
    ciphers: dict[int, AESGCM] = field(default_factory=dict[int, AESGCM])
    keys: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    hashes: list[Row] = field(default_factory=list[Row])

    def __bool__(self) -> bool:
        return bool(self.ids or self.keys or self.hashes)


class _Ids(dict[str, int]):
    """The internal ids of one kind by name; what is not in memory is looked for, or made."""

    def __init__(self, kind: str, missing: Callable[[str, str], int]) -> None:
        super().__init__()
        self._kind, self._missing = kind, missing

    def __missing__(self, name: str) -> int:
        known = self[name] = self._missing(self._kind, name)
        return known


class Vault:
    """One project's vault, in one file. One process writes it.

    ``remembered`` has its erasures once more, outside of what is backed up with it. ``master`` is
    the master key, ``before`` those that a rotation replaces.
    """

    def __init__(
        self,
        path: Path,
        master: bytes,
        remembered: Remembered | None = None,
        before: Sequence[bytes] = (),
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._reading = _opened(path)
        self._reading.execute(_SCHEMA + SCHEMA)
        self._writing = _opened(path)
        self.keyring = Keyring(self._secret([master, *before]))
        self._names = AESGCM(self.keyring.key("names"))
        self._wrapping = AESGCM(self.keyring.key("wrapping"))
        self.hashes = Hashes(self.keyring.key("found by value"))
        self._ids = {kind: _Ids(kind, self._find_or_make) for kind in _KINDS}
        self._held = 0
        self.users, self.anonymous, self.devices, self.sessions = self._ids.values()
        self._ciphers: dict[int, AESGCM] = {}
        self._keyless: set[int] = set()
        self._made = Made()
        self._newer = 0
        self._remembered = remembered
        self.unseen = self._look_unseen()

    def look(self) -> None:
        """Look-ups keep to one view of the file until `stored` renews it.

        What is newer than the view is in memory. Without it each look-up after a commit would
        begin with an empty cache.
        """
        if not self._reading.in_transaction:
            self._reading.execute("BEGIN")

    def id(self, kind: str, name: str) -> int:
        """The internal id of one external one, made where it is new.

        The same ``name`` of another ``kind`` (user, anonymous, device, …) is another id.
        """
        return self.ids(kind)[name]

    def ids(self, kind: str) -> dict[str, int]:
        """The ids of one ``kind`` by name; asking for one that is new makes it.

        The mapping is good until the next `stored`.
        """
        found = self._ids.get(kind)
        if found is None:
            found = self._ids[kind] = _Ids(kind, self._find_or_make)
        return found

    def gather(self, kind: str, names: Iterable[str]) -> None:
        """Have the ids of all ``names`` in memory, those made that are new: much faster than one
        after the other. They stay until the next `stored`.
        """
        if said := self.recall(kind, names):
            self._make_ids(kind, said)

    def recall(self, kind: str, names: Iterable[str]) -> dict[bytes, str]:
        """As `gather`, but nothing is made; what has no id, by its look-up."""
        ids = self.ids(kind)
        missing = [name for name in dict.fromkeys(names) if name not in ids]
        self._held += len(missing)
        said = {self._lookup(f"{kind}\0{name}"): name for name in missing}
        for lookup, id_ in self._rows("SELECT lookup, id FROM ids WHERE lookup IN", list(said)):
            ids[said.pop(lookup)] = id_
        return said

    def find(self, kind: str, name: str) -> int | None:
        """The internal id of an external one that is known, else None; makes nothing."""
        self._renew()
        return self.known(kind, name)

    def known(self, kind: str, name: str) -> int | None:
        """As `find`, in the view of the file that look-ups keep to."""
        held = self._ids.get(kind, {}).get(name)
        if held is not None:
            return held
        row = self._row("SELECT id FROM ids WHERE lookup=?", self._lookup(f"{kind}\0{name}"))
        return row[0] if row else None

    def name(self, person: int) -> tuple[str, str]:
        """(kind, external id) of an internal one.

        Raises `NotFound` where it has none any more, `Broken` where the file was changed.
        """
        self._renew()
        row = self._row("SELECT name FROM ids WHERE id=?", person)
        if row is None:
            raise NotFound("unknown_person", f"Nobody here has the internal id {person}.")
        nonce, text = row[0][:NONCE_BYTES], row[0][NONCE_BYTES:]
        try:
            said = self._names.decrypt(nonce, text, _bound(person))
        except InvalidTag:
            raise Broken("vault_changed", "The vault has another's name there, or a changed one.",
                         at=str(person)) from None  # fmt: skip
        kind, _, name = said.decode("utf-8", "surrogatepass").partition("\0")
        return kind, name

    def found(self, name: str, value: Json) -> list[int]:
        """The internal ids of those who said ``value`` of themselves under ``name``, in order.

        Raises `Invalid` where nobody is found by such a value.
        """
        asked = self.hashes.asked(name, value)
        self._renew()
        rows = self._reading.execute("SELECT id FROM hashes WHERE value=? ORDER BY id", (asked,))
        return [id_ for (id_,) in cast("Iterator[Any]", rows)]

    def found_by(self, person: int) -> int:
        """By how many values a person is found."""
        (count,) = self._row("SELECT count(*) FROM hashes WHERE id=?", person) or (0,)
        return count

    def cipher(self, person: int) -> AESGCM:
        """The person's own cipher; its key is made when it is first asked for."""
        known = self._ciphers.get(person) or self.kept_cipher(person)
        if known is None:
            return self._make_key(person)
        self._ciphers[person] = known
        return known

    def kept_cipher(self, person: int) -> AESGCM | None:
        """The person's own cipher if there is one; erasing the person destroys it.

        Who only opens what was sealed keeps none in memory: another process may erase the person.
        """
        if person in self._ciphers or person in self._keyless:
            return self._ciphers.get(person)
        row = self._row("SELECT wrapped FROM keys WHERE id=?", person)
        return AESGCM(unwrap(self._wrapping, row[0], f"person/{person}")) if row else None

    def make_keys(self, persons: Sequence[int]) -> None:
        """Have a key for each of ``persons``, but for those who were erased."""
        self._renew()
        for (id_,) in [*self._rows("SELECT id FROM ids WHERE id IN", persons)]:
            self.cipher(id_)

    def take(self) -> Made:
        """What was made since the last call: give it to `store`, then `stored` or `put_back`."""
        taken, self._made = self._made, Made()
        taken.hashes, self.hashes.made = self.hashes.made, []
        return taken

    def store(self, made: Made) -> None:
        """Make ids and keys durable. Raises `apsw.Error` where the disk refuses."""
        with self._writing:
            self._writing.executemany("INSERT OR IGNORE INTO ids VALUES(?, ?, ?)", made.ids)
            self._writing.executemany("INSERT OR IGNORE INTO keys VALUES(?, ?)", made.keys)
            self._writing.executemany(ADD, made.hashes)

    def stored(self, made: Made) -> None:
        """What was taken is durable, and nothing else is under way."""
        self._newer += len(made.ids) + len(made.keys)
        if self._newer > _RENEWED:
            self._renew()
        if self._held > _MOST_IDS:
            self._renew()
            self._forget_ids()
        if len(self._ciphers) > _MOST_CIPHERS:
            self._renew()
            self._ciphers = dict(self._made.ciphers)

    def put_back(self, made: Made) -> None:
        """What was taken may not be durable: the next `take` gives it again."""
        newer, self._made = self._made, made
        made.names += newer.names
        made.ids += newer.ids
        made.ciphers |= newer.ciphers
        made.keys += newer.keys
        self.hashes.made = made.hashes + self.hashes.made

    def erase(self, erasure: Erasure) -> None:
        """Destroy ids and keys of those who are erased, and write down that they are.

        All of it or nothing, durably; nothing that was taken may be under way. Done again, it
        changes nothing. An id that comes back is a new one. Raises `Busy`, and erases nothing,
        where it cannot be written down outside of the vault too.
        """
        if self._remembered is not None:
            self._remembered.ready()
        if self._destroy(erasure) and self._remembered is not None:
            self._remembered.add(erasure)

    def _destroy(self, erasure: Erasure) -> bool:
        """Whether it was not written down yet."""
        with self._writing:
            if erasure.whole:
                nodes = [(node,) for node in erasure.nodes]
                self._writing.executemany("DELETE FROM ids WHERE id=?", nodes)
                self._writing.executemany("DELETE FROM keys WHERE id=?", nodes)
            for statement, values in self.hashes.gone(erasure):
                self._writing.execute(statement, values)
            row = erasure.number, None, msgspec.json.encode(erasure)
            self._writing.execute("INSERT OR IGNORE INTO erasures VALUES(?, ?, ?)", row)
        new = bool(self._writing.changes())
        self._renew()
        self.hashes.forget(erasure)
        if erasure.whole:
            self._forget(set(erasure.nodes))
        if erasure.whole or erasure.some is not None:
            with suppress(Busy):
                self.scrub(_SHORTLY)
        return new

    def scrub(self, patience: int = _PATIENCE) -> None:
        """Leave no byte of what was destroyed in the files.

        Raises `Busy` where somebody reads what was for more than ``patience`` milliseconds.
        """
        self._writing.set_busy_timeout(patience)
        try:
            scrub(self._writing)
        finally:
            self._writing.set_busy_timeout(_PATIENCE)

    def count(self) -> int:
        """How many ids from outside are known."""
        found: Any = self._writing.execute("SELECT count(*) FROM ids").get
        return found

    def rewrap(self, masters: Sequence[bytes]) -> bool:
        """Wrap the project's secret by the first of ``masters``, one of which opens it now.

        Nothing else changes. Whether no byte is left that an older key opens: for that nobody may
        read the file for a moment.
        """
        with self._writing:
            row: Any = self._writing.execute("SELECT wrapped FROM secret").fetchone()
            secret = unwrap_by_any(masters, row[0], _PROJECT)
            wrapped = wrap(AESGCM(masters[0]), secret, _PROJECT)
            self._writing.execute("UPDATE secret SET wrapped=?", (wrapped,))
        self._renew()
        with suppress(Busy):
            self.scrub(_SHORTLY)
            return True
        return False

    def erasures(self) -> list[tuple[int | None, Erasure]]:
        """Every erasure, and at which position the log says it; None where it does not yet."""
        rows = self._writing.execute("SELECT said, erasure FROM erasures ORDER BY rowid")
        return [(said, _erasure(text)) for said, text in cast("Iterator[Any]", rows)]

    def look_again(self) -> None:
        """See what another process has erased since."""
        self.unseen = self._look_unseen()

    def unsaid(self) -> list[Erasure]:
        """What the log does not say yet, once what a backup did not know of is erased again."""
        known = {erasure.number for _, erasure in self.erasures()}
        remembered = self._remembered.all() if self._remembered is not None else []
        for erasure in remembered:
            if erasure.number not in known:
                self._destroy(erasure)
        for said in known - {erasure.number for erasure in remembered}:
            self._remember(said)
        return [erasure for position, erasure in self.erasures() if position is None]

    def say(self, numbers: Iterable[str], position: int) -> None:
        """The log says these erasures, at ``position``."""
        with self._writing:
            said = "UPDATE erasures SET said=? WHERE number=?"
            self._writing.executemany(said, [(position, number) for number in numbers])
        self.unseen = self._look_unseen()

    def close(self) -> None:
        """Let go of the file."""
        self._reading.close()
        self._writing.close()

    def _look_unseen(self) -> Unseen:
        """What the erasures that were said hide."""
        said = [(at, erasure) for at, erasure in self.erasures() if at is not None]
        return Unseen(tuple(said))

    def _forget(self, nodes: set[int]) -> None:
        """Nothing of ``nodes`` stays in memory."""
        for ids in self._ids.values():
            for name in [name for name, id_ in ids.items() if id_ in nodes]:
                del ids[name]
        for node in nodes:
            self._ciphers.pop(node, None)
            self._made.ciphers.pop(node, None)
        self._keyless -= nodes
        self._made.names = [each for each in self._made.names if each[2] not in nodes]
        self._made.ids = [each for each in self._made.ids if each[0] not in nodes]
        self._made.keys = [each for each in self._made.keys if each[0] not in nodes]

    def _remember(self, number: str) -> None:
        """Write an erasure down beside the key that a crash kept from there."""
        if self._remembered is not None:
            said = "SELECT erasure FROM erasures WHERE number=?"
            text: Any = self._writing.execute(said, (number,)).get
            self._remembered.add(_erasure(text))

    def _find_or_make(self, kind: str, name: str) -> int:
        self.gather(kind, [name])
        return self.ids(kind)[name]

    def _make_ids(self, kind: str, said: dict[bytes, str]) -> None:
        """New ids for the names in ``said``, which are by their look-up."""
        noise = iter(_random_parts(len(said)))
        made = {lookup: next(noise) for lookup in said}
        while taken := self._taken(made):
            made |= dict(zip(taken, _random_parts(len(taken)), strict=True))
        ids = self.ids(kind)
        for lookup, (id_, nonce) in made.items():
            text = f"{kind}\0{said[lookup]}".encode("utf-8", "surrogatepass")
            self._made.ids.append(
                (id_, lookup, nonce + self._names.encrypt(nonce, text, _bound(id_)))
            )
            self._made.names.append((kind, said[lookup], id_))
            self._keyless.add(id_)
            ids[said[lookup]] = id_

    def _taken(self, made: dict[bytes, tuple[int, bytes]]) -> list[bytes]:
        """The look-ups whose new id is somebody's already, or that of another new one."""
        first = {id_: lookup for lookup, (id_, _) in reversed(made.items())}
        known = {id_ for (id_,) in self._rows("SELECT id FROM ids WHERE id IN", list(first))}
        return [
            lookup
            for lookup, (id_, _) in made.items()
            if id_ == 0 or id_ in known or first[id_] is not lookup
        ]

    def _make_key(self, person: int) -> AESGCM:
        key = AESGCM.generate_key(256)
        self._made.keys.append((person, wrap(self._wrapping, key, f"person/{person}")))
        self._made.ciphers[person] = self._ciphers[person] = AESGCM(key)
        self._keyless.discard(person)
        return self._ciphers[person]

    def _lookup(self, said: str) -> bytes:
        data = said.encode("utf-8", "surrogatepass")
        return blake2b(data, digest_size=16, key=self.keyring.lookup).digest()

    def _forget_ids(self) -> None:
        """Only what the file does not have stays in memory."""
        self._ids = {kind: self._ids[kind] for kind in _KINDS}
        for ids in self._ids.values():
            ids.clear()
        for kind, name, made in self._made.names:
            self.ids(kind)[name] = made
        self._held = len(self._made.names)
        made = {id_ for _, _, id_ in self._made.names}
        self._keyless = made - self._made.ciphers.keys()

    def _renew(self) -> None:
        self._newer = 0
        if self._reading.in_transaction:
            self._reading.execute("COMMIT")

    def _row(self, sql: str, value: int | bytes) -> tuple[Any, ...] | None:
        return self._reading.execute(sql, (value,)).fetchone()

    def _rows(self, sql: str, values: Sequence[int | bytes]) -> Iterator[tuple[Any, ...]]:
        """The rows of ``sql``, which ends with IN, for all ``values``.

        Lists are filled up to few lengths, so that SQLite prepares few statements.
        """
        for start in range(0, len(values), _TOGETHER):
            part = values[start : start + _TOGETHER]
            size = 1 << (len(part) - 1).bit_length()
            filled = [*part, *[part[-1]] * (size - len(part))]
            yield from self._reading.execute(f"{sql} ({','.join('?' * size)})", filled)

    def _secret(self, masters: Sequence[bytes]) -> bytes:
        row = self._reading.execute("SELECT wrapped FROM secret").fetchone()
        if row:
            return unwrap_by_any(masters, row[0], _PROJECT)
        secret = os.urandom(32)
        wrapped = wrap(AESGCM(masters[0]), secret, _PROJECT)
        self._writing.execute("INSERT INTO secret VALUES(1, ?)", (wrapped,))
        return secret


def _random_parts(count: int) -> list[tuple[int, bytes]]:
    """So many random ids, each with a nonce; the kernel is asked once."""
    size = 7 + NONCE_BYTES
    noise = os.urandom(size * count)
    parts = [noise[i : i + size] for i in range(0, len(noise), size)]
    return [(int.from_bytes(part[:7]) >> (56 - ID_BITS), part[7:]) for part in parts]


def _bound(id_: int) -> bytes:
    """What a name is sealed for: under another id it does not open."""
    return b"%d" % id_


def _opened(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(_PATIENCE)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA cache_size=-65536")
    connection.execute("PRAGMA wal_autocheckpoint=8192")  # ids are random: pages are written often
    return connection
