"""How entries stand in a record's payload.

Events and control entries are a JSON array, one element an entry; a columnar batch is an
Arrow IPC stream, one row an entry. `leaves` gives each entry's own bytes, which the chain hashes.
"""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
import pyarrow as pa

from ethogram.events.event import Instant, Recorded
from ethogram.store.log.port import RecordKind


class DeadLetter(msgspec.Struct, tag="dead_letter", tag_field="entry", omit_defaults=True):
    """An event that was refused; ``sealed`` holds what the client sent, encrypted."""

    code: str
    message: str
    at: str
    hint: str
    received_at: Instant
    protocol: str
    sealed: bytes


class Linked(msgspec.Struct, tag="link", tag_field="entry", omit_defaults=True):
    """A statement that two internal ids are one person's."""

    kind: str
    a: int
    b: int
    received_at: Instant
    directed: bool = True


class Erased(msgspec.Struct, tag="erasure", tag_field="entry", omit_defaults=True):
    """The person was erased: from here on no question sees what could name them."""

    person: int
    received_at: Instant


Control: TypeAlias = DeadLetter | Linked | Erased

_encode = msgspec.json.Encoder().encode
_events = msgspec.json.Decoder(list[Recorded])
_controls = msgspec.json.Decoder(list[Control])
_raw = msgspec.json.Decoder(list[msgspec.Raw])


def pack(entries: Sequence[Recorded] | Sequence[Control]) -> bytes:
    """The payload of a record of events or of control entries."""
    return _encode(entries)


def unpack_events(payload: bytes) -> list[Recorded]:
    """The events of a record of the kind ``events``."""
    return _events.decode(payload)


def unpack_controls(payload: bytes) -> list[Control]:
    """The entries of a record of the kind ``control``."""
    return _controls.decode(payload)


def pack_table(table: pa.Table) -> bytes:
    """The payload of a columnar batch; rows are entries."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def unpack_table(payload: bytes) -> pa.Table:
    """The table of a record of the kind ``columns``."""
    return pa.ipc.open_stream(payload).read_all()


def leaves(kind: RecordKind, payload: bytes) -> list[bytes] | list[msgspec.Raw]:
    """Each entry's own bytes, in order: what the chain keeps a keyed hash of."""
    if kind == "columns":
        return _rows(unpack_table(payload))
    return _raw.decode(payload)


def _rows(table: pa.Table) -> list[bytes]:
    """Each row as JSON after the columns' names, instants in microseconds."""
    import polars as pl

    names = _encode(table.column_names)
    plain = pl.DataFrame(table).with_columns(pl.selectors.datetime().cast(pl.Int64))
    return [names + _encode(row) for row in plain.iter_rows()]
