"""What persons allow, as people see and record it; see `ethogram.show.api.consents`."""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from getpass import getuser
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.errors import Invalid, NotFound, nearest
from ethogram.events.event import Instant
from ethogram.events.times import iso, now, parse
from ethogram.people.identity import Identity
from ethogram.protect.consent import purposes as kept
from ethogram.protect.consent.purposes import ConsentPurpose, in_force
from ethogram.protect.consent.sending import Sending
from ethogram.protect.consent.standing import Standing, left_out
from ethogram.protect.consent.words import Word, holding, word
from ethogram.protect.sealing import unseal
from ethogram.protect.vault import Vault
from ethogram.run.saved import SavedThings
from ethogram.show.api.consents import Given, PersonConsents, PurposeTold, Record, Say
from ethogram.show.api.ports import Person
from ethogram.store.lake.loader import consents
from ethogram.store.lake.tables import Lake, past
from ethogram.store.log.entries import Consented, Control, Joined, Parted
from ethogram.store.log.port import LogReader
from ethogram.store.registry.port import Definition


def records(log: LogReader, lake: Lake) -> pa.Table:
    """Every record of consent that lake and log have, in order (`CONSENTS`)."""
    loaded = lake.consents.position
    fresh = past(consents(log.read(max(lake.position, log.start), 1 << 62)), loaded)
    tables = [fresh, *lake.consents.scan(0)]
    return pa.concat_tables(tables, promote_options="default").sort_by("position")


def restore(standing: Standing, lake: Lake) -> None:
    """Have the door's file say again what the lake has: it was lost, or is an older one."""
    said: list[tuple[int, Control]] = []
    for part in lake.consents.scan(standing.position):
        times = {name: part[name].cast(pa.int64()).to_pylist() for name in ("at", "received_at")}
        rows = part.drop_columns([*times]).to_pylist()
        for row, at, received_at in zip(rows, times["at"], times["received_at"], strict=True):
            row |= {"at": at, "received_at": received_at, "history": bool(row.get("history"))}
            said.append((row.pop("position"), Consented(**row)))
    columns = ["position", "statement", "kind", "a", "b"]
    for part in lake.statements.scan(standing.position, columns=columns):
        for position, what, kind, a, b in zip(*(part[n].to_pylist() for n in columns), strict=True):
            if what == "joined":
                said.append((position, Joined(a, b, 0)))
            elif what == "parted":
                said.append((position, Parted(kind, a, b, 0)))
    controls = [each for _, each in sorted(said, key=itemgetter(0))]
    standing.keep(controls, (), {}, 0, lake.position)


class Consents:
    """See the module. ``read`` gives all records, ``show`` the person of an id.

    ``append`` keeps a record; ``identity`` says who is who, ``vault`` opens the vault.
    """

    def __init__(
        self,
        *,
        folder: Path,
        saved: SavedThings,
        read: Callable[[], pa.Table],
        show: Callable[[str], Person],
        append: Callable[[Sequence[Consented]], object],
        identity: Callable[[], Identity],
        vault: Callable[[], Vault],
    ) -> None:
        self.saved, self._folder, self._read = saved, folder, read
        self._show, self._append = show, append
        self._identity, self._vault = identity, vault

    @property
    def sending(self) -> Sending:
        """Who may be sent where, by all records until now."""
        return Sending(self._read(), self._identity().resolve)

    def purposes(self) -> list[PurposeTold]:
        """Every purpose, with how many gave and withdrew it, and what the door left out."""
        read, out = self._read(), left_out(self._folder / "consent.sqlite")
        sending, days = Sending(read, self._identity().resolve), _days(read)
        bodies = self._bodies()
        named = {*kept.BUILT_IN, *bodies, *days, *(purpose for _, purpose, _, _ in out)}
        return [
            _told(name, bodies.get(name, (0, ConsentPurpose())), sending, days[name], out)
            for name in sorted(named)
        ]

    def set_purpose(self, name: str, body: bytes | Mapping[str, Any], note: str = "") -> Definition:
        """Save a purpose: it holds from the next event on. Raises `Invalid`."""
        made = self.saved.save("purpose", name, body, note)
        self.publish()
        return made

    def drop_purpose(self, name: str, note: str = "") -> Definition:
        """Drop a purpose; its records stay. Raises `NotFound`."""
        made = self.saved.drop("purpose", name, note)
        self.publish()
        return made

    def publish(self) -> None:
        """Have the door know what is saved."""
        found = in_force(self._bodies())
        if found != kept.read(self._folder):
            kept.write(self._folder, found)

    def show(self, id_: str, at: str | None = None) -> PersonConsents:
        """What a person allows, or as was known ``at`` a time. Raises `NotFound`, `Invalid`."""
        person = self._show(id_)
        known_at = None if at is None else parse(at, "at")
        return _person(person, self._of(person, known_at), None)

    def proof(self, id_: str) -> PersonConsents:
        """As `show`, with what clients sent beside it opened."""
        with closing(self._vault()) as vault:
            return proof_of(self._read(), self._show(id_), vault)

    def say(self, said: Say, source: str = "command", by: str | None = None) -> PersonConsents:
        """Record what somebody said in another way; what holds then. Raises as `show`.

        ``by`` whom it is recorded: whose machine it is, where nobody is named.
        """
        known = kept.read(self._folder)
        if said.purpose not in known:
            raise NotFound("unknown_purpose", f"There is no purpose {said.purpose[:100]!r}.",
                           at="$.purpose", hint=nearest(said.purpose, known))  # fmt: skip
        received_at, asked = now(), known[said.purpose]
        at = received_at if said.at is None else parse(said.at, "$.at")
        if at > received_at:
            raise Invalid("in_future", "Nobody has said it yet.", at="$.at")
        person = self._show(said.id)
        made = Consented(int(person.id), said.purpose, said.given, at, received_at, source,
                         asked.version, asked.shown, by or getuser(),
                         history=said.at is not None)  # fmt: skip
        self._append([made])
        return _person(person, self._of(person), None)

    def _of(self, person: Person, at: Instant | None = None) -> list[dict[str, Any]]:
        return rows_of(self._read(), [int(each) for each in person.ids], at)

    def _bodies(self) -> dict[str, tuple[int, ConsentPurpose]]:
        listed = self.saved.list("purpose")
        return {each.name: (each.version, kept.purpose(each.body or {})) for each in listed}


def rows_of(
    read: pa.Table, nodes: Sequence[int], at: Instant | None = None
) -> list[dict[str, Any]]:
    """The records of ``nodes`` that were known ``at`` a time; ``at_`` and ``received_at_`` are
    instants.
    """
    mine = read.filter(pc.is_in(read["person"], pa.array(nodes, pa.int64())))
    for name in ("at", "received_at"):
        mine = mine.append_column(f"{name}_", mine[name].cast(pa.int64()))
    rows = mine.drop_columns(["at", "received_at"]).to_pylist()
    return [row for row in rows if at is None or row["received_at_"] <= at]


def told_of(rows: Sequence[Mapping[str, Any]], vault: Vault | None) -> list[Record]:
    """Records as they are told; with a ``vault`` what clients sent beside them too."""
    return [_one(row, vault) for row in rows]


def proof_of(read: pa.Table, person: Person, vault: Vault) -> PersonConsents:
    """What a person allows and every record with its proof, for themselves."""
    return _person(person, rows_of(read, [int(each) for each in person.ids]), vault)


def _person(
    person: Person, rows: Sequence[Mapping[str, Any]], vault: Vault | None
) -> PersonConsents:
    held = holding((row["purpose"], _word(row)) for row in rows)
    given = [Given(name, word.given, iso(word.at)) for name, word in sorted(held.items())]
    return PersonConsents(person.person, given, told_of(rows, vault))


def _word(row: Mapping[str, Any]) -> Word:
    at = row["at_"]
    return word(row["given"], at, at if row.get("history") else row["received_at_"])


def _one(row: Mapping[str, Any], vault: Vault | None) -> Record:
    proof = None
    if vault is not None and row["proof"] is not None:
        try:
            proof = unseal(vault, row["person"], row["event_id"], row["proof"], part="proof")[
                "proof"
            ]
        except NotFound:
            proof = None
    return Record(
        row["position"], str(row["person"]), row["purpose"], row["given"], iso(row["at_"]),
        iso(row["received_at_"]), row["source"], row["version"], row["shown"], row["by"],
        row["event_id"], proof,
    )  # fmt: skip


def _days(read: pa.Table) -> defaultdict[str, Counter[tuple[str, bool]]]:
    """How many records a day gave each purpose, and withdrew it."""
    found: defaultdict[str, Counter[tuple[str, bool]]] = defaultdict(Counter)
    said = read.select(["purpose", "given"]).append_column("day", read["at"].cast(pa.date32()))
    keys = ["purpose", "given", "day"]
    for row in said.group_by(keys).aggregate([([], "count_all")]).to_pylist():
        found[row["purpose"]][row["day"].isoformat(), row["given"]] = row["count_all"]
    return found


def _told(
    name: str, saved: tuple[int, ConsentPurpose], sending: Sending, days: Counter[tuple[str, bool]],
    out: Sequence[tuple[str, str, str, int]],
) -> PurposeTold:  # fmt: skip
    (version, body), (given, withdrawn) = saved, sending.states(name)
    counted = Counter({(day, what): count for day, purpose, what, count in out if purpose == name})
    return PurposeTold(
        name, version, body, body.shown, len(given), len(withdrawn),
        [(day, days[day, True], days[day, False]) for day in sorted({day for day, _ in days})],
        [(day, counted[day, "event"], counted[day, "property"])
         for day in sorted({day for day, _ in counted})],
    )  # fmt: skip
