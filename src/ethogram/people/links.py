"""What was said about who is who: links between two internal ids, each with its evidence's time.

A link says that ``a`` was, or is, the same person as ``b``. Most are directed: ``b`` is the user
that ``a`` turned out to be. Where neither is known to be that, the lower id comes first.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.event import Instant
from ethogram.store.log import entries


class Kind(IntEnum):
    """What a link rests on."""

    JOINED = entries.JOINED
    """Somebody in charge said so, here."""
    MERGE = 1
    """A client said that two ids, known or not, are one person's."""
    ALIAS = 2
    """A client said that one id is another name for a person."""
    IDENTIFY = 3
    """A client said which user an anonymous visitor is."""
    SEEN = 4
    """An event carried both ids."""
    DEVICE = 5
    """An event of the user ``b`` came from the device ``a``."""
    DEVICE_ANONYMOUS = 6
    """An event of nobody known came from a device."""


class Link(NamedTuple):
    """Two ids and what links them; ``at`` is when it happened, ``known_at`` when we heard of it."""

    kind: int
    a: int
    b: int
    at: Instant
    known_at: Instant


_SAID = {"merge": Kind.MERGE, "identify": Kind.IDENTIFY}
"""What clients call a link; anything else is an alias."""
_links = msgspec.json.Decoder(dict[str, Any])


def ordered(kind: Kind, a: int, b: int, *, directed: bool) -> tuple[Kind, int, int]:
    """The one way in which a link is written down."""
    if not directed or kind in (Kind.JOINED, Kind.MERGE, Kind.DEVICE_ANONYMOUS):
        return kind, min(a, b), max(a, b)
    return kind, a, b


def said_in(table: pa.Table) -> list[Link]:
    """The links that the events of ``table`` speak of, each once, at its first event's time."""
    first: dict[tuple[int, int, int], Link] = {}
    for link in (*_together(table), *_named(table)):
        if link.a == link.b:
            continue
        known = first.get(link[:3])
        if known is None or link.at < known.at:
            known_at = link.known_at if known is None else min(link.known_at, known.known_at)
            first[link[:3]] = link._replace(known_at=known_at)
    return list(first.values())


def _together(table: pa.Table) -> Iterator[Link]:
    """Ids that events carry side by side."""
    user = pc.and_kleene(pc.is_valid(table["anonymous"]),
                         pc.not_equal(table["anonymous"], table["person"]))  # fmt: skip
    yield from _pairs(table.filter(user), Kind.SEEN, "anonymous")
    with_device = table.filter(pc.is_valid(table["device"]))
    nobody = pc.fill_null(pc.equal(with_device["anonymous"], with_device["person"]), False)
    yield from _pairs(with_device.filter(pc.invert(nobody)), Kind.DEVICE, "device")
    yield from _pairs(with_device.filter(nobody), Kind.DEVICE_ANONYMOUS, "device")


def _pairs(table: pa.Table, kind: Kind, column: str) -> Iterator[Link]:
    if not table.num_rows:
        return
    times = pa.table(
        {
            "a": table[column],
            "b": table["person"],
            "at": table["timestamp"].cast(pa.int64()),
            "known_at": table["received_at"].cast(pa.int64()),
        }
    )
    found = times.group_by(["a", "b"]).aggregate([("at", "min"), ("known_at", "min")])
    columns = (found[name].to_pylist() for name in ("a", "b", "at_min", "known_at_min"))
    directed = kind is not Kind.DEVICE_ANONYMOUS
    for a, b, at, known_at in zip(*columns, strict=True):
        yield Link(*ordered(kind, a, b, directed=directed), at, known_at)


def _named(table: pa.Table) -> Iterator[Link]:
    """Links that clients name."""
    naming = table.filter(pc.fill_null(pc.match_substring(table["extra"], '"links":'), False))
    times = zip(
        naming["extra"].to_pylist(),
        naming["timestamp"].cast(pa.int64()).to_pylist(),
        naming["received_at"].cast(pa.int64()).to_pylist(),
        strict=True,
    )
    for extra, at, known_at in times:
        for word, a, b, directed in _links.decode(extra).get("links", ()):
            kind = _SAID.get(word, Kind.ALIAS)
            yield Link(*ordered(kind, a, b, directed=directed), at, known_at)


def in_order(links: Iterable[Link]) -> list[Link]:
    """``links`` as they count: by when they happened, whenever we heard of them."""
    return sorted(links, key=lambda link: (link.at, link.kind, link.a, link.b))
