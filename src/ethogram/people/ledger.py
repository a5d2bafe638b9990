"""The ledger of links, in memory, and the persons that it makes, kept up with every new link.

Persons are a function of the links and of nothing else, least of all of the order in which they
came: `people.uniting` computes them. A new link calls for that only among the persons whom it
touches; many at once, for all. An id that is linked with too many others names no one person (a
shop's till, a tester's account), so none of them counts but what somebody in charge has joined.
Nor does a link count that would make one person of too many ids.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ethogram.events.erasure import Struck
from ethogram.events.event import Instant
from ethogram.people.identity import Identity, Ids, changed
from ethogram.people.links import Kind, Link
from ethogram.people.policy import POLICIES, Policy, Rule
from ethogram.people.uniting import Edge, unite
from ethogram.store.log.entries import barred

MOST_LINKS = 1_000
"""An id that is linked with more others than this names no one person."""
MOST_IDS = 2_000
"""Links that clients say make no person of more ids than this."""
MANY = 10_000
"""So many new links at once have all persons computed anew."""
NEVER: Instant = (1 << 63) - 1


@dataclass(frozen=True)
class Standing:
    """One link of the ledger: when it was withdrawn, and whether it ``counts`` now."""

    link: Link
    withdrawn_at: Instant | None
    counts: bool


class Ledger:
    """Links that are only ever added, or withdrawn; ``identity`` says who is who now."""

    def __init__(
        self,
        policy: Policy = POLICIES["posthog"],
        most_links: int = MOST_LINKS,
        most_ids: int = MOST_IDS,
    ) -> None:
        self.policy = policy
        self.identity = Identity()
        self._most, self._most_ids = most_links, most_ids
        self._rules = [policy.rules[kind] for kind in Kind]
        self._telling = {
            kind for kind in Kind if kind != Kind.JOINED and policy.rules[kind] != Rule.NEVER
        }
        self._kind, self._a, self._b = array("b"), array("q"), array("q")
        self._at, self._known_at, self._until = array("q"), array("q"), array("q")
        self._ends = self._numbers = np.empty(0, np.int64)
        self._recent: dict[int, list[int]] = {}
        self._crowds: set[int] = set()
        self._large: set[int] = set()
        self._parted: dict[tuple[int, int], Instant] = {}

    def __len__(self) -> int:
        return len(self._kind)

    def add(self, links: Sequence[Link], version: int) -> tuple[list[Link], Ids]:
        """Add ``links``: those that are new here, and the nodes that are another person's now.

        ``version`` is what the identity is then called, if it changed. A link that is there
        already is new where it happened earlier than we knew. One that was withdrawn stays so, and
        so is any that clients say of two ids who were parted, unless somebody joins them anew.
        """
        first = len(self)
        new = [link for link in links if self._put(link)]
        return new, self._recompute(range(first, len(self)), version)

    def restore(self, links: Sequence[Link], withdrawn: Sequence[bool], version: int) -> None:
        """Begin with what `add` once found new, and with what was withdrawn, in that order."""
        for link, gone in zip(links, withdrawn, strict=True):
            if gone:
                self._withdraw(link.kind, link.a, link.b, link.at)
            else:
                self._append(link)
        if links:
            self._compute_all(version)

    def withdraw(self, kind: int, a: int, b: int, at: Instant, version: int) -> Ids:
        """From ``at`` on the link does not count, nor those of its pair that `barred` says.

        Gives the nodes that are another person's now.
        """
        return self._recompute(self._withdraw(kind, a, b, at), version)

    def erase(self, nodes: Ids) -> Ids:
        """The events of ``nodes`` are not to be seen any more; those that were seen so far."""
        new = np.setdiff1d(nodes, self.identity.erased)
        self.identity = self.identity.erasing(new.tolist())
        return new

    def strike(self, struck: Struck) -> None:
        """Some events of nodes that stay are not to be seen any more."""
        self.identity = self.identity.striking(struck)

    def of(self, node: int) -> list[Standing]:
        """All links of ``node``, in the order in which they became known."""
        return [self._standing(number) for number in self._touching(node)]

    def decided(self, most: int) -> list[Standing]:
        """The newest ``most`` links that somebody in charge joined or parted, the newest first."""
        until = _read(self._until)
        numbers = np.flatnonzero((_read(self._kind) == Kind.JOINED) | (until != NEVER))
        known, parted = _read(self._known_at)[numbers], until[numbers]
        newest = np.argsort(-np.where(parted == NEVER, known, parted), kind="stable")[:most]
        return [self._standing(number) for number in numbers[newest].tolist()]

    def members(self, person: int) -> set[int]:
        """All nodes of the person whose node, or id, this is."""
        return self._persons_of([person])

    def as_of(self, at: Instant) -> Identity:
        """Who was who to us then: by the links that were known by ``at``, and not withdrawn."""
        known, standing = _read(self._known_at) <= at, _read(self._until) > at
        return self._all(np.flatnonzero(known), standing, int(at))

    def _put(self, link: Link) -> bool:
        if link.kind != Kind.JOINED and {link.a, link.b} <= self._crowds:
            return False
        for number in self._between(link.a, link.b):
            if (self._kind[number], self._a[number]) != (link.kind, link.a):
                continue
            withdrawn = self._until[number] != NEVER
            if withdrawn and link.kind == Kind.JOINED:
                continue
            if withdrawn or link.at >= self._at[number]:
                return False
        self._append(link)
        return True

    def _append(self, link: Link) -> None:
        for end in (link.a, link.b):
            self._recent.setdefault(end, []).append(len(self))
        pair = barred(link.kind, link.a, link.b)
        until = NEVER if pair is None else self._parted.get(pair, NEVER)
        for column, value in zip(self._columns, (*link, until), strict=True):
            column.append(value)

    def _withdraw(self, kind: int, a: int, b: int, at: Instant) -> list[int]:
        pair = barred(kind, a, b)
        if pair is not None:
            self._parted.setdefault(pair, at)
        standing = [
            n
            for n in self._between(a, b)
            if self._until[n] == NEVER and (self._kind[n] == Kind.JOINED) == (pair is None)
        ]
        for number in standing:
            self._until[number] = at
        return standing

    @property
    def _columns(self) -> "tuple[array[int], ...]":
        return self._kind, self._a, self._b, self._at, self._known_at, self._until

    def _between(self, a: int, b: int) -> list[int]:
        """The numbers of the links between these two."""
        ends = self._of_any(b if a in self._crowds else a)
        return [n for n in ends if self._a[n] ^ self._b[n] == a ^ b]

    def _touching(self, node: int) -> list[int]:
        """The numbers of the links of ``node``; of a crowd, those that somebody joined."""
        found = self._of_any(node)
        if node in self._crowds:
            return [number for number in found if self._kind[number] == Kind.JOINED]
        return found

    def _of_any(self, node: int) -> list[int]:
        low, high = self._ends.searchsorted((node, node + 1)).tolist()
        older: list[int] = self._numbers[low:high].tolist()
        return older + self._recent.get(node, [])

    def _standing(self, number: int) -> Standing:
        until, a, b = self._until[number], self._a[number], self._b[number]
        one = self.identity.person(a) == self.identity.person(b)
        link = Link(self._kind[number], a, b, self._at[number], self._known_at[number])
        return Standing(link, None if until == NEVER else until, until == NEVER and one)

    def _recompute(self, touched: Collection[int], version: int) -> Ids:
        """See persons as the links are now, ``touched`` of which changed; the nodes that moved."""
        if not touched:
            return np.empty(0, np.int64)
        old = self.identity
        persons = None if len(touched) >= MANY else self._near(touched)
        if persons is None:
            self._compute_all(version)
            moved = changed(old, self.identity)
        else:
            nodes = np.fromiter(persons, np.int64)
            self.identity = old.seeing(persons, version)
            self._large.difference_update(old.resolve(nodes).tolist())
            self._large |= self._large_of(Counter(persons.values()))
            moved = nodes[old.resolve(nodes) != self.identity.resolve(nodes)]
            if len(self._recent) > MANY:
                self._sort()
        if not len(moved):
            self.identity = old
        return moved

    def _compute_all(self, version: int) -> None:
        self._sort()
        everything = np.arange(len(self))
        self.identity = self._all(everything, _read(self._until) == NEVER, version)
        self._crowds.update(self._crowded(everything).tolist())
        persons, others = np.unique(self.identity.persons, return_counts=True)
        sizes = zip(persons.tolist(), (others + 1).tolist(), strict=True)
        self._large = self._large_of(dict(sizes))

    def _large_of(self, sizes: Mapping[int, int]) -> set[int]:
        """The persons who may have lacked room for another one: one of two has over half of it."""
        return {person for person, size in sizes.items() if size > self._most_ids // 2}

    def _near(self, touched: Collection[int]) -> dict[int, int] | None:
        """The person of every node whose person these links may have changed; None: of most."""
        ends = {end for n in touched for end in self._ends_of(n)}
        crowds = {end for end in ends - self._crowds if self._is_crowd(end)}
        moving = {end for n in touched if self._may_move(n) for end in self._ends_of(n)}
        dropped = [n for each in crowds for n in self._touching(each)]
        lost = {end for n in dropped for end in self._ends_of(n)}
        since = min(self._order(n) for n in (*touched, *dropped))
        inside = self._persons_of(moving | lost)
        self._crowds |= crowds
        while len(inside) <= self._nearby:
            numbers = sorted({n for node in inside for n in self._counting(node)}, key=self._order)
            nodes = sorted(inside | {end for n in numbers for end in self._ends_of(n)})
            place = {node: i for i, node in enumerate(nodes)}
            links = [
                (self._rules[self._kind[n]], place[self._a[n]], place[self._b[n]]) for n in numbers
            ]
            edge = Edge(
                [node not in inside for node in nodes],
                [self.identity.person(node) in self._large for node in nodes],
                bisect_left(numbers, since, key=self._order),
            )
            united = unite(len(nodes), links, self._most_ids, edge)
            if united.beyond is None:
                return {node: nodes[united.root[place[node]]] for node in inside}
            inside |= self._short_of_room(nodes[united.beyond], since)
        return None

    def _short_of_room(self, node: int, since: tuple[int, ...]) -> set[int]:
        """All nodes of this one's person, and of those whom lack of room may keep from being it.

        So too of these: where one person's bounds move, those of the next one may.
        """
        found, waiting = set[int](), {node}
        while waiting and len(found) <= self._nearby:
            new = self._persons_of(waiting) - found
            found |= new
            waiting = {
                end
                for each in new
                for n in self._counting(each)
                if self._order(n) >= since and self._is_large(n)
                for end in self._ends_of(n)
            } - found
        return found

    @property
    def _nearby(self) -> int:
        """With more nodes than this it is quicker to compute all."""
        return max(MANY, len(self) // 20)

    def _is_large(self, number: int) -> bool:
        return any(self.identity.person(end) in self._large for end in self._ends_of(number))

    def _persons_of(self, nodes: Iterable[int]) -> set[int]:
        """All nodes that belong, as far as we knew, to the persons of ``nodes``."""
        found, waiting = set[int](), list(nodes)
        while waiting:
            node = waiting.pop()
            if node in found:
                continue
            found.add(node)
            person = self.identity.person(node)
            for number in self._touching(node):
                other = self._b[number] if self._a[number] == node else self._a[number]
                if other not in found and self.identity.person(other) == person:
                    waiting.append(other)
        return found

    def _is_crowd(self, node: int) -> bool:
        numbers = self._touching(node)
        if len(numbers) <= self._most:
            return False
        said = (n for n in numbers if self._kind[n] in self._telling)
        return len({self._a[n] ^ self._b[n] for n in said}) > self._most

    def _may_move(self, number: int) -> bool:
        """Whether a link is anything to persons: one to a crowd is not, nor what never counts."""
        if self._rules[self._kind[number]] == Rule.NEVER:
            return False
        return self._kind[number] == Kind.JOINED or self._crowds.isdisjoint(self._ends_of(number))

    def _ends_of(self, number: int) -> tuple[int, int]:
        return self._a[number], self._b[number]

    def _counting(self, node: int) -> list[int]:
        """The links of ``node`` that stand, and may count."""
        return [n for n in self._touching(node) if self._until[n] == NEVER and self._may_move(n)]

    def _order(self, number: int) -> tuple[int, int, int, int]:
        return self._at[number], self._kind[number], self._a[number], self._b[number]

    def _all(self, numbers: Ids, standing: np.ndarray, version: int) -> Identity:
        """Who is who by the links ``numbers``, as far as they are ``standing``."""
        crowds = self._crowded(numbers)
        numbers = numbers[standing[numbers]]
        kind, a, b, at = (_read(column)[numbers] for column in self._columns[:4])
        nodes, place = np.unique(np.concatenate([a, b]), return_inverse=True)
        order = np.lexsort((b, a, kind, at))
        counts = (kind == Kind.JOINED) | ~(np.isin(a, crowds) | np.isin(b, crowds))
        order = order[counts[order]]
        columns = (np.array(self._rules, np.int8)[kind], place[: len(a)], place[len(a) :])
        links = zip(*(each[order].tolist() for each in columns), strict=True)
        united = unite(len(nodes), links, self._most_ids)
        return self.identity.of(nodes, nodes[np.array(united.root, np.int64)], version)

    def _crowded(self, numbers: Ids) -> Ids:
        """The ids that ``numbers`` link with too many others; links withdrawn count too."""
        numbers = numbers[np.isin(_read(self._kind)[numbers], list(self._telling))]
        a, b = _read(self._a)[numbers], _read(self._b)[numbers]
        ends, count = np.unique(np.concatenate([a, b]), return_counts=True)
        many = ends[count > self._most]
        among = np.isin(a, many) | np.isin(b, many)
        a, b = a[among], b[among]
        pairs = np.unique(np.stack([np.minimum(a, b), np.maximum(a, b)]), axis=1)
        ends, count = np.unique(pairs, return_counts=True)
        return ends[count > self._most]

    def _sort(self) -> None:
        """Have all links found by their ends without a word in memory for each."""
        ends = np.concatenate([_read(self._a), _read(self._b)])
        order = np.argsort(ends, kind="stable")
        self._ends, self._numbers = ends[order], order % max(len(self), 1)
        self._recent = {}


def _read(column: "array[int]") -> np.ndarray:
    """A copy: nothing can be appended to what is looked at."""
    return np.frombuffer(column, column.typecode).astype(np.int64)
