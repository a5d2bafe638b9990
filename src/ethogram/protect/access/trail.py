"""The audit: who did what, when and from where, in lines that can be added to and nothing else.

Each line carries a link, the keyed hash of the link before it and of its own bytes, as the log's
records do; nobody can make one without the workspace's key. How far every project's lines go is
under a keyed hash too, the seal, so that none can be taken away; once it is broken it stays so.
Of each day that is over, the last link is signed: who keeps such a root elsewhere can tell later
that the days up to it are as they were, even if the whole file was put back to an older one.
"""

import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from hashlib import blake2b
from hmac import compare_digest

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ethogram.events.errors import Broken, Invalid
from ethogram.events.event import Json
from ethogram.events.times import iso, now
from ethogram.protect.access.caller import Caller
from ethogram.protect.keyring import Keyring
from ethogram.store.registry.access import rows
from ethogram.store.registry.access.database import Connection, Database
from ethogram.store.registry.access.records import AuditEnd, AuditLine, AuditRoot, Kept

LINK_BYTES = 32
GENESIS = bytes(LINK_BYTES)
PAGE = 1000
WORKSPACE = ""
"""The project of lines that are of no project: who failed to sign in and is nobody here."""
_SEAL = "audit"
"""What the seal is kept as."""


class Line(msgspec.Struct, frozen=True):
    """``who`` ``did`` something, ``on`` something, ``at`` a time, from an ``address``."""

    at: str
    who: str
    did: str
    on: str
    address: str
    detail: dict[str, Json] = {}


class Root(msgspec.Struct, frozen=True):
    """The signed end of a day: how many lines there were, the last link, both in hexadecimal."""

    project: str
    day: str
    number: int
    link: str
    signature: str
    public_key: str


def line(caller: Caller, did: str, on: str = "", **detail: Json) -> Line:
    """What ``caller`` does now."""
    return Line(iso(now()), caller.who, did, on, caller.address, detail)


def seal(connection: Connection, keyring: Keyring) -> None:
    """Say of the lines that are there that they are all."""
    rows.put(connection, Kept(_SEAL, _sealed(connection, keyring)))


class Trail:
    """The audit of every project of a workspace; ``keyring`` is the workspace's."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database, self._keyring = database, keyring
        self._signing = Ed25519PrivateKey.from_private_bytes(keyring.key("audit/roots"))
        self.public_key = self._signing.public_key().public_bytes_raw().hex()
        self._coming: queue.SimpleQueue[tuple[str, Line, Future[None]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def append(self, connection: Connection, project: str, said: Line) -> None:
        """Add a line in the transaction of what it tells.

        One that comes late, or by a clock that was set back, is of the day that has begun.
        """
        whole = self._is_whole(connection)
        end = rows.one(connection, AuditEnd, project=project)
        number, link, day = (end.number, end.link, end.day) if end else (0, GENESIS, "")
        if end is not None and day < said.at[:10]:
            rows.add(connection, self._root(end))
        entry = msgspec.json.encode(said)
        made = AuditLine(project, number + 1, entry, self._link(project, link, entry))
        rows.add(connection, made)
        rows.put(connection, AuditEnd(project, made.number, made.link, max(day, said.at[:10])))
        if whole:
            seal(connection, self._keyring)

    def keep(self, project: str, said: Line) -> "Future[None]":
        """Have a line added soon, with others that come meanwhile; done once it is durable.

        It is added also where nobody waits for that any more.
        """
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
                self._thread.start()
            self._coming.put((project, said, done))
        return done

    def read(self, project: str, after: int | None, most: int) -> Iterator[AuditLine]:
        """``most`` lines behind number ``after``, or the newest."""
        with self._database.reading() as connection:
            end = rows.one(connection, AuditEnd, project=project)
        newest = end.number if end else 0
        return self.lines(project, max(newest - most, 0) if after is None else after, most)

    def lines(self, project: str, after: int = 0, most: int | None = None) -> Iterator[AuditLine]:
        """The lines behind number ``after``, ``most`` of them, as they stand."""
        while most is None or most > 0:
            take = PAGE if most is None else min(most, PAGE)
            with self._database.reading() as connection:
                found = rows.many(
                    connection, AuditLine, "number", project=project, after=after, most=take
                )
            yield from found
            if len(found) < take:
                return
            after, most = found[-1].number, None if most is None else most - take

    def roots(self, project: str) -> list[Root]:
        """The signed ends of the days that are over, and of today so far."""
        with self._database.reading() as connection:
            found = rows.many(connection, AuditRoot, "day", project=project)
            end = rows.one(connection, AuditEnd, project=project)
        if end is not None:
            found = [*(each for each in found if each.day != end.day), self._root(end)]
        return [self._told(each) for each in found]

    def verify(self, project: str) -> int:
        """How many lines there are. Raises `Broken` where they are not those that were added."""
        with self._database.writing() as connection:  # nobody adds one between these
            signed = rows.many(connection, AuditRoot, "day", project=project)
            end = rows.one(connection, AuditEnd, project=project)
            whole = self._is_whole(connection)
        roots = {each.number: each for each in signed}
        link, number, day = GENESIS, 0, ""
        for each in self.lines(project, most=end.number if end else None):
            if each.number != number + 1:
                raise _broken(project, number, "Lines behind this one are missing.")
            # SQLite gives back text where somebody put text.
            link = self._link(project, link, each.entry) if type(each.entry) is bytes else b""
            if link != each.link:
                raise _broken(project, each.number, "This line is not what was written.")
            said = msgspec.json.decode(each.entry, type=Line).at[:10]
            if day and day < said and number not in roots:
                raise _broken(project, number, "The day ends here, and its root is missing.")
            number, day = each.number, max(day, said)
            if number in roots:
                self._check(roots[number], link, day)
        ended = (end.number, end.link, end.day) if end else (0, GENESIS, "")
        if ended != (number, link, day) or any(each > number for each in roots):
            raise _broken(project, number, "Lines behind this one are missing.")
        if not whole:
            raise _broken(project, number, "Lines of this or another project were taken away.")
        return number

    def compare(self, project: str, kept: Iterable[Root]) -> None:
        """Raise `Broken` where roots that were ``kept`` elsewhere are not of these lines."""
        for root in kept:
            if root.project != project:
                raise Invalid("other_root", f"This is a root of {root.project!r}.", at="--root")
            with self._database.reading() as connection:
                found = rows.one(connection, AuditLine, project=project, number=root.number)
            if found is None:
                raise _broken(project, root.number, f"There was a line here on {root.day}.")
            link, signature = bytes.fromhex(root.link), bytes.fromhex(root.signature)
            signed = AuditRoot(project, root.day, root.number, link, signature)
            self._check(signed, found.link, root.day)

    def projects(self) -> list[str]:
        """Those that have lines, and the workspace itself where it has some."""
        with self._database.reading() as connection:
            return [each.project for each in rows.many(connection, AuditEnd, "project")]

    def close(self) -> None:
        """Write down what waits."""
        with self._starting:
            if self._thread is not None:
                self._coming.put(None)
                self._thread.join()
                self._thread = None

    def _work(self) -> None:
        """Add what waits, in as few transactions as come together."""
        while True:
            batch = [self._coming.get()]
            while not self._coming.empty():
                batch.append(self._coming.get())
            wanted = [each for each in batch if each is not None]
            try:
                with self._database.writing() as connection:
                    for project, said, _ in wanted:
                        self.append(connection, project, said)
            except Exception as error:  # noqa: BLE001 - who waits is told
                for *_, done in wanted:
                    done.set_exception(error)
            else:
                for *_, done in wanted:
                    done.set_result(None)
            if None in batch:
                return

    def _link(self, project: str, before: bytes, entry: bytes) -> bytes:
        key = self._keyring.key(f"audit/{project}")
        return blake2b(before + entry, digest_size=LINK_BYTES, key=key).digest()

    def _is_whole(self, connection: Connection) -> bool:
        kept = rows.one(connection, Kept, name=_SEAL)
        return kept is not None and compare_digest(kept.value, _sealed(connection, self._keyring))

    def _root(self, end: AuditEnd) -> AuditRoot:
        signature = self._signing.sign(_signed(end.project, end.day, end.number, end.link))
        return AuditRoot(end.project, end.day, end.number, end.link, signature)

    def _check(self, root: AuditRoot, link: bytes, day: str) -> None:
        said = _signed(root.project, root.day, root.number, root.link)
        try:
            self._signing.public_key().verify(root.signature, said)
        except InvalidSignature:
            raise _broken(root.project, root.number, "The day's root is not signed.") from None
        if (root.link, root.day) != (link, day):
            raise _broken(root.project, root.number, "The day's root is of other lines.")

    def _told(self, root: AuditRoot) -> Root:
        return Root(
            root.project, root.day, root.number, root.link.hex(), root.signature.hex(),
            self.public_key,
        )  # fmt: skip


def _sealed(connection: Connection, keyring: Keyring) -> bytes:
    ends = rows.many(connection, AuditEnd, "project")
    key = keyring.key("ends of the audit")
    return blake2b(msgspec.json.encode(ends), digest_size=LINK_BYTES, key=key).digest()


def _signed(project: str, day: str, number: int, link: bytes) -> bytes:
    """What a root's signature is of; anybody can make it of a `Root` and check it (Ed25519)."""
    return f"ethogram audit {project} {day} {number} {link.hex()}".encode()


def _broken(project: str, number: int, said: str) -> Broken:
    return Broken("audit_changed", said, at=f"audit of {project or 'the workspace'}:{number}")
