"""Columns of what lies within JSON values: made when first asked for, kept beside the run.

A run on disk keeps each in a folder of its own below the run's, which goes when the run does. A
run in memory is small, and so are its columns.
"""

import shutil
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ethogram.ask.sequences.arrange import fixed
from ethogram.ask.sequences.arrays import (
    MANIFEST,
    Array,
    broken,
    map_array,
    publish,
    read_words,
    write_words,
)
from ethogram.ask.sequences.columns import narrow
from ethogram.ask.sequences.run import Bytes, Column, Run, Tag
from ethogram.events.errors import Broken

ROWS = 1 << 21
"""So many events are looked up at once."""


class _Manifest(msgspec.Struct):
    tags: Array
    values: Array
    words: int


def within(run: Run, path: tuple[str, ...]) -> Column | None:
    """What the JSON values of the property ``path[0]`` hold at ``path[1:]``, event by event.

    None where the run has no such property. An event whose value is no JSON object, or has
    nothing there, has no value.
    """
    column = run.properties.get(path[0])
    if column is None:
        return None
    if run.folder is not None:
        # There may be no right to write here, no room on the disk, or a newer run at this moment:
        # then the column lives in memory, as long as the run.
        with suppress(OSError):
            return _kept(run.folder / "within" / _name(path), column, path)
    return inside(column, path)


def inside(column: Column, path: tuple[str, ...]) -> Column:
    """What the JSON values of ``column`` hold at ``path[1:]``, value by value."""
    found = _Found(column, path)
    tags, values = found.rows(0, len(column.tags))
    return Column(fixed(tags), fixed(values), found.words)


def walk(word: str, path: tuple[str, ...]) -> Any:
    """What a JSON value holds at ``path``; `msgspec.UNSET` where there is nothing."""
    try:
        here = msgspec.json.decode(word)
    except msgspec.DecodeError:
        return msgspec.UNSET
    for name in path:
        if not isinstance(here, dict) or name not in here:
            return msgspec.UNSET
        here = here[name]
    return here


class _Found:
    """What each word of ``column`` holds at ``path``, looked up for its events."""

    def __init__(self, column: Column, path: tuple[str, ...]) -> None:
        found = [_typed(walk(word, path[1:])) for word in column.words.to_pylist()]
        texts = sorted({value for _, value in found if isinstance(value, str)})
        index = {text: i for i, text in enumerate(texts)}
        numbers = [index[value] if isinstance(value, str) else value for _, value in found]
        self.words = pa.array(texts, pa.string())
        self.tags = np.array([*(tag for tag, _ in found), Tag.MISSING], np.uint8)
        self.values = narrow(np.array([*numbers, 0], np.float64))
        self._column = column

    def rows(self, first: int, last: int) -> tuple[Bytes, npt.NDArray[np.generic]]:
        """The tags and values of the events ``first:last``."""
        values = self._column.values[first:last]
        nothing = len(self.tags) - 1
        word = np.where(self._column.tags[first:last] == Tag.JSON, values, nothing).astype(np.intp)
        return self.tags[word], self.values[word]


def _typed(value: Any) -> tuple[Tag, str | float]:
    if value is msgspec.UNSET:
        return Tag.MISSING, 0
    if value is None:
        return Tag.NULL, 0
    if isinstance(value, bool | int | float | str):
        return Tag.of(value), value
    return Tag.JSON, msgspec.json.encode(value).decode()


def _name(path: tuple[str, ...]) -> str:
    return blake2b(msgspec.json.encode(path), digest_size=16).hexdigest()


def _kept(folder: Path, column: Column, path: tuple[str, ...]) -> Column:
    """The column in ``folder``, written there where it is not."""
    try:
        return _opened(folder)
    except Broken:
        shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    temporary = Path(mkdtemp(dir=folder.parent))
    try:
        _write(temporary, _Found(column, path), len(column.tags))
        publish(temporary, folder)
    except OSError:
        # Another may have been quicker: then the same is there.
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return _opened(folder)


def _write(folder: Path, found: _Found, rows: int) -> None:
    with (folder / "tags").open("wb") as tags, (folder / "values").open("wb") as values:
        for first in range(0, rows, ROWS):
            for file, array in zip((tags, values), found.rows(first, first + ROWS), strict=True):
                file.write(array.data)
    manifest = _Manifest(
        Array(found.tags.dtype.str, rows),
        Array(found.values.dtype.str, rows),
        write_words(folder / "words", found.words),
    )
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))


def _opened(folder: Path) -> Column:
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except (FileNotFoundError, msgspec.DecodeError) as error:
        raise broken(path, str(error)) from error
    return Column(
        map_array(folder / "tags", manifest.tags),
        map_array(folder / "values", manifest.values),
        read_words(folder / "words", manifest.words),
    )
