"""CSV: the header, the columns' types over the whole file, and the rows as claims."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow

from ethogram.collect.sources.ahead import ahead
from ethogram.collect.sources.cells import CellType, as_type, cell_type
from ethogram.collect.sources.claims import Chunk, Places, chunks, claims, columns_of
from ethogram.collect.sources.mapping import Mapping, check
from ethogram.collect.sources.opening import Source, cells_of, delimiter_of
from ethogram.collect.sources.records import ROW_LIMIT, Int64s, Records, records
from ethogram.collect.sources.rejects import Reject
from ethogram.events.errors import Broken, Invalid
from ethogram.store.lake.schema import column_name

_ARROW_TYPES = {"number": pa.float64(), "flag": pa.bool_(), "text": pa.string()}
_HEADER_BLOCK = 65_536
_PARSER_BLOCK = 2 * ROW_LIMIT


@dataclass(frozen=True)
class Layout:
    """What a CSV file's header says."""

    delimiter: str
    names: list[str]


def layout(source: Source) -> Layout:
    """The header of a CSV file; a column without a name is called ``column_3`` by its place.

    Raises `Invalid` (``bad_header``).
    """
    delimiter = delimiter_of(_first_record(source, None))
    header = cells_of(_first_record(source, delimiter), delimiter)
    names = [name or f"column_{i}" for i, name in enumerate(header, 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise _bad_header(source, f'two columns are called "{twice}"')
    return Layout(delimiter, names)


def _first_record(source: Source, delimiter: str | None) -> str:
    with source.whole() as reader:
        block = next(records(reader, delimiter, _HEADER_BLOCK))
    if block.rejects and (not len(block) or block.rejects[0].line < block.lines[0]):
        raise _bad_header(source, block.rejects[0].message)
    return block.raw(0).decode()


def _bad_header(source: Source, why: str) -> Invalid:
    message = f"The header of {source.name} cannot be used: {why}"
    return Invalid("bad_header", f"{message.rstrip('.')}.", at=f"{source.name}:1")


def read_csv(source: Source, mapping: Mapping, mark: str) -> Iterator[Chunk]:
    """The claims of a CSV file, in the order of its rows; ``mark`` is its fingerprint.

    Raises `Invalid` where the header does not fit or the file is damaged, before any claim.
    """
    head = layout(source)
    check(mapping, head.names, source.name)
    types = _property_types(source, head, mapping)
    for block, done in ahead(_blocks(source, head)):
        yield from chunks(*_claims(block, head, mapping, types, mark), done)


def read_texts(source: Source) -> Iterator[tuple[pa.Table, Places, list[Reject], float]]:
    """The cells of a CSV file as texts: columns, the rows' lines, what cannot be read, progress.

    Raises `Invalid` as `read_csv` does.
    """
    head = layout(source)
    for block, done in ahead(_blocks(source, head)):
        table, ragged = _parsed(block, head, dict.fromkeys(head.names, pa.string()))
        rows = _rows(block, ragged, table)
        rejects = block.rejects + block.rejected((r.number - 1, _ragged_code(r)) for r in ragged)
        yield table, block.lines[rows], sorted(rejects, key=_line), done


def _rows(block: Records, ragged: list[arrow.InvalidRow], table: pa.Table) -> Int64s:
    """Which records are the rows of ``table``."""
    rows = np.delete(np.arange(len(block)), [row.number - 1 for row in ragged])
    if len(rows) != table.num_rows:
        raise Broken("csv_rows", "Rows and lines disagree.", at=f"line {block.first_line}")
    return rows


def _blocks(source: Source, head: Layout) -> Iterator[tuple[Records, float]]:
    """The records of a file, or of its ``span``, without the header."""
    headed = bool(source.span and source.span[0])
    with source.open() as reader:
        for block in records(reader, head.delimiter, line=source.line):
            strip = len(block) > 0 and not headed
            headed |= strip
            yield (_without_header(block) if strip else block), reader.done


def _without_header(block: Records) -> Records:
    cut = int(np.searchsorted(block.breaks, block.ends[0]))
    start = int(block.breaks[cut]) + 1 if cut < len(block.breaks) else len(block.text)
    return replace(block, text=block.text[start:], starts=block.starts[1:], ends=block.ends[1:])


def _property_types(source: Source, head: Layout, mapping: Mapping) -> dict[str, CellType]:
    """Each column's type, over all that stands before in the file too."""
    kept = mapping.kept(head.names)
    types: dict[str, CellType] = {name: mapping.types.get(name, "empty") for name in kept}
    upto = replace(source, span=source.span and (0, source.span[1]))
    for block, _ in ahead(_blocks(upto, head)):
        open_ = {
            name: pa.string()
            for name, kind in types.items()
            if kind != "text" and name not in mapping.types
        }
        if not open_:
            break
        table, _ = _parsed(block, head, open_)
        for name in open_:
            types[name] = cell_type(table[name].combine_chunks(), types[name])
    return types


def _parsed(
    block: Records, head: Layout, types: dict[str, pa.DataType]
) -> tuple[pa.Table, list[arrow.InvalidRow]]:
    """The columns in ``types`` of the rows with the right number of cells, and the other rows."""
    ragged: list[arrow.InvalidRow] = []

    def skip(row: arrow.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    if not len(block):
        return pa.table({name: pa.array([], kind) for name, kind in types.items()}), ragged
    table = arrow.read_csv(
        pa.py_buffer(block.text),
        read_options=arrow.ReadOptions(
            column_names=head.names, use_threads=False, block_size=_PARSER_BLOCK
        ),
        parse_options=arrow.ParseOptions(
            delimiter=head.delimiter, newlines_in_values=True, invalid_row_handler=skip
        ),
        convert_options=arrow.ConvertOptions(
            include_columns=list(types),
            column_types=types,
            check_utf8=False,
            null_values=[""],
            strings_can_be_null=True,
            true_values=["true", "True", "TRUE"],
            false_values=["false", "False", "FALSE"],
        ),
    )
    return table, ragged


def _claims(
    block: Records, head: Layout, mapping: Mapping, types: dict[str, CellType], mark: str
) -> tuple[pa.Table, Places, list[Reject]]:
    forced = mapping.types
    kinds = {
        name: pa.string() if name in forced else _ARROW_TYPES[kind]
        for name, kind in types.items()
        if kind != "empty"
    }
    said = dict.fromkeys([*mapping.named.values(), *mapping.groups.values()], pa.string())
    table, ragged = _parsed(block, head, said | kinds)
    rows = _rows(block, ragged, table)
    properties: dict[str, pa.Array] = {}
    for name in kinds:
        called, values = mapping.called(name), table[name]
        if name in forced:
            properties |= as_type(called, values.combine_chunks(), forced[name])
        else:
            properties[column_name(called, types[name])] = values
    columns = columns_of(
        mapping,
        lambda name: table[name].combine_chunks(),
        table[str(mapping.time)].combine_chunks(),
        block.lines[rows],
        properties,
    )
    taken, places, refused = claims(columns, mark)
    rejects = [
        *block.rejects,
        *block.rejected((row.number - 1, _ragged_code(row)) for row in ragged),
        *block.rejected((int(rows[row]), code) for row, code in refused),
    ]
    return taken, places, sorted(rejects, key=_line)


def _ragged_code(row: arrow.InvalidRow) -> str:
    return "too_many_cells" if row.actual_columns > row.expected_columns else "too_few_cells"


def _line(reject: Reject) -> int:
    return reject.line
