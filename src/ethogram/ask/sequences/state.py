"""What an index holds durably: which runs, which of their units are dead, up to where.

A state is a folder with a number; the highest is the one that counts. It is written whole or
not at all, after the runs that it names.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from ethogram.ask.sequences.arrange import fixed
from ethogram.ask.sequences.arrays import MANIFEST, broken, publish
from ethogram.ask.sequences.files import open_run
from ethogram.ask.sequences.run import Part, Snapshot, State
from ethogram.people.identity import Identity


class _Manifest(msgspec.Struct):
    unit: str
    runs: tuple[str, ...]
    position: int
    identity: int
    erasures: int


@dataclass(frozen=True)
class Held:
    """A snapshot all of whose runs are on disk, in folders called ``runs``."""

    unit: str
    runs: tuple[str, ...]
    snapshot: Snapshot
    identity: Identity


def write_state(folder: Path, number: int, held: Held) -> None:
    """Make ``held`` what the index in ``folder`` opens with, durably."""
    target = folder / "states" / f"{number:012}"
    temporary = target.with_name(target.name + ".part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    state = held.snapshot.state
    for name, part in zip(held.runs, held.snapshot.parts, strict=True):
        part.dead.tofile(temporary / f"{name}.dead")
    for name in ("nodes", "persons", "erased"):
        getattr(held.identity, name).tofile(temporary / name)
    manifest = _Manifest(held.unit, held.runs, state.position, state.identity, state.erasures)
    (temporary / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    publish(temporary, target)


def drop_others(folder: Path, number: int, held: Held) -> None:
    """Remove the states before ``number``, and the runs that it does not name."""
    _drop(folder / "states", {f"{number:012}"})
    _drop(folder / "runs", set(held.runs))


def _drop(folder: Path, kept: set[str]) -> None:
    for path in folder.iterdir():
        if path.name not in kept:
            shutil.rmtree(path)


def newest(folder: Path) -> int:
    """The number of the newest state; 0 in a new index."""
    names = (path.name for path in (folder / "states").iterdir())
    return max((int(name) for name in names if name.isdigit()), default=0)


def read_state(folder: Path, number: int) -> Held:
    """What the state ``number`` holds; raises `Broken` where a file is torn or missing."""
    path = folder / "states" / f"{number:012}"
    try:
        manifest = msgspec.json.decode((path / MANIFEST).read_bytes(), type=_Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise broken(path / MANIFEST, str(error)) from error
    parts = tuple(_part(folder, path, name) for name in manifest.runs)
    state = State(manifest.position, manifest.identity, manifest.erasures)
    ids = {name: _read(path / name, np.int64) for name in ("nodes", "persons", "erased")}
    identity = Identity(**ids, version=state.identity, erasures=state.erasures)
    return Held(manifest.unit, manifest.runs, Snapshot(parts, state), identity)


def _part(folder: Path, path: Path, name: str) -> Part:
    run = open_run(folder / "runs" / name)
    dead = _read(path / f"{name}.dead", np.uint8)
    if len(dead) != len(run.units):
        raise broken(path / f"{name}.dead", f"it has {len(dead)} marks for {len(run.units)} units")
    return Part(run, fixed(dead))


def _read(path: Path, dtype: npt.DTypeLike) -> np.ndarray:
    try:
        return np.fromfile(path, dtype)
    except OSError as error:
        raise broken(path, str(error)) from error
