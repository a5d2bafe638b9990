"""Tables of claims from another process of this machine: an import into a served workspace."""

import asyncio
from collections.abc import Mapping

import msgspec
import pyarrow as pa

from ethogram.collect.gate import Gate
from ethogram.collect.protocols.dialect import Reply
from ethogram.events.errors import Invalid
from ethogram.store.log.entries import unpack_table


class Query(msgspec.Struct, frozen=True):
    """The import's name, how many of its rows are in after this, whether rows bring ids."""

    mark: str
    rows: int
    keyed: bool


async def imported(gate: Gate, query: Mapping[str, str]) -> Reply:
    """How many rows of an import are in."""
    rows = await asyncio.to_thread(gate.reader.mark, query.get("mark", ""))
    return Reply(200, msgspec.json.encode({"rows": rows}))


async def take_table(gate: Gate, query: Mapping[str, str], body: bytes) -> Reply:
    """Keep the rows of an Arrow stream. See `Door.admit_table`."""
    try:
        asked = msgspec.convert(query, Query, strict=False)
        table = unpack_table(body)
    except (msgspec.ValidationError, pa.ArrowInvalid) as error:
        raise Invalid("bad_claims", f"{error}.") from None
    outcome = await gate.commits.take_table(table, (asked.mark, asked.rows), keyed=asked.keyed)
    return Reply(200, msgspec.json.encode(outcome))
