"""An Arrow table of events becomes a run."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ethogram.ask.sequences.arrange import ORIGIN, Rows, arrange
from ethogram.ask.sequences.columns import properties_of, texts
from ethogram.ask.sequences.names import MOST, Names
from ethogram.ask.sequences.run import Codes, Int64s, Run
from ethogram.ask.sequences.units import GROUP, PERSON, grouped, owned, source
from ethogram.people.identity import Identity
from ethogram.store.lake.changes import change_of
from ethogram.store.lake.schema import property_of

NOBODY = Identity()


def columns_needed(columns: Iterable[str], unit: str = PERSON) -> list[str]:
    """Those of an events table's ``columns`` that an index of ``unit`` reads."""
    fixed = {"position", "event", "timestamp", PERSON, source(unit)}
    if unit == PERSON:
        fixed.add("groups")
    return [column for column in columns if column in fixed or _holds(unit, column)]


def _holds(unit: str, column: str) -> bool:
    """Whether an index of ``unit`` holds a property's column: of profiles it has its own units'."""
    held = property_of(column)
    changed = held and change_of(held[0])
    whose = "group" if unit.startswith(GROUP) else "person"
    return held is not None and (changed is None or changed.target == whose)


def build(
    table: pa.Table,
    unit: str = PERSON,
    identity: Identity = NOBODY,
    names: Names | None = None,
) -> Run:
    """The run of ``table``, an events table in any order.

    ``unit`` is what owns the events (`units.owned`). Linked persons are one. ``names`` are those
    of the index.
    """
    table, nodes = owned(table.select(columns_needed(table.column_names, unit)), unit, identity)
    rows = _rows(table, unit, names or Names())
    if unit != PERSON:
        return arrange(rows, nodes)
    return arrange(rows, identity.resolve(nodes), nodes)


def _rows(table: pa.Table, unit: str, known: Names) -> Rows:
    names, codes = _codes(table["event"], known)
    properties = properties_of(table)
    if unit == PERSON and "groups" in table.column_names:
        properties |= {name: texts(each) for name, each in grouped(table["groups"]).items()}
    seconds, micros = np.divmod(instants(table), 1_000_000)
    return Rows(
        codes,
        (seconds - ORIGIN).astype(np.int32),
        micros.astype(np.int32),
        table["position"].to_numpy(),
        ORIGIN,
        names,
        properties,
    )


def instants(table: pa.Table) -> Int64s:
    """When each event of an events table happened, in microseconds since 1970."""
    return table["timestamp"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()


def _codes(events: pa.ChunkedArray, known: Names) -> tuple[tuple[str, ...], Codes]:
    texts = events.combine_chunks()
    if pa.types.is_dictionary(texts.type):
        texts = pc.cast(texts, texts.type.value_type)
    encoded = texts.dictionary_encode()
    called = known.take(encoded.dictionary.to_pylist())
    code = {name: i for i, name in enumerate(dict.fromkeys(called))}
    codes = np.array([code[name] for name in called], code_dtype(len(code)))
    return tuple(code), codes[encoded.indices.to_numpy()]


def code_dtype(names: int) -> type[np.uint8] | type[np.uint16]:
    """The dtype of codes for this many names, at most `MOST`."""
    assert names <= MOST
    return np.uint8 if names <= 256 else np.uint16
