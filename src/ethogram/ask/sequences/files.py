"""A run on disk: a folder with one file a column and a manifest, opened memory-mapped."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from ethogram.ask.sequences.arrange import bucket_offsets, fixed
from ethogram.ask.sequences.arrays import (
    MANIFEST,
    Array,
    broken,
    map_array,
    publish,
    read_words,
    write_words,
)
from ethogram.ask.sequences.plan import Schema, schema_of
from ethogram.ask.sequences.run import PADDING, Column, Run

FORMAT = 1
_FIXED = ("units", "offsets", "codes", "seconds", "micros", "positions")
_PADDED = frozenset({"codes", "seconds", "micros"})


class _Manifest(msgspec.Struct):
    format: int
    origin: int
    names: tuple[str, ...]
    properties: tuple[str, ...]
    arrays: dict[str, Array]
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
        self._arrays: dict[str, Array] = {}
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
            f"{i}.words": write_words(self._temporary / f"{i}.words", kind.words)
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
        array = self._arrays.setdefault(name, Array(values.dtype.str, 0))
        array.length += len(values)
        # Not held open: hundreds of properties would need more files than a process may have.
        with (self._temporary / name).open("ab") as file:
            file.write(np.ascontiguousarray(values).data)


def save(folder: Path, run: Run, *, durable: bool = True) -> Run:
    """Write a whole run at once, and open it."""
    writer = RunWriter(folder, schema_of(run), durable=durable)
    writer.append(run)
    return writer.finish()


def open_run(folder: Path) -> Run:
    """The run in ``folder``, memory-mapped; raises `Broken` (``index_run``) where it is torn."""
    manifest = _read_manifest(folder)
    arrays = {name: map_array(folder / name, array) for name, array in manifest.arrays.items()}
    words = {name: read_words(folder / name, size) for name, size in manifest.words.items()}
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
        folder=folder,
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
