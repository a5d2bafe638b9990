"""Excel and OpenDocument spreadsheets: numbers, flags and dates keep their types."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine as calamine

from ethogram.collect.sources.claims import ROWS, Chunk, chunks, claims
from ethogram.collect.sources.mapping import Mapping, check
from ethogram.collect.sources.opening import Source
from ethogram.collect.sources.rejects import reject
from ethogram.collect.sources.rows import columns
from ethogram.events.errors import Invalid, TooLarge, nearest

LARGEST = 256 << 20
"""Bytes: a spreadsheet is read into memory as a whole."""
LARGEST_UNPACKED = 1 << 30
"""Bytes of all that is packed in it; the same again may be a thousand times smaller packed."""
_PIECE = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def read_spreadsheet(source: Source, mapping: Mapping, mark: str) -> Iterator[Chunk]:
    """The claims of the first sheet, or ``mapping.sheet``; its first row is the header.

    A row's place is its number in the sheet. Empty cells are missing values, times ISO 8601.
    Raises `Invalid` and `TooLarge` where the workbook cannot be read.
    """
    cells = _sheet(source, mapping).iter_rows()
    names = [str(name).strip() or f"column_{i}" for i, name in enumerate(next(cells, []), 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None or not names:
        why = f'two columns are called "{twice}"' if names else "the sheet is empty"
        message = f"The header of {source.name} cannot be used: {why}."
        raise Invalid("bad_header", message, at=f"{source.name}:1")
    check(mapping, names, source.name)
    rows, places = list[dict[str, Any]](), list[int]()
    for place, row in enumerate(cells, 2):
        if said := {n: _value(v) for n, v in zip(names, row, strict=False) if v not in ("", None)}:
            rows.append(said)
            places.append(place)
        if len(rows) == ROWS:
            yield from _chunks(rows, places, mapping, mark, 0.5)
            rows, places = [], []
    yield from _chunks(rows, places, mapping, mark, 1.0)


def _chunks(
    rows: list[dict[str, Any]], places: list[int], mapping: Mapping, mark: str, done: float
) -> list[Chunk]:
    table, taken, refused = claims(columns(rows, mapping, places), mark)
    return chunks(table, taken, [reject(places[row], code) for row, code in refused], done)


def _sheet(source: Source, mapping: Mapping) -> calamine.CalamineSheet:
    if source.file.size > LARGEST:
        raise _too_large(source, f"has {source.file.size:,} bytes", LARGEST)
    with source.file.open() as file:
        content = file.read()
    if unpacks_beyond(content, LARGEST_UNPACKED):
        raise _too_large(source, "is larger than it may be once it is unpacked", LARGEST_UNPACKED)
    try:
        book = calamine.load_workbook(io.BytesIO(content))
        names = book.sheet_names
        if mapping.sheet is not None and mapping.sheet not in names:
            raise Invalid("unknown_sheet", f'{source.name} has no sheet "{mapping.sheet}".',
                          at="--sheet", hint=nearest(mapping.sheet, names))  # fmt: skip
        return book.get_sheet_by_name(mapping.sheet or names[0])
    except (calamine.CalamineError, IndexError) as error:
        raise Invalid(
            "damaged_file",
            f"{source.name} cannot be read as a spreadsheet: {error}.",
            at=source.file.address,
            hint="The file is damaged, or locked by a password; save it again.",
        ) from error


def unpacks_beyond(content: bytes, most: int) -> bool:
    """Whether the parts of a workbook have more than ``most`` bytes in all, whatever it says.

    What is no archive, as an .xls file, or is damaged is not judged here.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGE:
        return False
    size = 0
    for part in archive.infolist():
        part.file_size = most + 1
        try:
            with archive.open(part) as file:
                while piece := file.read(_PIECE):
                    size += len(piece)
                    if size > most:
                        return True
        except _DAMAGE:
            continue
    return False


def _too_large(source: Source, why: str, most: int) -> TooLarge:
    return TooLarge(
        "file_too_large",
        f"{source.name} {why}; a spreadsheet has at most {most:,} bytes.",
        at=source.file.address,
        hint="Save it as CSV.",
    )


def _value(cell: Any) -> Any:
    """A cell as JSON would have it."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1 << 53:
        return int(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return cell.total_seconds() if isinstance(cell, timedelta) else cell
