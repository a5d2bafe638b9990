"""A disk that loses power: what SQLite does to its files is recorded, then cut off anywhere.

While a `Disk` records, it is SQLite's default VFS over real files. `crashes` then gives what could
be found after a power cut behind each operation. Everything that was synced is there. Of the
rest each sector is found independently in any of the versions that it had since the last sync,
so writes are torn and reordered; a file is as long as it was at some moment since; files appear
and disappear in their order, but perhaps not yet.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

Files = dict[str, bytes]
SECTORS = (512, 4096)


@dataclass(frozen=True, slots=True)
class Write:
    inode: int
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    inode: int
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    inode: int
    folder: bool
    """Whether the names of all files are durable too."""


@dataclass(frozen=True, slots=True)
class Create:
    inode: int
    name: str


@dataclass(frozen=True, slots=True)
class Delete:
    name: str
    durable: bool


Operation = Write | Truncate | Sync | Create | Delete


class Disk(apsw.VFS):
    """Records the operations on the files of ``folder``, which may hold some already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.begin: Files = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
        self.operations: list[Operation] = []
        self.inodes = {name: inode for inode, name in enumerate(self.begin)}
        self.fresh: set[int] = set()
        self._made = len(self.inodes)
        super().__init__(f"crash-{id(self)}", "unix", makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        file = None if path is None else Path(path).name
        if file is not None and file not in self.inodes and not Path(path).exists():
            self.inodes[file] = self._made
            self.operations.append(Create(self._made, file))
            if flags[0] & (apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL):
                self.fresh.add(self._made)
            self._made += 1
        return _File(self, file, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(name, syncdir)
        del self.inodes[Path(name).name]
        self.operations.append(Delete(Path(name).name, bool(syncdir)))


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, file: str | None, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._inode = None if file is None else disk.inodes[file]

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        if self._inode is not None:
            self._disk.operations.append(Write(self._inode, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        if self._inode is not None:
            self._disk.operations.append(Truncate(self._inode, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        if self._inode is not None:
            # SQLite syncs the folder once, with the first sync of a journal that it made.
            folder = self._inode in self._disk.fresh
            self._disk.fresh.discard(self._inode)
            self._disk.operations.append(Sync(self._inode, folder))


@contextmanager
def recording(folder: Path) -> Iterator[Disk]:
    """A disk that records what SQLite does in ``folder`` until the block ends."""
    disk = Disk(folder)
    try:
        yield disk
    finally:
        disk.unregister()


@dataclass
class _Inode:
    durable: bytes = b""
    since: list[Write | Truncate] = field(default_factory=list[Write | Truncate])

    def now(self) -> bytes:
        content = bytearray(self.durable)
        for operation in self.since:
            _apply(content, operation)
        return bytes(content)

    def found(self, chance: random.Random, sector: int) -> bytes:
        """The content after a power cut: see the module."""
        if not self.since:
            return self.durable
        content = bytearray(self.durable)
        sizes = [len(content)]
        versions: dict[int, list[bytes]] = {}
        for operation in self.since:
            touched = _touched(operation, len(content), sector)
            for at in touched:
                versions.setdefault(at, [bytes(content[at : at + sector])])
            _apply(content, operation)
            for at in touched:
                versions[at].append(bytes(content[at : at + sector]))
            sizes.append(len(content))
        size = chance.choice(sizes)
        result = bytearray(self.durable[:size].ljust(size, b"\0"))
        for at, seen in versions.items():
            chosen = chance.choice(seen).ljust(sector, b"\0")
            if at < size:
                result[at : at + sector] = chosen[: size - at]
        return bytes(result)


def _apply(content: bytearray, operation: Write | Truncate) -> None:
    if isinstance(operation, Truncate):
        del content[operation.size :]
        return
    end = operation.at + len(operation.data)
    if len(content) < operation.at:
        content.extend(bytes(operation.at - len(content)))
    content[operation.at : end] = operation.data


def _touched(operation: Write | Truncate, size: int, sector: int) -> range:
    if isinstance(operation, Truncate):
        return range(operation.size // sector * sector, size, sector)
    return range(operation.at // sector * sector, operation.at + len(operation.data), sector)


class _Platter:
    """The disk as it is behind an operation: what is durable, and what happened since."""

    def __init__(self, begin: Files) -> None:
        self.inodes = {i: _Inode(content) for i, content in enumerate(begin.values())}
        self.names = {name: i for i, name in enumerate(begin)}
        self.renames: list[Create | Delete] = []

    def do(self, operation: Operation) -> None:
        match operation:
            case Write() | Truncate():
                self.inodes[operation.inode].since.append(operation)
            case Sync():
                inode = self.inodes[operation.inode]
                inode.durable, inode.since = inode.now(), []
                if operation.folder:
                    self._settle_names()
            case Create():
                self.inodes[operation.inode] = _Inode()
                self.renames.append(operation)
            case Delete():
                self.renames.append(operation)
                if operation.durable:
                    self._settle_names()

    def found(self, chance: random.Random, sector: int) -> Files:
        names = dict(self.names)
        for change in self.renames[: chance.randint(0, len(self.renames))]:
            _rename(names, change)
        return {name: self.inodes[i].found(chance, sector) for name, i in names.items()}

    def _settle_names(self) -> None:
        for change in self.renames:
            _rename(self.names, change)
        self.renames = []


def _rename(names: dict[str, int], change: Create | Delete) -> None:
    if isinstance(change, Create):
        names[change.name] = change.inode
    else:
        names.pop(change.name, None)


def crashes(
    disk: Disk, chance: random.Random, each: int = 1, since: int = 0
) -> Iterator[tuple[int, Files]]:
    """(operations done, what is found) for power cuts behind every operation past ``since``.

    ``each`` of them behind each operation, alternating between the sizes of sectors.
    """
    platter = _Platter(disk.begin)
    for done, operation in enumerate(disk.operations, 1):
        platter.do(operation)
        for turn in range(each if done > since else 0):
            yield done, platter.found(chance, SECTORS[(done + turn) % len(SECTORS)])


def lay_out(folder: Path, files: Files) -> None:
    """Make ``folder`` hold exactly ``files``."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
