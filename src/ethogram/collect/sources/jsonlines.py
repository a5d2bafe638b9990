"""JSON Lines: native events line by line, or by a mapping as claims."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.protocols import native
from ethogram.collect.sources.ahead import ahead
from ethogram.collect.sources.claims import Chunk, EventChunk, chunks, claims
from ethogram.collect.sources.mapping import Mapping, check
from ethogram.collect.sources.opening import Source
from ethogram.collect.sources.records import Records, lines
from ethogram.collect.sources.rows import columns

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def read_native(source: Source, mark: str) -> Iterator[EventChunk]:
    """The native events of a JSONL file; ``mark`` is its fingerprint.

    A line that is none is a refusal among the claims. An event that brings no id gets one from
    the file's content and the line.
    """
    for block, done in ahead(lines(source)):
        places: list[int] = block.lines.tolist()
        claims_ = [_claim(block.raw(i), f"{mark}:{place}") for i, place in enumerate(places)]
        yield EventChunk(claims_, places, block.rejects, done)


def _claim(text: bytes, event_id: str) -> Claim:
    claim = native.claim(text)
    if isinstance(claim, Refusal):
        return claim
    return replace(claim, event_id=claim.event_id or event_id, time_is_true=True)


def read_jsonl(source: Source, mapping: Mapping, mark: str) -> Iterator[Chunk]:
    """The claims of a JSONL file; a property of mixed type has a column for each of its types.

    A whole number that float64 cannot tell from others is text. The mapping is checked against
    the names that the first block has.
    """
    checked = False
    for block, done in ahead(lines(source)):
        rows, kept, bad = decoded(block)
        if rows and not checked:
            there = list(dict.fromkeys(name for row in rows for name in row))
            check(mapping, there, source.name, all_=False)
            checked = True
        table, places, refused = claims(columns(rows, mapping, block.lines[kept]), mark)
        rejects = block.rejects + block.rejected((row, "bad_json") for row in bad)
        rejects += block.rejected((kept[row], code) for row, code in refused)
        yield from chunks(table, places, sorted(rejects, key=lambda reject: reject.line), done)


def decoded(block: Records) -> tuple[list[dict[str, Any]], list[int], list[int]]:
    """The objects, the records they stand in, and the records that are none."""
    rows: list[dict[str, Any]] = []
    kept: list[int] = []
    bad: list[int] = []
    for record in range(len(block)):
        try:
            rows.append(_decode(block.raw(record)))
            kept.append(record)
        except (msgspec.DecodeError, RecursionError):
            bad.append(record)
    return rows, kept, bad
