"""The projects of a served workspace, each opened when it is asked for or has something to load.

So many stand open at once; the one that was asked longest ago is closed for another.
"""

import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

import apsw

from ethogram.events.errors import Busy, EthogramError, NotFound, nearest
from ethogram.events.times import SECOND
from ethogram.protect.vault import Vault
from ethogram.run import assembly
from ethogram.run.keyrings import Keyrings
from ethogram.run.merging import Merging, node_of, person_of
from ethogram.run.ports import ProjectPorts
from ethogram.run.reading import Reading
from ethogram.run.retaining import Retention
from ethogram.run.scanning import Scanning
from ethogram.run.settings import Settings
from ethogram.run.source import RemoteSource
from ethogram.run.upkeep import TIDY_EVERY, Work, works
from ethogram.run.workspace import Workspace
from ethogram.show.api.ports import Person
from ethogram.store.lake.trimming import CURSOR
from ethogram.store.log.sqlite import SqliteReader

MOST_OPEN = 16
QUIET = 600.0
"""Seconds without a question after which a project may be closed."""


class Project:
    """An open project: its reading half, what keeps it fresh, and how the API sees it.

    That is what ``works`` do; where one cannot go on, ``fail`` has the process started again, from
    what is durable.
    """

    def __init__(
        self,
        reading: Reading,
        vault: Vault,
        ports: ProjectPorts,
        works: Mapping[str, Work],
        fail: Callable[[], None],
    ) -> None:
        self.ports, self.used = ports, monotonic()
        self._reading, self._vault, self._stop = reading, vault, threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(work, fail), name=name)
            for name, work in works.items()
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End what keeps it fresh, and write down what is only in memory."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._reading.close()
        self._vault.close()

    def _guarded(self, work: Work, fail: Callable[[], None]) -> None:
        try:
            work(self._stop)
        except Exception as error:  # noqa: BLE001 - whatever it is, the process cannot go on
            said = str(error) if isinstance(error, EthogramError) else traceback.format_exc()
            print(said, file=sys.stderr)
            fail()


class Projects:
    """Those of ``workspace``; ``writer`` is the socket of the process that accepts.

    Setting ``stop`` ends the process.
    """

    def __init__(
        self,
        workspace: Workspace,
        writer: Path,
        settings: Settings,
        keyrings: Keyrings,
        stop: threading.Event,
    ) -> None:
        self._workspace, self._writer, self._settings = workspace, writer, settings
        self._keyrings, self._stop = keyrings, stop
        self._open: dict[str, Project] = {}
        self._opening = threading.Lock()

    def of(self, name: str) -> ProjectPorts:
        """The project called ``name``. Raises `NotFound`, and `Busy` where it is another's."""
        known = self._open.get(name)
        if known is None:
            with self._opening:
                known = self._open.get(name) or self._opened(name)
        known.used = monotonic()
        return known.ports

    def follow(self) -> None:
        """Open, again and again, the projects that have something to load."""
        while not self._stop.wait(min(self._settings.load_every, 10.0)):
            for name in self._workspace.projects():
                try:
                    if name not in self._open and self._waits(name):
                        self.of(name)
                except (EthogramError, apsw.Error) as error:
                    print(f"The project {name!r} is not loaded yet: {error}", file=sys.stderr)

    def close(self) -> None:
        """Close all of them."""
        with self._opening:
            for each in self._open.values():
                each.close()
            self._open.clear()

    def _opened(self, name: str) -> Project:
        if name not in self._keyrings.fresh():
            raise NotFound("unknown_project", f"There is no project {name!r}.", at="project",
                           hint=nearest(name, self._keyrings()))  # fmt: skip
        self._make_room()
        reading = assembly.reading(self._workspace, name, self._writer, self._settings)
        vault = assembly.vault(self._workspace, name)
        source = RemoteSource(reading.log, self._writer, name)
        erasing = assembly.erasing(
            self._workspace, name, reading, vault, source.erase_entries,
            tidy=int(TIDY_EVERY * SECOND),
        )  # fmt: skip
        looking_up = threading.Lock()

        def show(said: str) -> Person:
            reading.catch_up_to_end()
            with looking_up:
                node = node_of(said, vault, reading)
            return person_of(reading.people, node)

        requests = assembly.requests(
            self._workspace, name, reading, show, forget=source.erase, erasing=erasing
        )
        consents = assembly.consents(
            requests.looking, reading.saved, show, source.append_statements,
            lambda: reading.people.identity,
        )  # fmt: skip
        consents.publish()
        retention = Retention(reading.saved, requests, reading.load_all)
        sealing = assembly.sealing(self._workspace, name, source, requests, Scanning(reading))
        ports = ProjectPorts(
            name,
            self._workspace,
            reading,
            vault,
            self._settings,
            merging=Merging(show, source.append_statements),
            requests=requests,
            consents=consents,
            retention=retention,
            sealing=sealing,
        )
        upkeep = works(reading, erasing, retention, self._settings)
        self._open[name] = made = Project(reading, vault, ports, upkeep, self._stop.set)
        return made

    def _make_room(self) -> None:
        if len(self._open) < MOST_OPEN:
            return
        name, oldest = min(self._open.items(), key=lambda each: each[1].used)
        if monotonic() - oldest.used < QUIET:
            raise Busy("too_many_projects", f"{MOST_OPEN} projects are in use.",
                       hint="Try again in some minutes.", retry_after=60)  # fmt: skip
        del self._open[name]
        oldest.close()

    def _waits(self, name: str) -> bool:
        path = self._workspace.project(name) / "log.sqlite"
        if not path.exists():
            return False
        log = SqliteReader(path)
        try:
            return log.end > log.cursor(CURSOR)
        finally:
            log.close()
