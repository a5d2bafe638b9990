"""Which rows about people were sent where: an erasure's receipt names those places."""

import os
from pathlib import Path

import msgspec

from ethogram.events.times import iso, now

_NAME = "sent.jsonl"
LONGEST = 200


class Place(msgspec.Struct, frozen=True):
    """``what`` went ``to`` another system, first at a time (ISO). Addresses are without secrets."""

    what: str
    to: str
    at: str


_decode = msgspec.json.Decoder(Place).decode


def remember(project: Path, what: str, to: str) -> None:
    """Write down, before the first such row leaves, that ``what`` goes ``to`` another system."""
    to = place(to)
    if any((each.what, each.to) == (what, to) for each in exports(project)):
        return
    folder = project / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _NAME).open("ab") as file:
        file.write(msgspec.json.encode(Place(what, to, iso(now()))) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def place(address: str) -> str:
    """``address`` as it may stand somewhere: without login and parameters, and not too long."""
    before, scheme, rest = address.rpartition("://")
    if scheme:
        rest = rest.partition("?")[0].partition(";")[0].rpartition("@")[2]
    return f"{before}{scheme}{rest}"[:LONGEST]


def exports(project: Path) -> list[Place]:
    """Where rows of the project in this folder ever went, oldest first."""
    try:
        lines = (project / "exports" / _NAME).read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [_decode(line) for line in lines if line.endswith(b"\n")]
