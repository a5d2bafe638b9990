"""A run on disk: a folder with one file a column and a manifest, opened memory-mapped.

A folder is written under another name, synced and renamed, so it is there whole or not at all.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ethogram.ask.sequences.arrange import bucket_offsets, fixed
from ethogram.ask.sequences.mapped import mapped
from ethogram.ask.sequences.plan import Schema, schema_of
from ethogram.ask.sequences.run import PADDING, Column, Run
from ethogram.events.errors import Broken

FORMAT = 1
MANIFEST = "manifest.json"
_FIXED = ("units", "offsets", "codes", "seconds", "micros", "positions")
_PADDED = frozenset({"codes", "seconds", "micros"})


class _Array(msgspec.Struct):
    dtype: str
    length: int


class _Manifest(msgspec.Struct):
    format: int
    origin: int
    names: tuple[str, ...]
    properties: tuple[str, ...]
    arrays: dict[str, _Array]
    words: dict[str, int]


class RunWriter:
    """Writes a run bucket by bucket into ``folder``, which must not exist yet.

    ``durable`` says whether it must outlive a loss of power; what only lives until the end of
    a build need not. Nothing is seen at ``folder`` before `finish`.
    """

    def __init__(self, folder: Path, schema: Schema, *, durable: bool = True) -> None:
        self.folder = folder
        self.schema = schema
        self._durable = durable
        self._events = 0
        self._temporary = folder.with_name(folder.name + ".part")
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        self._names = tuple(schema.properties)
        self._arrays: dict[str, _Array] = {}
        self._write("offsets", np.zeros(1, np.int64))

    def append(self, run: Run) -> None:
        """Add the units of ``run``, which lie in buckets after those of earlier ones.

        Its names, words and dtypes are those of the schema.
        """
        count = run.events
        self._write("units", run.units)
        self._write("offsets", run.offsets[1:] + self._events)
        self._write("codes", run.codes[:count])
        self._write("seconds", run.seconds[:count])
        self._write("micros", run.micros[:count])
        self._write("positions", run.positions)
        if self.schema.nodes and run.nodes is not None:
            self._write("nodes", run.nodes)
        for i, name in enumerate(self._names):
            self._write(f"{i}.tags", run.properties[name].tags)
            self._write(f"{i}.values", run.properties[name].values)
        self._events += count

    def finish(self) -> Run:
        """Make what was appended a run, and open it."""
        for name in _PADDED & self._arrays.keys():
            self._write(name, np.zeros(PADDING, self._arrays[name].dtype))
        words = {
            f"{i}.words": _write_words(self._temporary / f"{i}.words", kind.words)
            for i, kind in enumerate(self.schema.properties.values())
        }
        manifest = _Manifest(
            FORMAT, self.schema.origin, self.schema.names, self._names, self._arrays, words
        )
        (self._temporary / MANIFEST).write_bytes(msgspec.json.encode(manifest))
        publish(self._temporary, self.folder, durable=self._durable)
        return open_run(self.folder)

    def abandon(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _write(self, name: str, values: npt.NDArray[np.generic]) -> None:
        array = self._arrays.setdefault(name, _Array(values.dtype.str, 0))
        array.length += len(values)
        # Not held open: hundreds of properties would need more files than a process may have.
        with (self._temporary / name).open("ab") as file:
            file.write(np.ascontiguousarray(values).data)


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


def _write_words(path: Path, words: pa.StringArray) -> int:
    batch = pa.record_batch({"words": words})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return path.stat().st_size


def save(folder: Path, run: Run, *, durable: bool = True) -> Run:
    """Write a whole run at once, and open it."""
    writer = RunWriter(folder, schema_of(run), durable=durable)
    writer.append(run)
    return writer.finish()


def open_run(folder: Path) -> Run:
    """The run in ``folder``, memory-mapped; raises `Broken` (``index_run``) where it is torn."""
    manifest = _read_manifest(folder)
    arrays = {name: _map(folder / name, array) for name, array in manifest.arrays.items()}
    words = {name: _read_words(folder / name, size) for name, size in manifest.words.items()}
    properties = {
        name: Column(arrays[f"{i}.tags"], arrays[f"{i}.values"], words[f"{i}.words"])
        for i, name in enumerate(manifest.properties)
    }
    columns = {name: arrays[name] for name in _FIXED}
    return Run(
        **columns,
        buckets=fixed(bucket_offsets(columns["units"])),
        origin=manifest.origin,
        names=manifest.names,
        properties=properties,
        nodes=arrays.get("nodes"),
    )


def _read_manifest(folder: Path) -> _Manifest:
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise broken(path, str(error)) from error
    if manifest.format != FORMAT:
        raise broken(path, f"its format is {manifest.format}, not {FORMAT}")
    return manifest


def _map(path: Path, array: _Array) -> npt.NDArray[Any]:
    dtype = np.dtype(array.dtype)
    expected = dtype.itemsize * array.length
    _check_size(path, expected)
    if not expected:
        return fixed(np.empty(0, dtype))
    return mapped(path, dtype, expected)


def _read_words(path: Path, expected: int) -> pa.StringArray:
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
