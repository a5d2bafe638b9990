"""How entries stand in a record's payload.

Events and control entries are a JSON array, one element an entry; a columnar batch is an
Arrow IPC stream, one row an entry. `leaves` gives each entry's own bytes, which the chain hashes.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.event import Instant, Recorded
from ethogram.store.log.port import RecordKind

Form: TypeAlias = Literal["bytes", "event", "request"]


class DeadLetter(msgspec.Struct, tag="dead_letter", tag_field="entry", omit_defaults=True):
    """An event that was refused; ``sealed`` holds it, encrypted, in this ``form``.

    ``event`` is our own event as JSON, which failed a check; ``request`` a request of the dialect
    that says this event alone; ``bytes`` what the client said of it, or in older letters an event.
    ``event`` is its name where that is planned, and empty else: a client may have written anything.
    """

    code: str
    message: str
    at: str
    hint: str
    received_at: Instant
    protocol: str
    sealed: bytes
    form: Form = "bytes"
    event: str = ""


class Replayed(msgspec.Struct, tag="replayed", tag_field="entry", omit_defaults=True):
    """The dead letter at the position ``letter`` came in again, or was in by itself by then."""

    letter: int
    received_at: Instant
    duplicate: bool = False


class Joined(msgspec.Struct, tag="joined", tag_field="entry", omit_defaults=True):
    """Somebody in charge said that two internal ids are one person's."""

    a: int
    b: int
    received_at: Instant


class Parted(msgspec.Struct, tag="parted", tag_field="entry", omit_defaults=True):
    """Somebody in charge said that a link between two internal ids does not count."""

    kind: int
    a: int
    b: int
    received_at: Instant


class Erased(msgspec.Struct, tag="erased", tag_field="entry", omit_defaults=True):
    """An internal id's person was erased: from here on no question sees its events."""

    a: int
    received_at: Instant


Statement: TypeAlias = Joined | Parted | Erased
"""What somebody in charge says of people."""
Control: TypeAlias = DeadLetter | Replayed | Statement

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
    """Each row in one way only, whatever library writes it: a value after the other.

    A row begins with a hash of the columns' names. A number is its digits, a real one those of
    its 64 bits, a text or blob its length and its bytes; what is null is a dash.
    """
    names = blake2b(_encode(table.column_names), digest_size=8).hexdigest().encode()
    columns = [_canonical(table[name].combine_chunks()) for name in table.column_names]
    joined = pc.binary_join_element_wise(
        pa.repeat(pa.scalar(names, pa.large_binary()), table.num_rows),
        *columns,
        pa.scalar(b",", pa.large_binary()),
        null_handling="replace",
        null_replacement=b"-",
    )
    return joined.to_pylist()


def _canonical(values: pa.Array) -> pa.Array:
    """``values`` as bytes; null where they are."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.dictionary_decode(), kind.value_type
    if pa.types.is_floating(kind):
        values = values.cast(pa.float64()).view(pa.int64())
    elif pa.types.is_timestamp(kind):
        values = values.cast(pa.timestamp("us", kind.tz)).view(pa.int64())
    elif pa.types.is_boolean(kind):
        values = values.cast(pa.int8())
    elif not pa.types.is_integer(kind):
        said = values.cast(pa.large_binary())
        length = _digits(pc.binary_length(said))
        return pc.binary_join_element_wise(length, said, pa.scalar(b":", pa.large_binary()))
    return _digits(values)


def _digits(numbers: pa.Array) -> pa.Array:
    return numbers.cast(pa.string()).cast(pa.large_binary())
