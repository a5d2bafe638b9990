"""Logs of lines become claims, by a preset."""

from collections.abc import Iterator
from datetime import date

import pyarrow as pa
from msgspec.structs import replace

from ethogram.collect.sources.ahead import ahead
from ethogram.collect.sources.cells import as_type
from ethogram.collect.sources.claims import Chunk, chunks, claims, columns_of
from ethogram.collect.sources.mapping import Mapping, check, over
from ethogram.collect.sources.opening import Source
from ethogram.collect.sources.presets.preset import Log
from ethogram.collect.sources.records import Records, lines
from ethogram.store.lake.schema import Tag, column_name


def read_log(source: Source, log: Log, mapping: Mapping, mark: str) -> Iterator[Chunk]:
    """The claims of a log, in the order of its lines; ``mark`` is its fingerprint.

    What ``mapping`` says goes before what the preset does; what either drops is dropped. Lines
    that are no lines of such a log are rejects.
    """
    said = replace(over(mapping, log.mapping), drop=[*mapping.drop, *log.mapping.drop])
    written = date(mapping.year, 12, 31) if mapping.year else source.file.written
    for block, done in ahead(lines(source)):
        parsed = log.parse(_texts(block), written)
        check(said, parsed.table.column_names, source.name)
        table, places, refused = claims(
            columns_of(
                said,
                lambda name, table=parsed.table: _ids(table, name),
                parsed.table[str(said.time)].combine_chunks(),
                block.lines[parsed.rows],
                _properties(parsed.table, said),
            ),
            mark,
        )
        rejects = block.rejects + block.rejected((int(row), "bad_line") for row in parsed.bad)
        rejects += block.rejected((int(parsed.rows[row]), code) for row, code in refused)
        yield from chunks(table, places, sorted(rejects, key=lambda each: each.line), done)


_TAGS: dict[pa.DataType, Tag] = {pa.float64(): "number", pa.bool_(): "flag", pa.string(): "text"}


def _texts(block: Records) -> pa.StringArray:
    spans = zip(block.starts.tolist(), block.ends.tolist(), strict=True)
    return pa.array([block.data[start:end] for start, end in spans], pa.binary()).cast(pa.string())


def _ids(table: pa.Table, name: str) -> pa.Array:
    return table[name].cast(pa.string()).combine_chunks()


def _properties(table: pa.Table, mapping: Mapping) -> dict[str, pa.Array]:
    found: dict[str, pa.Array] = {}
    for name in mapping.kept(table.column_names):
        called, values = mapping.called(name), table[name].combine_chunks()
        if name in mapping.types:
            found |= as_type(called, values.cast(pa.string()), mapping.types[name])
        elif values.null_count < len(values):
            found[column_name(called, _TAGS[values.type])] = values
    return found
