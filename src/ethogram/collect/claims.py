"""Claims from another process of this machine, into a served workspace: an import, a replay, …"""

import asyncio
from collections.abc import Mapping
from typing import Literal, TypeVar

import msgspec
import pyarrow as pa

from ethogram.collect.door import Letter, Outcome, Step
from ethogram.collect.gate import Gate
from ethogram.collect.protocols import native
from ethogram.collect.protocols.dialect import LARGEST_EVENT, Reply
from ethogram.collect.sources.records import ROW_LIMIT
from ethogram.events.erasure import Erasure
from ethogram.events.errors import Invalid
from ethogram.store.log.entries import Consented, Statement, unpack_table

T = TypeVar("T")


class Query(msgspec.Struct, frozen=True):
    """A step of an import (`Step`), what its body holds, and whether rows bring ids.

    The body is an Arrow stream of claims, or a native event a line, said by ``protocol``.
    """

    mark: str
    since: int
    rows: int
    form: Literal["table", "events"] = "table"
    keyed: bool = False
    protocol: str = "native"


async def imported(gate: Gate, query: Mapping[str, str]) -> Reply:
    """How many rows are in of an import, or of each whose mark has a ``beginning``."""
    if (beginning := query.get("beginning")) is not None:
        found = await asyncio.to_thread(gate.reader.marks, beginning)
        return Reply(200, msgspec.json.encode({"imports": found}))
    rows = await asyncio.to_thread(gate.reader.mark, query.get("mark", ""))
    return Reply(200, msgspec.json.encode({"rows": rows}))


class Going(msgspec.Struct, frozen=True):
    """Which entries of the log go; with a ``property`` its values alone, see `Struck`."""

    positions: list[int]
    property: str | None = None
    open_only: bool = False


async def take_step(gate: Gate, query: Mapping[str, str], body: bytes) -> Reply:
    """Keep the next rows of an import. See `Door.admit_table` and `Door.admit_step`."""
    try:
        asked = msgspec.convert(query, Query, strict=False)
        outcome = await _taken(gate, asked, body)
    except (msgspec.ValidationError, pa.ArrowInvalid) as error:
        raise Invalid("bad_claims", f"{error}.") from None
    return Reply(200, msgspec.json.encode(outcome))


async def take_letters(gate: Gate, body: bytes, largest: int) -> Reply:
    """Take the dead letters in ``body``, a JSON list, in again."""
    letters = _read(body, list[Letter], "bad_letters")
    return Reply(200, msgspec.json.encode(await gate.commits.take_letters(letters, largest)))


async def take_statements(gate: Gate, body: bytes) -> Reply:
    """Keep what ``body``, a JSON list, says of people."""
    statements: list[Statement | Consented] = _read(
        body, list[Statement | Consented], "bad_statements"
    )
    await gate.commits.take_statements(statements)
    return Reply(200, b"{}")


async def take_erasure(gate: Gate, body: bytes) -> Reply:
    """Forget the erasure in ``body``."""
    await gate.commits.take_erasure(_read(body, Erasure, "bad_erasure"))
    return Reply(200, b"{}")


async def make_keys(gate: Gate, body: bytes) -> Reply:
    """Have keys for the persons in ``body``, a JSON list of internal ids."""
    await gate.commits.make_keys(_read(body, list[int], "bad_persons"))
    return Reply(200, b"{}")


async def rewrap(gate: Gate, _: bytes) -> Reply:
    """Have the project's secret wrapped by the newest of the master keys."""
    await gate.commits.rewrap(await asyncio.to_thread(gate.masters))
    return Reply(200, b"{}")


async def erase_entries(gate: Gate, body: bytes) -> Reply:
    """Let go of the entries, or values, that ``body`` names (`Going`)."""
    going = _read(body, Going, "bad_positions")
    count = await gate.commits.erase_entries(
        going.positions, going.property, open_only=going.open_only
    )
    return Reply(200, msgspec.json.encode({"entries": count}))


def _read(body: bytes, kind: type[T], code: str) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Invalid(code, f"{error}.") from None


async def _taken(gate: Gate, asked: Query, body: bytes) -> Outcome:
    step = Step(asked.mark, asked.since, asked.rows)
    if asked.form == "events":
        largest = LARGEST_EVENT if asked.protocol == "native" else ROW_LIMIT
        claims = [native.claim(line, largest) for line in body.split(b"\n")]
        return await gate.commits.take_step(claims, step, asked.protocol)
    return await gate.commits.take_table(unpack_table(body), step, keyed=asked.keyed)
