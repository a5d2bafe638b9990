"""The persons of one project, kept up with its log; what links them is kept in the lake.

Links come from events, which clients send, and from statements, which somebody in charge makes.
Both are in log and lake for good, so what is kept here could be made again from them.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from threading import RLock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.erasure import Struck
from ethogram.people.identity import Identity, Ids, ids
from ethogram.people.ledger import Ledger, Standing
from ethogram.people.links import Kind, Link, ordered, said_in
from ethogram.people.policy import Policy
from ethogram.store.lake.loader import LOAD_ROWS, statements
from ethogram.store.lake.shred import Shredder
from ethogram.store.lake.tables import LINKS, Lake, past
from ethogram.store.log.port import LogReader, Record

_STRUCK = ("since", "until", "event", "property")
_EVENTS = ("position", "person", "anonymous", "device", "timestamp", "received_at", "extra")
"""The columns of the events table that links are made of."""


class Persons:
    """Who is who in the project of ``lake``, by ``policy``. Threads may share it.

    Up to ``position`` of the log all is heard; ``erasures`` counts what was to be forgotten.
    """

    def __init__(self, lake: Lake, policy: Policy) -> None:
        self._lake = lake
        self._ledger = Ledger(policy)
        self._fresh: list[dict[str, Any]] = []
        self._turn = RLock()
        self.position = lake.identity_links.position
        self.erasures = 0
        self._restore()

    @property
    def identity(self) -> Identity:
        """Persons as they stand now."""
        return self._ledger.identity

    def take(self, events: pa.Table, records: Sequence[Record]) -> Ids:
        """Hear what ``records`` say, which are ``events`` as a table; the nodes that moved.

        What was heard before is passed over.
        """
        with self._turn:
            said = past(events, self.position), past(statements(records), self.position)
            return self._hear([said[0]], said[1], records[-1].last)

    def reach(self, position: int, log: LogReader) -> None:
        """Hear all that lake and ``log`` say up to ``position``."""
        with self._turn:
            upto = self._lake.position
            if self.position < min(upto, position):
                stated = [*self._lake.statements.scan(self.position, upto)]
                stated = _together(stated)
                self._hear(self._lake.events.scan(self.position, upto, _EVENTS), stated, upto)
            while self.position < position and (records := log.read(self.position, LOAD_ROWS)):
                self.take(Shredder(limit=0).table(records), records)

    def links(self, node: int) -> list[Standing]:
        """All links of ``node``, in the order in which they became known."""
        with self._turn:
            return self._ledger.of(node)

    def decided(self, most: int) -> list[Standing]:
        """See `Ledger.decided`."""
        with self._turn:
            return self._ledger.decided(most)

    def members(self, node: int) -> Ids:
        """All nodes of the person whose node this is."""
        with self._turn:
            return ids(self._ledger.members(node))

    def as_of(self, at: int) -> Identity:
        """Who was who to us at an instant."""
        with self._turn:
            return self._ledger.as_of(at)

    def store(self) -> None:
        """Keep what was heard since the last time in the lake, durably."""
        with self._turn:
            if self.position > self._lake.identity_links.position:
                rows = pa.Table.from_pylist(self._fresh, LINKS)
                self._lake.identity_links.append(rows, self.position)
                self._fresh = []

    def _hear(self, events: Iterable[pa.Table], stated: pa.Table, upto: int) -> Ids:
        """Events first: what is parted afterwards stays so, whatever is said again."""
        links = [link for table in events for link in said_in(table)]
        moved = [self._add(links, self.position + 1, upto)]
        for word, run in groupby(stated.to_pylist(), key=lambda said: said["statement"]):
            moved += self._obey(word, list(run), upto)
        self.position = upto
        return ids(node for each in moved for node in each.tolist())

    def _obey(self, word: str, run: Sequence[dict[str, Any]], version: int) -> Iterator[Ids]:
        """Do what somebody in charge said, a run of statements of one kind."""
        if word == "erased":
            yield self._forget(run)
        elif word == "joined":
            links = [joined(said["a"], said["b"], _instant(said["received_at"])) for said in run]
            yield self._add(links, run[0]["position"], version)
        else:
            for said in run:
                at = _instant(said["received_at"])
                link = Link(said["kind"], said["a"], said["b"], at, at)
                self._fresh.append(_row(link, said["position"], withdrawn=True))
                yield self._ledger.withdraw(*link[:4], version)

    def _forget(self, run: Sequence[dict[str, Any]]) -> Ids:
        """Hide what goes; the nodes whose events are to be looked at anew."""
        self.erasures += len(run)
        whole, some = list[int](), list[int]()
        for said in run:
            struck = Struck(said["position"], said["a"], *(said[name] for name in _STRUCK))
            nodes = [] if struck.node is None else [struck.node]
            if any(said[name] is not None for name in _STRUCK):
                self._ledger.strike(struck)
                some += nodes
            elif said["events"]:
                whole += nodes
        hidden = self._ledger.erase(ids(whole))
        return np.union1d(hidden, ids(some))

    def _add(self, links: list[Link], position: int, version: int) -> Ids:
        new, moved = self._ledger.add(links, version)
        self._fresh += [_row(link, position, withdrawn=False) for link in new]
        return moved

    def _restore(self) -> None:
        """Have what the lake keeps in the ledger again."""
        tables = [LINKS.empty_table(), *self._lake.identity_links.scan()]
        rows = pa.concat_tables(tables).sort_by([("position", "ascending")])
        rows = rows.set_column(4, "at", rows["at"].cast(pa.int64()))
        rows = rows.set_column(5, "received_at", rows["received_at"].cast(pa.int64()))
        columns = ("kind", "a", "b", "at", "received_at")
        links = list(map(Link, *(rows[name].to_pylist() for name in columns)))
        self._ledger.restore(links, rows["withdrawn"].to_pylist(), self.position)
        stated = _together([*self._lake.statements.scan(0, self.position)])
        self._forget(stated.filter(pc.field("statement") == "erased").to_pylist())


def _together(stated: Sequence[pa.Table]) -> pa.Table:
    """Statements in order; older ones say less."""
    tables = [statements([]), *stated]
    return pa.concat_tables(tables, promote_options="default").sort_by("position")


def joined(a: int, b: int, at: int) -> Link:
    """The link that somebody in charge makes."""
    return Link(*ordered(Kind.JOINED, a, b, directed=False), at, at)


def _instant(at: Any) -> int:
    return pa.scalar(at, pa.timestamp("us", "UTC")).value


def _row(link: Link, position: int, *, withdrawn: bool) -> dict[str, Any]:
    said = {"at": link.at, "received_at": link.known_at, "withdrawn": withdrawn}
    return {"position": position, "kind": link.kind, "a": link.a, "b": link.b, **said}
