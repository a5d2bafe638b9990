"""What people may ask of what is kept about them: that it goes, and all of it in one file."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

import getpass
import secrets
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import structs

from ethogram.events.erasure import Erasure, Receipt
from ethogram.events.errors import Invalid, NotFound
from ethogram.events.event import Instant
from ethogram.events.times import now, parse
from ethogram.protect.vault import Vault
from ethogram.run.erasing import Erasing
from ethogram.run.following import tail
from ethogram.run.letters_of import letters_of
from ethogram.run.looking import Looking
from ethogram.run.subject import into_file, write
from ethogram.show.api.asked import Subject
from ethogram.show.api.ports import Person
from ethogram.store.lake.erasing import rows

_IDS = ["person", "session"]
MOST_IDS = 1_000


@dataclass(frozen=True)
class Requests:
    """See the module.

    ``show`` gives the person of an id, ``forget`` has the writer destroy ids and keys, ``erasing``
    has everybody else do their part, and ``derived`` says what else knows of internal ids.
    """

    show: Callable[[str], Person]
    looking: Looking
    forget: Callable[[Erasure], object]
    erasing: Erasing
    derived: Callable[[Sequence[int]], Sequence[str]]

    @property
    def receipts(self) -> list[Receipt]:
        """Those of all erasures, oldest first."""
        return self.erasing.receipts.all()

    def erase(
        self,
        id_: str | None = None,
        *,
        events: bool = False,
        since: str | None = None,
        until: str | None = None,
        event: str | None = None,
        property: str | None = None,
        open_only: bool = False,
        purge: bool = False,
        by: str | None = None,
    ) -> Receipt:
        """Forget a person, or some of what a person or everybody did; nobody can read it then.

        Of ``id_`` alone the person: all ids and keys, and with ``events`` the events too. With
        ``since``, ``until`` (ISO times) or ``event`` those events go; with ``property`` its values
        in them, and with ``open_only`` not those that are sealed. With ``purge`` no byte of it,
        nor of what was erased before, is left. Raises `NotFound`, `Invalid`.
        """
        said = (_instant(since, "since"), _instant(until, "until"), event, property)
        some = any(each is not None for each in said)
        if id_ is None and not some and not purge:
            raise Invalid("nothing_to_erase", "Nobody and nothing is named.", at="id",
                          hint="Name an id, a time, an event or a property.")  # fmt: skip
        if events and (some or id_ is None):
            raise Invalid("bad_erasure", "With a time, an event or a property, these events go.",
                          at="events", hint="Leave --events out.")  # fmt: skip
        asked = Erasure(secrets.token_hex(8), now(), by or getpass.getuser(), (), events, *said,
                        open_only, purge=purge)  # fmt: skip
        if id_ is None:
            return self._done(asked)
        person = self.show(id_)
        nodes = tuple(int(each) for each in person.ids)
        asked = structs.replace(asked, derived=tuple(self.derived(nodes)))
        if some:
            return self._done(_of(asked, nodes))
        with closing(self.looking.vault()) as vault:
            return self._person(
                asked, (*nodes, *self._devices(person), *self._sessions(nodes)), vault
            )

    def export(self, id_: str, to: Path) -> Subject:
        """Write all that is kept about the person with ``id_`` into a file; see `archive`."""
        return into_file(to, lambda file: self.archive(id_, file))

    def archive(self, id_: str, to: BinaryIO) -> Subject:
        """Write all that is kept about the person with ``id_`` into ``to``, as a ZIP."""
        person = self.show(id_)
        with closing(self.looking.vault()) as vault:
            return write(to, person, self.looking.log, self.looking.lake, vault)

    def _person(self, asked: Erasure, nodes: tuple[int, ...], vault: Vault) -> Receipt:
        names = {found[1] for node in nodes if (found := _name(vault, node))}
        end = self.looking.log.end
        letters = letters_of(names, self.looking.log, self.looking.lake, vault.keyring)
        done = self._done(_of(asked, nodes, letters))
        if late := letters_of(names, self.looking.log, self.looking.lake, vault.keyring, end):
            self._done(Erasure(secrets.token_hex(8), now(), asked.by, letters=tuple(late)))
        self._linked_meanwhile(asked, nodes, vault)
        return done

    def _linked_meanwhile(self, asked: Erasure, nodes: tuple[int, ...], vault: Vault) -> None:
        """Erase too who became the same person while the erasure was on its way."""
        try:
            person = self.show(f"person:{nodes[0]}")
        except NotFound:
            return
        if fresh := {int(each) for each in person.ids} - {*nodes}:
            again = structs.replace(asked, number=secrets.token_hex(8), at=now())
            self._person(again, (*nodes, *fresh, *self._devices(person), *self._sessions([*fresh])),
                         vault)  # fmt: skip

    def _done(self, erasure: Erasure) -> Receipt:
        self.forget(erasure)
        return self.erasing.receipt(erasure)

    def _devices(self, person: Person) -> list[int]:
        """The devices that this person's events alone came from."""
        ids = {*person.ids}
        ties = [tie for tie in person.links if tie.kind in ("device", "device_anonymous")]
        devices = {end for tie in ties for end in (tie.a, tie.b)} - ids
        others = {each: self.show(f"person:{each}").links for each in devices}
        return [int(each) for each, links in others.items()
                if all({tie.a, tie.b} <= {*ids, each} for tie in links)]  # fmt: skip

    def _sessions(self, nodes: Sequence[int]) -> list[int]:
        """The sessions that only events of ``nodes`` belong to."""
        mine = pa.array(nodes, pa.int64())
        fresh = tail(self.looking.log, self.looking.lake).select(_IDS)
        loaded = [*rows(self.looking.lake.events, f"person IN ({_listed(nodes)})", _IDS)]
        theirs = [each.filter(pc.is_in(each["person"], mine)) for each in (fresh, *loaded)]
        found = pc.unique(pa.concat_tables(theirs)["session"]).drop_null()
        shared = [fresh.filter(pc.invert(pc.is_in(fresh["person"], mine)))]
        for start in range(0, len(found), MOST_IDS):
            part = _listed(found.slice(start, MOST_IDS).to_pylist())
            where = f"session IN ({part}) AND person NOT IN ({_listed(nodes)})"
            shared += rows(self.looking.lake.events, where, _IDS)
        others = pa.concat_tables(shared)["session"]
        return found.filter(pc.invert(pc.is_in(found, others.combine_chunks()))).to_pylist()


def _of(asked: Erasure, nodes: Sequence[int], letters: Sequence[int] = ()) -> Erasure:
    return structs.replace(asked, nodes=tuple(nodes), letters=tuple(letters))


def _instant(said: str | None, at: str) -> Instant | None:
    return None if said is None else parse(said, at)


def _name(vault: Vault, node: int) -> tuple[str, str] | None:
    try:
        return vault.name(node)
    except NotFound:
        return None


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))
