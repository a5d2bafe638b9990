"""Where a file lies: in a folder, in a cloud's store, or inside a ZIP archive."""

import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from ethogram.events.errors import Invalid, NotFound


class Stored(Protocol):
    """A file that can be opened more than once."""

    @property
    def name(self) -> str:
        """Its last name, for people."""
        ...

    @property
    def address(self) -> str:
        """The whole of where it is."""
        ...

    @property
    def size(self) -> int:
        """Its bytes."""
        ...

    @property
    def written(self) -> date:
        """The day on which it was last written."""
        ...

    @property
    def beside(self) -> Path:
        """A path of this machine to which an ending can be added, for what is said of it."""
        ...

    def open(self) -> pa.NativeFile:
        """Its bytes. Raises `NotFound` and `Invalid` where it cannot be opened."""
        ...

    def fingerprint(self) -> str:
        """32 hexadecimal digits that stand for what it holds."""
        ...


@dataclass(frozen=True)
class Local:
    """A file of this machine; it is known by its content."""

    path: Path

    @property
    def name(self) -> str:
        """See `Stored`."""
        return self.path.name

    @property
    def address(self) -> str:
        """See `Stored`."""
        return str(self.path)

    @property
    def size(self) -> int:
        """See `Stored`."""
        return self.path.stat().st_size

    @property
    def written(self) -> date:
        """See `Stored`."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC).date()

    @property
    def beside(self) -> Path:
        """See `Stored`."""
        return self.path

    def open(self) -> pa.NativeFile:
        """See `Stored`."""
        if self.path.is_dir():
            raise Invalid("is_folder", f"{self.path} is a folder.", hint="Name the files in it.")
        if not self.path.is_file():
            raise NotFound("no_file", f"There is no file {self.path}.", hint="Check the path.")
        return pa.OSFile(str(self.path))

    def fingerprint(self) -> str:
        """See `Stored`."""
        return content_of(self)


@dataclass(frozen=True)
class Member:
    """A file in a ZIP archive; it is known by its content, in whatever archive it lies."""

    archive: Stored
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        """See `Stored`."""
        return self.info.filename.rpartition("/")[2]

    @property
    def address(self) -> str:
        """See `Stored`."""
        return f"{self.archive.address}/{self.info.filename}"

    @property
    def size(self) -> int:
        """See `Stored`."""
        return self.info.file_size

    @property
    def written(self) -> date:
        """See `Stored`."""
        return self.archive.written

    @property
    def beside(self) -> Path:
        """See `Stored`."""
        inside = self.info.filename.replace("/", "-")
        return self.archive.beside.with_name(f"{self.archive.beside.name}.{inside}")

    def open(self) -> pa.NativeFile:
        """See `Stored`."""
        source: Any = self.archive.open()
        try:
            return pa.PythonFile(zipfile.ZipFile(source).open(self.info), mode="r")
        except _DAMAGE as error:
            raise damaged(self.archive, error) from error

    def fingerprint(self) -> str:
        """See `Stored`."""
        return content_of(self)


def members(archive: Stored) -> list[Member]:
    """The files in a ZIP archive, by their names.

    Raises `Invalid` (``damaged_file``, ``encrypted_file``).
    """
    source: Any = archive.open()
    try:
        infos = zipfile.ZipFile(source).infolist()
    except _DAMAGE as error:
        raise damaged(archive, error) from error
    if any(info.flag_bits & 1 for info in infos):
        message = f"{archive.name} is encrypted."
        raise Invalid("encrypted_file", message, at=archive.address, hint="Unpack it first.")
    files = [info for info in infos if not info.is_dir()]
    return [Member(archive, info) for info in sorted(files, key=lambda info: info.filename)]


_DAMAGE = (zipfile.BadZipFile, ValueError, OSError, NotImplementedError)


def damaged(archive: Stored, error: Exception) -> Invalid:
    """The error of an archive that cannot be read."""
    return Invalid(
        "damaged_file",
        f"{archive.name} cannot be read as a ZIP archive: {str(error).rstrip('.')}.",
        at=archive.address,
        hint="The file is damaged, was cut off, or is packed in a way that is not known here.",
    )


def content_of(file: Stored) -> str:
    """The fingerprint of a file's bytes (BLAKE2b)."""
    digest = blake2b(digest_size=16)
    with file.open() as source:
        while block := source.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
