"""Opening a file by what is in it: its compression and its format.

What a file is, is told by its first bytes. Its name only serves to say that it is not what the
name promises.
"""

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePath
from typing import Any, Literal, TypeAlias

import pyarrow as pa

from ethogram.collect.sources.clouds import Blob, away
from ethogram.collect.sources.listed import Lines, list_start
from ethogram.collect.sources.stored import Stored
from ethogram.events.errors import Busy, Invalid

Format: TypeAlias = Literal["csv", "jsonl", "parquet", "spreadsheet"]

BOM = b"\xef\xbb\xbf"
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive, whose name does not end in .zip",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "a SQLite database",
    b"ORC": "an ORC file",
    b"ARROW1": "an Arrow IPC file",
}
_OLE = b"\xd0\xcf\x11\xe0"
"""How an .xls file begins."""
_HINT = (
    "Files are CSV, JSON Lines, a JSON array, Parquet or a spreadsheet, plain or compressed as gz,"
    " bz2, zst or in a ZIP archive."
)
MISFITS = frozenset(
    """
    empty_file unknown_format not_what_it_says mapping_needed bad_header unknown_column
    """.split()  # noqa: SIM905
)
"""Codes of a file that is no data, of another kind, or with other columns than were named."""
_PEEK = 65_536
WHOLE: tuple[Format, ...] = ("parquet", "spreadsheet")
"""What is no text, and not read from its beginning to its end."""
_DISTANT = re.compile(r"AWS Error|HTTP|When reading|curl|azure|google", re.IGNORECASE)
"""What Arrow's errors say where it was the store that failed, not what it holds."""
_DAMAGE = (OSError, EOFError, zlib.error, zipfile.BadZipFile)


@dataclass(frozen=True)
class Source:
    """A file that can be read: ``compression`` is gzip, bz2, zstd or None.

    ``start`` is where the first element stands, in bytes, where it is one JSON list. Of a text
    only the bytes of ``span`` may be meant, after decompression, the first in the line ``line``.
    ``head`` stands for its first two lines, and stays when it grows; empty without two short ones.
    """

    file: Stored
    format: Format
    compression: str | None
    start: int | None = None
    span: tuple[int, int] | None = None
    line: int = 1
    head: str = ""

    @property
    def name(self) -> str:
        """The file's last name."""
        return self.file.name

    def open(self) -> "Reader":
        """What it holds, decompressed; the elements of a list stand in a line each."""
        return Reader(self.file, self.compression, self.start, self.span)

    def whole(self) -> "Reader":
        """All its bytes, decompressed."""
        return Reader(self.file, self.compression)


def examine(file: Stored) -> Source:
    """What ``file`` is.

    Raises `NotFound` (``no_file``) and `Invalid` (``is_folder``, ``empty_file``,
    ``damaged_file``, ``unknown_format``, ``not_what_it_says``).
    """
    with Reader(file, None) as reader:
        magic = reader.read(16)
    compression = next((c for m, c in _COMPRESSIONS.items() if magic.startswith(m)), None)
    with Reader(file, compression) as reader:
        start = reader.read(_PEEK).removeprefix(BOM)
    if not start.strip():
        raise Invalid("empty_file", f"{file.name} is empty.", at=file.address)
    kind = _format(file, start)
    if compression and kind in WHOLE:
        message = f"{file.name} is {kind.capitalize()} inside {compression}."
        raise Invalid("unknown_format", message, at=file.address, hint="Unpack it first.")
    suffixes = [suffix.lower() for suffix in PurePath(file.name).suffixes]
    promised = next((s[1:] for s in reversed(suffixes) if s in _ENDINGS), None)
    if promised and _ENDINGS[f".{promised}"] != kind:
        raise Invalid(
            "not_what_it_says",
            f"{file.name} ends in .{promised}, but holds {kind}.",
            at=file.address,
            hint="Give it the ending of what it holds, or check how it was written.",
        )
    first = list_start(start) if kind == "jsonl" else None
    return Source(file, kind, compression, first, head=_head(start))


def _head(start: bytes) -> str:
    lines = start.split(b"\n", 2)[:-1]
    return blake2b(b"\n".join(lines), digest_size=8).hexdigest() if len(lines) == 2 else ""


_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "spreadsheet",
    ".xls": "spreadsheet",
    ".ods": "spreadsheet",
}


def _format(file: Stored, start: bytes) -> Format:
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(_OLE) or (start.startswith(b"PK\x03\x04") and _is_spreadsheet(file)):
        return "spreadsheet"
    foreign = next((name for magic, name in _FOREIGN.items() if start.startswith(magic)), None)
    if foreign is None and b"\0" in start:
        foreign = "not text"
    if foreign:
        said = f"{file.name} is {foreign}."
        raise Invalid("unknown_format", said, at=file.address, hint=_HINT)
    is_json = start.lstrip().startswith(b"{") or list_start(start) is not None
    return "jsonl" if is_json else "csv"


def _is_spreadsheet(file: Stored) -> bool:
    """Whether a ZIP archive is a workbook of Excel or OpenDocument."""
    try:
        source: Any = file.open()
        names = set(zipfile.ZipFile(source).namelist())
    except (*_DAMAGE, ValueError):
        return False
    return bool(names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"})


class Reader:
    """The decompressed bytes of a file, read in blocks."""

    def __init__(
        self,
        file: Stored,
        compression: str | None,
        start: int | None = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        self.file = file
        self._bytes = file.open()
        self._size = file.size
        self._stream: Any = self._bytes
        if compression:
            self._stream = pa.CompressedInputStream(self._bytes, compression)
        if span is not None:
            self._stream = _Part(self._stream, *span)
        if start is not None:
            self._stream = Lines(self._stream, start)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._bytes.close()

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes, fewer at the end.

        Raises `Invalid` (``damaged_file``), and `Busy` where a store went away meanwhile.
        """
        try:
            return self._stream.read(size)
        except _DAMAGE as error:
            raise unreadable(self.file, error) from error

    @property
    def done(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return min(self._bytes.tell() / self._size, 1.0) if self._size else 1.0


class _Part:
    """The bytes ``start`` to ``end`` of a stream."""

    def __init__(self, stream: Any, start: int, end: int) -> None:
        self._stream, self._before, self._left = stream, start, end - start

    def read(self, size: int) -> bytes:
        """The next bytes, at most ``size``, none at the end."""
        while self._before:
            passed = len(self._stream.read(min(self._before, _PASSING)))
            self._before -= passed or self._before
        said = self._stream.read(min(size, self._left))
        self._left -= len(said)
        return said


_PASSING = 1 << 20


def unreadable(file: Stored, error: Exception) -> Invalid | Busy:
    """The error of a file whose bytes cannot be had, or do not make sense."""
    if isinstance(file, Blob) and _DISTANT.search(str(error)):
        return away(file.address, error)
    return Invalid(
        "damaged_file",
        f"{file.name} cannot be read: {str(error).rstrip('.')}.",
        at=file.address,
        hint="The file is damaged or was cut off; copy it again.",
    )


def delimiter_of(header: str) -> str:
    """The delimiter among ``, ; tab |`` that stands most often in the header, outside quotes.

    >>> delimiter_of('a;b;"c,d,e,f"')
    ';'
    """
    bare = re.sub('"[^"]*"', "", header)
    return max(",;\t|", key=bare.count)


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one CSV record."""
    return next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), [])
