"""Opening a file by what is in it: its compression, its format, its fingerprint.

What a file is, is told by its first bytes. Its name only serves to say that it is not what the
name promises.
"""

import csv
import io
import re
from hashlib import blake2b
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
import pyarrow as pa

from ethogram.events.errors import Invalid, NotFound

Format: TypeAlias = Literal["csv", "jsonl", "parquet"]

BOM = b"\xef\xbb\xbf"
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "a SQLite database",
    b"ORC": "an ORC file",
    b"ARROW1": "an Arrow IPC file",
}
_HINT = "Files are CSV, JSON Lines or Parquet, plain or compressed as gz, bz2 or zst."
_PEEK = 65_536


class Source(msgspec.Struct, frozen=True):
    """A file that can be read: ``compression`` is gzip, bz2, zstd or None."""

    path: Path
    format: Format
    compression: str | None


def examine(path: Path) -> Source:
    """What the file at ``path`` is.

    Raises `NotFound` (``no_file``) and `Invalid` (``is_folder``, ``empty_file``,
    ``damaged_file``, ``unknown_format``).
    """
    if path.is_dir():
        raise Invalid("is_folder", f"{path} is a folder.", hint="Name the files in it.")
    if not path.is_file():
        raise NotFound("no_file", f"There is no file {path}.", hint="Check the path.")
    with path.open("rb") as file:
        magic = file.read(16)
    compression = next((c for m, c in _COMPRESSIONS.items() if magic.startswith(m)), None)
    with Reader(path, compression) as reader:
        start = reader.read(_PEEK).removeprefix(BOM)
    if not start.strip():
        raise Invalid("empty_file", f"{path.name} is empty.", at=str(path))
    source = Source(path, _format(path, start), compression)
    if compression and source.format == "parquet":
        message = f"{path.name} is Parquet inside {compression}."
        raise Invalid("unknown_format", message, at=str(path), hint="Unpack it first.")
    promised = next((s[1:] for s in reversed(path.suffixes) if s in _ENDINGS), None)
    if promised and _ENDINGS[f".{promised}"] != source.format:
        raise Invalid(
            "not_what_it_says",
            f"{path.name} ends in .{promised}, but holds {source.format}.",
            at=str(path),
            hint=f"Rename it to end in .{source.format}, or check how it was written.",
        )
    return source


_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


def _format(path: Path, start: bytes) -> Format:
    if start.startswith(b"PAR1"):
        return "parquet"
    foreign = next((name for magic, name in _FOREIGN.items() if start.startswith(magic)), None)
    if foreign is None and b"\0" in start:
        foreign = "not text"
    if re.match(rb"\s*\[\s*\{", start):
        foreign = "a JSON array, not one object a line"
    if foreign:
        said = f"{path.name} is {foreign}."
        raise Invalid("unknown_format", said, at=str(path), hint=_HINT)
    return "jsonl" if start.lstrip().startswith(b"{") else "csv"


def fingerprint(path: Path) -> str:
    """32 hexadecimal digits that stand for the file's bytes (BLAKE2b)."""
    digest = blake2b(digest_size=16)
    buffer = bytearray(1 << 20)
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(buffer):
            digest.update(memoryview(buffer)[:size])
    return digest.hexdigest()


class Reader:
    """The decompressed bytes of a file, read in blocks."""

    def __init__(self, path: Path, compression: str | None) -> None:
        self.name = path.name
        self.size = path.stat().st_size
        self._file = pa.OSFile(str(path))
        self._stream = pa.CompressedInputStream(self._file, compression) if compression else None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes, fewer at the end. Raises `Invalid` (``damaged_file``)."""
        try:
            return (self._stream or self._file).read(size)
        except OSError as error:
            raise Invalid(
                "damaged_file",
                f"{self.name} cannot be decompressed: {error}.",
                at=self.name,
                hint="The file is damaged or was cut off; copy it again.",
            ) from error

    @property
    def done(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return self._file.tell() / self.size if self.size else 1.0


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
