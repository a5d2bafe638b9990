"""A workspace in this process, with nothing else running: both halves of a project.

What reads is heavy to import, so it is opened when it is first needed.
"""

import threading
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from ethogram.collect.door import Outcome
from ethogram.events.event import Event
from ethogram.run import assembly
from ethogram.run.importing import Target
from ethogram.run.settings import Settings
from ethogram.run.workspace import Workspace

if TYPE_CHECKING:
    from ethogram.ask.kpis.asking import Asking
    from ethogram.ask.questions.answer import Answer
    from ethogram.ask.questions.spec import Spec
    from ethogram.ask.sql.answer import SqlAnswer
    from ethogram.run.reading import Reading
    from ethogram.run.saved import Named
    from ethogram.show.api.ports import People, Verdict

Said: TypeAlias = "Spec | Mapping[str, Any] | str | bytes"
"""A question: a spec, a JSON document, or what it decodes to."""


class Embedded:
    """One project of a workspace; raises `Busy` where a server has it."""

    def __init__(self, workspace: Workspace, settings: Settings, project: str = "default") -> None:
        self._writing = assembly.writing(workspace, project, settings)
        self._turn = assembly.turn(workspace, project)
        self._opening = threading.Lock()
        self._opened: Reading | None = None
        self._open = lambda: assembly.reading(
            workspace, project, self._writing, settings, self._turn
        )

    @property
    def _reading(self) -> "Reading":
        with self._opening:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def append(self, events: Sequence[Event]) -> Outcome:
        """Keep ``events``: durable when this returns, and visible to the next question."""
        return self._writing.append_claims(events)

    @contextmanager
    def importing(self) -> Generator[Target]:
        """Where files are imported to; their rows are visible to questions when this ends."""
        done = threading.Event()
        with ThreadPoolExecutor(1, "load") as pool:
            loading = pool.submit(lambda: self._reading.load_until(done))
            try:
                yield self._writing
            finally:
                done.set()
        loading.result()
        self._reading.settle()

    def ask(self, spec: Said, *, cache: bool = True) -> "Answer":
        """The answer to a question: a spec, a JSON document, or what it decodes to.

        Asked again at the same state it is remembered, unless ``cache`` is false.
        """
        from ethogram.run.drawable import drawable

        return drawable(self._reading.ask(self._caught_up(spec), cache=cache))

    def people(self, spec: Said, cell: Mapping[str, Any], limit: int | None = 1000) -> "People":
        """The ids of those behind the number of the answer that ``cell`` names."""
        from ethogram.run.people import people

        return people(self._reading.asking(self._caught_up(spec)), cell, limit)

    def _caught_up(self, spec: Said) -> "Spec":
        """What ``spec`` says; the index that answers it has all that was appended."""
        from ethogram.ask.questions.catalog import checked, parse
        from ethogram.ask.questions.spec import Spec

        parsed = checked(spec) if isinstance(spec, Spec) else parse(spec)
        following = self._reading.following(parsed)
        while following.catch_up() < self._writing.log.end:
            pass
        return parsed

    @property
    def cohorts(self) -> "Named":
        """The saved cohorts."""
        return self._reading.saved.cohorts

    @property
    def kpis(self) -> "Named":
        """The saved KPIs."""
        return self._reading.saved.kpis

    def kpi(self, name: str, asking: "Asking | Mapping[str, Any] | None" = None) -> dict[str, Any]:
        """The value of a KPI and its series, refined by ``asking``: `POST /api/kpis/NAME/ask`."""
        from ethogram.ask.kpis.asking import asking_of

        self._catch_up()
        return self._reading.kpi(name, asking_of(asking or {}))

    def sql(self, said: str, limit: int | None = None) -> "SqlAnswer":
        """What a SELECT over the views ``events``, ``sessions`` and ``people`` finds.

        At most ``limit`` rows, or as many as the setting ``sql_rows`` says.
        """
        self._reading.load_all()
        return self._reading.sql(said, limit)

    def verify(self) -> "Verdict":
        """Whether chain, lake and indexes agree."""
        from ethogram.run.verify import verify

        self._reading.catch_up()
        self._reading.units.open()
        return verify(self._reading, self._writing.vault.keyring.chain)

    def keys(self) -> dict[str, str]:
        """The project's write key and read key."""
        keyring = self._writing.vault.keyring
        return {"write": keyring.access("write"), "read": keyring.access("read")}

    def _catch_up(self) -> None:
        while self._reading.catch_up() < self._writing.log.end:
            pass

    def close(self) -> None:
        """Write down what is only in memory and let go of the files."""
        (self._opened or self._turn).close()
        self._writing.close()

    def __enter__(self) -> "Embedded":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
