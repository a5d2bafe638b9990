"""Who is who, as people see and change it: a person's ids and links, merge and unmerge.

An id is said as ``user:ann``, ``anonymous:5e2f…``, ``device:…``, or ``person:`` and an internal id.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import numpy as np

from ethogram.ask.sequences.overlay import held
from ethogram.events.errors import Invalid, NotFound
from ethogram.events.times import iso, now
from ethogram.people.ledger import Standing
from ethogram.people.links import Kind, ordered
from ethogram.people.persons import Persons
from ethogram.protect.vault import Vault
from ethogram.run.reading import Reading
from ethogram.show.api.ports import Found, Person, Tie
from ethogram.store.log.entries import Joined, Parted, Statement

KINDS = ("user", "anonymous", "device", "person")


class Merging:
    """Merge and unmerge; ``show`` gives the person of an id, ``append`` keeps statements."""

    def __init__(
        self, show: Callable[[str], Person], append: Callable[[Sequence[Statement]], object]
    ) -> None:
        self.show, self._append = show, append

    def merge(self, one: str, other: str) -> None:
        """Make two ids one person's, until it is unmade. Raises `NotFound`, `Invalid`."""
        a, b = int(self.show(one).id), int(self.show(other).id)
        if a == b:
            raise Invalid("same_id", "These are one and the same id.", at="id")
        _, a, b = ordered(Kind.JOINED, a, b, directed=False)
        self._append([Joined(a, b, now())])

    def unmerge(self, said: str, other: str | None = None) -> int:
        """Part an id from its person, or from ``other`` alone; how many links that undoes.

        Two whom clients linked are not linked anew by what clients say of them, early or late.
        Raises `NotFound` where no link that counts is between them.
        """
        person = self.show(said)
        beside = None if other is None else self.show(other).id
        parted: list[Statement] = [
            Parted(Kind[tie.kind.upper()], int(tie.a), int(tie.b), now())
            for tie in person.links
            if tie.counts and person.id in (tie.a, tie.b) and beside in (None, tie.a, tie.b)
        ]
        if not parted:
            raise NotFound("not_linked", "No link that counts ties this id to the other.", at="id",
                           hint="`ethogram people show ID` lists its links.")  # fmt: skip
        self._append(parted)
        return len(parted)


def node_of(said: str, vault: Vault, reading: Reading) -> int:
    """The internal id of an external one. Raises `Invalid`, and `NotFound` where nobody has it.

    A number is somebody's if ``vault`` or ``reading`` knows it.
    """
    kind, _, name = said.partition(":")
    if kind not in KINDS or not name:
        raise Invalid("bad_id", f"{said[:64]!r} does not say what kind of id it is.", at="id",
                      hint="Write user:ID, anonymous:ID, device:ID or person:NUMBER.")  # fmt: skip
    node = _number(name) if kind == "person" else vault.find(kind, name)
    if node is None or (kind == "person" and not _is_known(node, vault, reading)):
        others = [each for each in KINDS[:2] if vault.find(each, name) is not None]
        hint = f"There is {others[0]}:{name}." if others else "Ids differ where a capital does."
        raise NotFound("unknown_id", f"Nobody here has this {kind} id.", at="id", hint=hint)
    return node


def person_of(persons: Persons, node: int) -> Person:
    """The person whose id is ``node``, with all that links or once linked its ids."""
    members = persons.members(node).tolist()
    standings = {standing.link: standing for each in members for standing in persons.links(each)}
    ties = [_tie(standings[link]) for link in sorted(standings, key=lambda link: link.known_at)]
    person = str(persons.identity.person(node))
    ids = [str(each) for each in members]
    return Person(str(node), person, ids, ties, len(ids), len(ties))


def merges(persons: Persons, most: int) -> list[Tie]:
    """The newest ``most`` links that somebody in charge joined or parted, the newest first."""
    return [_tie(standing) for standing in persons.decided(most)]


def found_of(persons: Persons, nodes: Iterable[int]) -> Found:
    """The persons who have the ids ``nodes``, each once."""
    found = {person.person: person for person in (person_of(persons, node) for node in nodes)}
    return Found(list(found.values()))


def _tie(standing: Standing) -> Tie:
    link, until = standing.link, standing.withdrawn_at
    return Tie(
        Kind(link.kind).name.lower(),
        str(link.a),
        str(link.b),
        iso(link.at),
        iso(link.known_at),
        None if until is None else iso(until),
        standing.counts,
    )


def _is_known(node: int, vault: Vault, reading: Reading) -> bool:
    """Whether it is an id that stands or was erased, is linked, or did something."""
    with suppress(NotFound):
        return bool(vault.name(node))
    people = reading.people
    if people.links(node) or people.identity.hides(np.array([node])).any():
        return True
    person = np.array([people.identity.person(node)])
    return any(len(held(part, person)) for part in reading.persons.snapshot.parts)


def _number(said: str) -> int | None:
    return int(said) if said.isdecimal() and len(said) < 17 else None
