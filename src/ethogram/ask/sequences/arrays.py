"""Arrays and words on disk, memory-mapped, as a manifest beside them says they are.

A folder is written under another name, synced and renamed, so it is there whole or not at all.
"""

import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ethogram.ask.sequences.arrange import fixed
from ethogram.ask.sequences.mapped import mapped
from ethogram.events.errors import Broken

MANIFEST = "manifest.json"


class Array(msgspec.Struct):
    """What a file of numbers holds."""

    dtype: str
    length: int


def publish(temporary: Path, folder: Path, *, durable: bool = True) -> None:
    """Give a folder that was written its name, once all that is in it is on disk."""
    if durable:
        for path in [*temporary.iterdir(), temporary]:
            sync(path)
    temporary.rename(folder)
    if durable:
        sync(folder.parent)


def sync(path: Path) -> None:
    """Return once the file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_words(path: Path, words: pa.StringArray) -> int:
    """Write the words as an Arrow file; returns its size in bytes."""
    batch = pa.record_batch({"words": words})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return path.stat().st_size


def map_array(path: Path, array: Array) -> npt.NDArray[Any]:
    """The file, memory-mapped; raises `Broken` where it is not what ``array`` says."""
    dtype = np.dtype(array.dtype)
    expected = dtype.itemsize * array.length
    _check_size(path, expected)
    if not expected:
        return fixed(np.empty(0, dtype))
    return mapped(path, dtype, expected)


def read_words(path: Path, expected: int) -> pa.StringArray:
    """The words in the file, whose size is known; raises `Broken` where it is another."""
    _check_size(path, expected)
    with pa.BufferReader(pa.py_buffer(mapped(path, np.uint8, expected))) as source:
        return pa.ipc.open_file(source).get_batch(0).column(0)


def _check_size(path: Path, expected: int) -> None:
    size = path.stat().st_size if path.exists() else -1
    if size != expected:
        found = "it is missing" if size < 0 else f"it has {size} bytes"
        raise broken(path, f"{found}, the manifest says {expected}")


def broken(path: Path, reason: str) -> Broken:
    """What is said of a part of the index that cannot be used."""
    return Broken(
        "index_run",
        f"A file of the index cannot be used: {reason}.",
        at=str(path),
        hint="The index is rebuilt from the lake and the log; nothing is lost.",
    )
