"""Vendors' exports become events, by a preset: a row may be one event or several."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow.parquet as pq
from msgspec.structs import replace

from ethogram.collect.admission import Claim
from ethogram.collect.sources.ahead import ahead
from ethogram.collect.sources.claims import EventChunk
from ethogram.collect.sources.delimited import read_texts
from ethogram.collect.sources.jsonlines import decoded
from ethogram.collect.sources.opening import Source, unreadable
from ethogram.collect.sources.presets.preset import Export
from ethogram.collect.sources.records import lines
from ethogram.collect.sources.rejects import Reject
from ethogram.events.errors import EthogramError, Invalid

_ROWS = 5_000
_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode
Part = tuple[list[tuple[int, dict[str, Any]]], list[Reject], float]


def read_export(
    source: Source, export: Export, timezone: str | None, mark: str
) -> Iterator[EventChunk]:
    """The events of an export, in the order of its rows; ``mark`` is its fingerprint.

    An event that brings no id gets one from the file's content and its place.
    """
    if source.format not in _PARTS:
        raise Invalid(
            "unknown_format",
            f"{source.name} is {source.format}; exports are JSON, CSV or Parquet.",
            at=source.file.address,
            hint="Export it in one of these, or import it by a mapping.",
        )
    for rows, rejects, done in ahead(_PARTS[source.format](source)):
        claims: list[Claim] = []
        places: list[int] = []
        for place, row in rows:
            try:
                events = export.events(row, timezone)
            except EthogramError as error:
                rejects.append(Reject(place, error.code, error.message, error.hint, error.at))
                continue
            for number, event in enumerate(events):
                own = f"{mark}:{place}.{number}" if number else f"{mark}:{place}"
                claims.append(replace(event, event_id=event.event_id or own, time_is_true=True))
                places.append(place)
        yield EventChunk(claims, places, rejects, done)


def _of_lines(source: Source) -> Iterator[Part]:
    for block, done in lines(source):
        rows, kept, bad = decoded(block)
        numbers: list[int] = block.lines.tolist()
        rejects = block.rejects + block.rejected((row, "bad_json") for row in bad)
        yield [(numbers[at], row) for at, row in zip(kept, rows, strict=True)], rejects, done


def _of_cells(source: Source) -> Iterator[Part]:
    for table, places, rejects, done in read_texts(source):
        rows = [{k: v for k, v in row.items() if v is not None} for row in table.to_pylist()]
        yield list(zip(places.tolist(), rows, strict=True)), rejects, done


def _of_columns(source: Source) -> Iterator[Part]:
    try:
        with source.file.open() as stored, pq.ParquetFile(stored) as file:
            total, place = max(file.metadata.num_rows, 1), 1
            for batch in file.iter_batches(_ROWS):
                plain = _decode(_encode(batch.to_pylist()))
                rows = list(enumerate(plain, place))
                place += batch.num_rows
                yield rows, [], (place - 1) / total
    except (OSError, ValueError) as error:
        raise unreadable(source.file, error) from error


_PARTS = {"jsonl": _of_lines, "csv": _of_cells, "parquet": _of_columns}
