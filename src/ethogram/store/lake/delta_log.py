"""The commits of a Delta table on a folder, as files: what each says, and making them durable.

delta-rs never calls fsync, so a power cut may take what it committed. `sync` makes a table's
commits and all they name durable, and notes how far it came in ``_synced``; `repair` looks
at everything and drops the commits that a power cut left without their data.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ethogram.events.errors import Broken

_LOG = "_delta_log"
_SYNCED = "_synced"


class _File(msgspec.Struct):
    path: str
    size: int = 0


class _Action(msgspec.Struct):
    add: _File | None = None
    remove: _File | None = None


_action = msgspec.json.Decoder(_Action)


@dataclass(frozen=True)
class _Commit:
    version: int
    path: Path
    added: tuple[_File, ...]
    removed: tuple[_File, ...]


def sync(folder: Path) -> None:
    """Make every commit of the table in ``folder`` durable, with the files that it added.

    Raises `Broken` where the disk refuses: what is on it is unknown then, so the process must
    stop, and look again when it starts.
    """
    since = _synced(folder)
    touched = {folder.parent.parent, folder.parent, folder, folder / _LOG}
    last = since
    try:
        for commit in map(_read, _commit_files(folder, since)):
            last = commit.version
            for file in commit.added:
                path = folder / unquote(file.path)
                if path.exists():
                    _fsync(path)
                    touched.add(path.parent)
            _fsync(commit.path)
        for checkpoint in (folder / _LOG).glob("*checkpoint*"):
            _fsync(checkpoint)
        for directory in touched:
            _fsync(directory)
    except OSError as error:
        raise Broken(
            "lake_sync",
            f"The disk did not keep what was written: {error.strerror}.",
            at=str(error.filename or folder),
            hint="Stop, look at the disk, and start again; the log still has these events.",
        ) from error
    (folder / _SYNCED).write_text(str(last))


def repair(folder: Path) -> int:
    """Drop the commits from the first one that is broken, then make the rest durable.

    A commit is broken if it is cut short or missing before a later one, if a file that it added
    and nobody removed is gone or has another size, or, past the last sync, cannot be read.
    Answers how many commits were dropped; their rows must be loaded again.
    """
    if not (folder / _LOG).is_dir():
        return 0
    _drop_checkpoints(folder, lambda path: not _readable(path, path.stat().st_size))
    dropped = 0
    while (broken := _first_broken(folder)) is not None:
        for path in reversed(list(_commit_files(folder, broken - 1))):
            path.unlink()
            dropped += 1
    last = max(map(_version, _commit_files(folder, -1)), default=-1)
    _drop_checkpoints(folder, lambda path: int(path.name.partition(".")[0]) > last)
    (folder / _SYNCED).write_text(str(min(_synced(folder), last)))
    sync(folder)
    return dropped


def forget_commits(folder: Path, version: int) -> None:
    """Drop what tells how the table became that of ``version``, which has a checkpoint."""
    for path in [*_commit_files(folder, -1), *(folder / _LOG).glob("*.checkpoint*.parquet")]:
        if int(path.name.partition(".")[0]) < version:
            path.unlink()
    _fsync(folder / _LOG)


def _first_broken(folder: Path) -> int | None:
    """The version of the first commit that cannot stand; the commit files begin with it."""
    since = _synced(folder)
    commits: list[_Commit] = []
    cut: int | None = None
    for path in _commit_files(folder, -1):
        expected = commits[-1].version + 1 if commits else _version(path)
        try:
            commit = _read(path)
        except msgspec.MsgspecError:
            cut = _version(path)
            break
        if commit.version != expected:
            cut = commit.version
            break
        commits.append(commit)
    removed = {file.path for commit in commits for file in commit.removed}
    for commit in commits:
        for file in commit.added:
            whole = _readable if commit.version > since else _present
            if file.path not in removed and not whole(folder / unquote(file.path), file.size):
                return commit.version
    return cut


def _present(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _readable(path: Path, size: int) -> bool:
    if not _present(path, size):
        return False
    try:
        for _ in pq.ParquetFile(path).iter_batches():
            pass
    except (OSError, pa.ArrowException):
        return False
    return True


def _drop_checkpoints(folder: Path, where: Callable[[Path], bool]) -> None:
    """A checkpoint only repeats what the commits say, so one that is spoiled may go."""
    for path in (folder / _LOG).glob("*.checkpoint.parquet"):
        if where(path):
            path.unlink()
            (folder / _LOG / "_last_checkpoint").unlink(missing_ok=True)


def _commit_files(folder: Path, after: int) -> Iterator[Path]:
    """The commit files of versions past ``after``, in order."""
    for path in sorted((folder / _LOG).glob("[0-9]*.json")):
        if path.stem.isdigit() and _version(path) > after:
            yield path


def _version(path: Path) -> int:
    return int(path.stem)


def _read(path: Path) -> _Commit:
    lines = path.read_bytes().splitlines()
    if not lines:
        raise msgspec.DecodeError("The commit is empty.")
    actions = [_action.decode(line) for line in lines]
    return _Commit(
        version=_version(path),
        path=path,
        added=tuple(action.add for action in actions if action.add),
        removed=tuple(action.remove for action in actions if action.remove),
    )


def _synced(folder: Path) -> int:
    """The version up to which the table is known to be durable; -1 where nothing is known."""
    try:
        return int((folder / _SYNCED).read_text())
    except (FileNotFoundError, ValueError):
        return -1


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
