"""The schedule of a served workspace: each source that is due is run in a process of its own.

A source that hangs, leaks or crashes hurts that process alone; it is ended when its time is over.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from ethogram.events.errors import EthogramError
from ethogram.events.event import Instant
from ethogram.events.times import now
from ethogram.run.saved import SavedThings
from ethogram.run.sourcing.place import Run
from ethogram.run.sourcing.running import failed
from ethogram.run.sourcing.sources import Status, place_of, statuses

LOOK = 1.0
"""Seconds after which it is looked again what is due."""
AT_ONCE = 2
"""So many sources run at the same time; others wait."""


@dataclass(frozen=True)
class _Running:
    source: Status
    process: "subprocess.Popen[bytes]"
    began: Instant
    until: float


class Schedule:
    """The sources saved in the project at ``folder``; a run may take so many ``seconds``."""

    def __init__(self, saved: SavedThings, folder: Path, seconds: float) -> None:
        self._saved, self._folder, self._seconds = saved, folder, seconds
        self._running: dict[str, _Running] = {}

    def step(self) -> None:
        """End what takes too long, and start what is due. Raises `Busy` without the registry."""
        for each in list(self._running.values()):
            status = each.process.poll()
            if status is not None:
                del self._running[each.source.name]
                self._note(each, EthogramError("source_died", f"The run ended with {status}."))
            elif monotonic() > each.until:
                self._stop(each)
                self._note(each, self._late())
        if (self._folder / "registry.sqlite").exists():
            for source in self._due()[: AT_ONCE - len(self._running)]:
                self._start(source)

    def end(self) -> None:
        """End what is running; the next server begins it again."""
        for each in list(self._running.values()):
            self._stop(each)

    def _due(self) -> list[Status]:
        at = now()
        found = statuses(self._saved, self._folder)
        due = [each for each in found if each.next is not None and each.next <= at]
        return [each for each in due if not each.running and each.name not in self._running]

    def _start(self, source: Status) -> None:
        command = [sys.executable, "-m", "ethogram.run.sourcing.child"]
        words = [*command, str(self._folder.parent.parent), self._folder.name, source.name]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        until = monotonic() + self._seconds
        self._running[source.name] = _Running(source, process, now(), until)

    def _stop(self, each: _Running) -> None:
        del self._running[each.source.name]
        each.process.kill()
        each.process.wait()

    def _note(self, each: _Running, error: EthogramError) -> None:
        """Note ``error`` where the run could not note itself how it ended."""
        place = place_of(self._folder, each.source.name)
        if place.taken:
            return
        run = place.last()
        if run is None or run.began < each.began:
            run = Run(each.source.version, each.began)
        if run.ended is None:
            place.note(failed(run, error))

    def _late(self) -> EthogramError:
        return EthogramError(
            "source_time",
            f"The run took longer than {self._seconds:g} seconds and was ended.",
            hint="Give it more time by the setting source_seconds; it begins again when it is due.",
        )
