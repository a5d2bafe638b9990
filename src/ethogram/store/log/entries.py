"""How entries stand in a record's payload.

Events and control entries are a JSON array, one element an entry; a columnar batch is an
Arrow IPC stream, one row an entry. `leaves` gives each entry's own bytes, which the chain hashes.
An entry that was erased is null, or a row that the stream's metadata names.
"""

# The functions of pyarrow.compute are made when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.events.erasure import Erasure
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


JOINED = 0
"""The kind of a link that somebody in charge makes; all others are what clients say."""


class Joined(msgspec.Struct, tag="joined", tag_field="entry", omit_defaults=True):
    """Somebody in charge said that two internal ids are one person's."""

    a: int
    b: int
    received_at: Instant


class Parted(msgspec.Struct, tag="parted", tag_field="entry", omit_defaults=True):
    """Somebody in charge said that a link between two internal ids does not count; see `barred`."""

    kind: int
    a: int
    b: int
    received_at: Instant


def barred(kind: int, a: int, b: int) -> tuple[int, int] | None:
    """The two ids whom no word of clients makes one since a link of a ``kind`` was parted.

    That is said of the pair: of every kind of such links, heard before or after, whenever they
    happened. None where only what somebody in charge joined is taken back.
    """
    return None if kind == JOINED else (min(a, b), max(a, b))


class Erased(msgspec.Struct, tag="erased", tag_field="entry", omit_defaults=True):
    """Somebody in charge has something forgotten: one node of it, or one dead letter (`Erasure`).

    Of the node ``a`` alone: the person is erased, and with ``events`` nobody sees these any more.
    Otherwise what came before this entry and what it says of `events.erasure.Struck` is not to be
    seen, ``a`` (None: everybody's), or the ``letter`` at this position.
    """

    received_at: Instant
    a: int | None = None
    events: bool = False
    since: Instant | None = None
    until: Instant | None = None
    event: str | None = None
    property: str | None = None
    letter: int | None = None


def erased(erasure: Erasure) -> list[Erased]:
    """What the log is told of ``erasure``."""
    at = erasure.at
    said: list[Erased] = [Erased(at, letter=letter) for letter in erasure.letters]
    if erasure.whole:
        said += [Erased(at, node, erasure.events) for node in erasure.nodes]
    elif erasure.some is not None:
        said += [Erased(at, node, True, *erasure.some) for node in erasure.nodes or (None,)]
    return said or [Erased(at)]


class Consented(msgspec.Struct, tag="consented", tag_field="entry", omit_defaults=True):
    """A person gave a purpose (`protect.consent`), or withdrew it, ``at`` a time.

    ``person`` is the internal id that it was said for. ``source`` is by which way it came (a
    dialect, ``gpc``, ``api``, ``command``), ``by`` who in charge wrote it down. What was shown is
    the ``version`` of the purpose, 0 where nobody knows, and the SHA-256 of its text, ``shown``.
    ``event_id`` is that of the event that said it, ``proof`` what the client sent with it, sealed
    under the person's key. In ``history`` ``at`` is true, whenever it was received.
    """

    person: int
    purpose: str
    given: bool
    at: Instant
    received_at: Instant
    source: str
    version: int = 0
    shown: str = ""
    by: str = ""
    event_id: str = ""
    proof: bytes | None = None
    history: bool = False

    @property
    def came(self) -> Instant:
        """When it counts as received."""
        return self.at if self.history else self.received_at


Statement: TypeAlias = Joined | Parted | Erased
"""What somebody in charge says of people."""
Control: TypeAlias = DeadLetter | Replayed | Consented | Statement

_encode = msgspec.json.Encoder().encode
_events = msgspec.json.Decoder(list[Recorded | None])
_controls = msgspec.json.Decoder(list[Control | None])
_raw = msgspec.json.Decoder(list[msgspec.Raw])
_GONE = b"ethogram.gone"
"""The key, in the metadata of a columnar batch, of the rows that were erased."""


def pack(entries: Sequence[Recorded] | Sequence[Control]) -> bytes:
    """The payload of a record of events or of control entries."""
    return _encode(entries)


def unpack_events(payload: bytes) -> list[Recorded | None]:
    """The events of a record of the kind ``events``; None for each that was erased."""
    return _events.decode(payload)


def unpack_controls(payload: bytes) -> list[Control | None]:
    """The entries of a record of the kind ``control``; None for each that was erased."""
    return _controls.decode(payload)


def pack_table(table: pa.Table) -> bytes:
    """The payload of a columnar batch; rows are entries."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def unpack_table(payload: bytes) -> pa.Table:
    """The table of a record of the kind ``columns``, without the rows that were erased."""
    return pa.ipc.open_stream(payload).read_all()


def gone(kind: RecordKind, payload: bytes) -> list[int]:
    """Which entries of a payload were erased, by their places in it."""
    if kind == "columns":
        said = (pa.ipc.open_stream(payload).schema.metadata or {}).get(_GONE, b"[]")
        return msgspec.json.decode(said, type=list[int])
    if b"null" not in payload:
        return []
    return [i for i, raw in enumerate(_raw.decode(payload)) if bytes(raw) == b"null"]


def without(kind: RecordKind, payload: bytes, places: Sequence[int]) -> bytes:
    """``payload`` without the entries at ``places``; the others stay what they were, and where."""
    if kind != "columns":
        raws = _raw.decode(payload)
        for place in places:
            raws[place] = msgspec.Raw(b"null")
        return _encode(raws)
    table, before = unpack_table(payload), gone(kind, payload)
    table = table.filter(pa.array(~rows_at(table, before, places)))
    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):  # its words outlive their rows
            plain = table[field.name].cast(field.type.value_type)
            table = table.set_column(at, field.name, plain)
    said = _encode(sorted({*before, *places}))
    return pack_table(table.replace_schema_metadata({_GONE: said}))


def rows_at(table: pa.Table, before: Sequence[int], places: Sequence[int]) -> np.ndarray:
    """For every row of a columnar batch's ``table`` whether it is the entry at one of ``places``.

    Those at the places ``before`` were erased, and are in the table no more.
    """
    there = np.delete(np.arange(table.num_rows + len(before)), before)
    return np.isin(there, places)


def leaves(kind: RecordKind, payload: bytes) -> list[bytes] | list[msgspec.Raw]:
    """Each entry's own bytes, in order: what the chain keeps a keyed hash of.

    An erased entry is null; an erased row of a columnar batch is left out.
    """
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
