"""What somebody names on the command line becomes files: paths, folders, globs, addresses."""

import glob
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ethogram.collect.sources.stored import Local, Stored, members
from ethogram.events.errors import NotFound

REJECTS = ".rejects.jsonl"
"""How the names of files end that say what was rejected."""
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Found:
    """A file, and whether it was named itself: one that a folder had may be of another kind."""

    file: Stored
    named: bool


def found(word: str) -> Iterator[Found]:
    """The files that ``word`` names, in the order of their names.

    A folder has those of its folders too, a ZIP archive those in it. ``*`` and ``?`` stand for
    parts of a name, ``**`` for any folders. Raises `NotFound` where there is none.
    """
    if "://" in word:
        from ethogram.collect.sources.buckets import blobs  # a cloud's library starts slowly

        files = blobs(word)
    else:
        files = _local(word)
    for each in files:
        if each.file.name.lower().endswith(".zip"):
            yield from (Found(member, named=False) for member in members(each.file)
                        if _is_data(Path(member.info.filename)))  # fmt: skip
        else:
            yield each


def _local(word: str) -> Iterator[Found]:
    path = Path(word)
    if path.exists() or not _WILD.search(word):
        yield from _inside(path) if path.is_dir() else [Found(Local(path), named=True)]
        return
    matches = sorted(
        match
        for match in glob.glob(word, recursive=True)  # noqa: PTH207 - Path takes no absolute one
        if not match.endswith(REJECTS)
    )
    if not matches:
        raise NotFound("no_file", f"No file is called {word}.", hint="Check the pattern.")
    for match in matches:
        yield from (
            _inside(Path(match))
            if Path(match).is_dir()
            else [Found(Local(Path(match)), named=False)]
        )


def _inside(folder: Path) -> list[Found]:
    """The folder's own files: a link that leads out of it would read what nobody named."""
    root = folder.resolve()
    files = sorted(
        path for path in folder.rglob("*")
        if path.is_file() and path.resolve().is_relative_to(root)
        and _is_data(path.relative_to(folder))
    )  # fmt: skip
    if not files:
        raise NotFound("no_file", f"There are no files in {folder}.", hint="Check the path.")
    return [Found(Local(path), named=False) for path in files]


def _is_data(path: Path) -> bool:
    """Whether a folder's file is looked at: not hidden ones, nor what an import wrote."""
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not hidden and not path.name.endswith(REJECTS)
