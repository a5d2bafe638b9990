"""Bytes in blocks become whole records: where each starts and ends, and in which line.

A record ends at a line break outside quotes. A quote opens at the start of a cell only and
closes at the next quote that is not doubled, as CSV readers have it. Memory stays within a few
blocks whatever the file holds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from ethogram.collect.sources.opening import BOM, Source
from ethogram.collect.sources.rejects import Reject, reject

Int64s: TypeAlias = npt.NDArray[np.int64]

BLOCK_BYTES = 4 << 20
ROW_LIMIT = 1 << 20
LF, CR, QUOTE = 10, 13, 34


class Stream(Protocol):
    """Anything that gives bytes and at the end none."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most ``size``."""
        ...


@dataclass(frozen=True)
class Records:
    """Whole records: record ``i`` is ``data[starts[i]:ends[i]]``, without its line break.

    ``data`` also holds what are no records, blank and rejected ones; ``text`` is ``data``
    without the rejected ones. ``first_line`` is the number of the line in which ``data``
    starts, ``breaks`` are the places of its line breaks.
    """

    data: bytes
    text: bytes
    starts: Int64s
    ends: Int64s
    breaks: Int64s
    first_line: int
    rejects: list[Reject] = field(default_factory=list[Reject])

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lines(self) -> Int64s:
        """The line in which each record starts."""
        return self.first_line + np.searchsorted(self.breaks, self.starts)

    def raw(self, record: int) -> bytes:
        """A record's own bytes."""
        return self.data[self.starts[record] : self.ends[record]]

    def rejected(self, rows: Iterable[tuple[int, str]]) -> list[Reject]:
        """The rejects of some records, each with its code."""
        lines = self.lines
        return [reject(int(lines[row]), code) for row, code in rows]


def records(
    stream: Stream,
    delimiter: str | None,
    block: int = BLOCK_BYTES,
    limit: int = ROW_LIMIT,
    line: int = 1,
) -> Iterator[Records]:
    """The stream's records in blocks; without a ``delimiter`` every line is one.

    The stream begins in line ``line`` of its file.

    Rows longer than ``limit`` and quotes that never close become rejects; reading goes on in
    the next line.
    """
    rest, skipping = b"", False
    fresh = stream.read(block).removeprefix(BOM)
    while fresh or rest:
        data, final = rest + fresh, not fresh
        if skipping:
            data, skipping = _after_line(data)
            line += not skipping
        whole, rest = _split(data, delimiter, line, limit, final)
        line += len(whole.breaks)
        if len(rest) > limit or (final and rest):
            rest, skipping = _broken(rest, line, limit, whole.rejects)
            line += not skipping
        if len(whole) or whole.rejects:
            yield whole
        fresh = stream.read(block)


def lines(source: Source) -> Iterator[tuple[Records, float]]:
    """The lines of a file in blocks, and how much of it was read, from 0 to 1."""
    with source.open() as reader:
        for block in records(reader, None, line=source.line):
            yield block, reader.done


def _after_line(data: bytes) -> tuple[bytes, bool]:
    place = data.find(b"\n")
    return (b"", True) if place < 0 else (data[place + 1 :], False)


def _broken(tail: bytes, line: int, limit: int, rejects: list[Reject]) -> tuple[bytes, bool]:
    """Reject the first line of a record that has no end; what follows, and whether to skip."""
    place = tail.find(b"\n")
    code = "row_too_long" if place < 0 or place > limit else "unclosed_quote"
    if place < 0 and len(tail) <= limit:
        code = "unclosed_quote"
    rejects.append(reject(line, code))
    return _after_line(tail)


def _split(
    data: bytes, delimiter: str | None, line: int, limit: int, final: bool
) -> tuple[Records, bytes]:
    codes = np.frombuffer(data, np.uint8)
    breaks = _line_breaks(data, codes, final)
    stops = breaks
    open_at_end = False
    if delimiter is not None and b'"' in data:
        quotes = _structural_quotes(data, codes, ord(delimiter))
        inside = np.searchsorted(quotes, breaks) & 1
        stops = breaks[inside == 0]
        open_at_end = len(quotes) % 2 == 1
    if final and not open_at_end and len(data) and (not len(stops) or stops[-1] < len(data) - 1):
        stops = np.append(stops, len(data))
    cut = int(stops[-1]) + 1 if len(stops) else 0
    starts = np.concatenate(([0], stops[:-1] + 1)) if len(stops) else stops
    ends = stops - ((stops > starts) & (codes[np.maximum(stops - 1, 0)] == CR))
    body = data[:cut]
    whole = Records(body, body, starts, ends, breaks[breaks < cut], line)
    return _kept(whole, limit), data[cut:]


def _line_breaks(data: bytes, codes: npt.NDArray[np.uint8], final: bool) -> Int64s:
    """Where lines end: at LF, and at a CR that no LF follows."""
    breaks = np.flatnonzero(codes == LF)
    if b"\r" not in data:
        return breaks
    returns = np.flatnonzero(codes == CR)
    if len(returns) and returns[-1] == len(codes) - 1 and not final:
        returns = returns[:-1]
    alone = returns[np.append(codes, 0)[returns + 1] != LF]
    return np.sort(np.concatenate((breaks, alone))) if len(alone) else breaks


def _structural_quotes(data: bytes, codes: npt.NDArray[np.uint8], delimiter: int) -> Int64s:
    """The quotes that open and close cells, in turn."""
    quotes = np.flatnonzero(codes == QUOTE)
    before = codes[np.maximum(quotes - 1, 0)]
    after = codes[np.minimum(quotes + 1, len(codes) - 1)]
    edges = np.zeros(256, np.bool_)
    edges[[delimiter, LF, CR, QUOTE]] = True
    opens, closes = edges[before[::2]], edges[after[1::2]]
    if opens.all() and closes.all():
        return quotes
    return np.fromiter(_walk(quotes.tolist(), data, delimiter), np.int64)


def _walk(quotes: list[int], data: bytes, delimiter: int) -> Iterator[int]:
    edges = {delimiter, LF, CR}
    inside, i = False, 0
    while i < len(quotes):
        place = quotes[i]
        doubled = inside and i + 1 < len(quotes) and quotes[i + 1] == place + 1
        if not doubled and (inside or place == 0 or data[place - 1] in edges):
            inside = not inside
            yield place
        i += 2 if doubled else 1


def _kept(whole: Records, limit: int) -> Records:
    """Without blank records, and with those that cannot be read as rejects."""
    codes = {int(i): "row_too_long" for i in np.flatnonzero(whole.ends - whole.starts > limit)}
    codes |= dict.fromkeys(_not_utf8(whole), "not_utf8")
    keep = whole.ends > whole.starts
    pieces: list[bytes] = []
    place, lines = 0, whole.lines if codes else whole.starts
    for record in sorted(codes):
        keep[record] = False
        whole.rejects.append(reject(int(lines[record]), codes[record]))
        pieces.append(whole.data[place : whole.starts[record]])
        place = whole.starts[record + 1] if record + 1 < len(whole) else len(whole.data)
    text = b"".join([*pieces, whole.data[place:]]) if codes else whole.data
    return replace(whole, text=text, starts=whole.starts[keep], ends=whole.ends[keep])


def _not_utf8(whole: Records) -> list[int]:
    try:
        str(memoryview(whole.data), "utf-8")
    except UnicodeDecodeError:
        high = np.flatnonzero(np.frombuffer(whole.data, np.uint8) >= 128)
        suspects = np.unique(np.searchsorted(whole.starts, high, "right") - 1)
        return [int(i) for i in suspects if not _is_utf8(whole.raw(i))]
    return []


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
