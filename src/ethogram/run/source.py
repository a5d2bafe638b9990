"""The log as the loading process has it: reading is its own, the writer does what changes it."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import msgspec

from ethogram.collect.gate import LOCAL_PROJECT
from ethogram.events.erasure import Erasure
from ethogram.events.errors import Busy
from ethogram.store.log.entries import Consented, Statement
from ethogram.store.log.port import LogReader, Record

SECONDS = 60.0
"""So long a commit under way may keep the writer from moving the cursor."""


class RemoteSource:
    """See `ethogram.store.lake.loader.Source`."""

    def __init__(self, log: LogReader, socket: Path, project: str) -> None:
        self._log = log
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)),
            base_url="http://writer",
            headers={LOCAL_PROJECT: project},
            timeout=SECONDS,
        )

    @property
    def start(self) -> int:
        """See `Source.start`."""
        return self._log.start

    def read(self, after: int, limit: int) -> list[Record]:
        """See `Source.read`."""
        return self._log.read(after, limit)

    def cursor(self, name: str) -> int:
        """See `Source.cursor`."""
        return self._log.cursor(name)

    def erase_entries(
        self, positions: Sequence[int], property: str | None = None, *, open_only: bool = False
    ) -> None:
        """See `Door.erase_entries`. Raises `Busy` where the writer does not answer."""
        said = {"positions": positions, "property": property, "open_only": open_only}
        self._post("/erased-entries", said)

    def make_keys(self, persons: Sequence[int]) -> None:
        """See `Writing.make_keys`. Raises `Busy` where the writer does not answer."""
        self._post("/person-keys", persons)

    def append_statements(self, statements: Sequence[Statement | Consented]) -> None:
        """See `Writing.append_statements`. Raises `Busy` where the writer does not answer."""
        self._post("/statements", statements)

    def erase(self, erasure: Erasure) -> None:
        """See `Writing.erase`. Raises `Busy` where the writer does not answer."""
        self._post("/erasures", erasure)

    def advance(self, name: str, position: int) -> None:
        """See `Source.advance`. Raises `Busy` where the writer does not answer."""
        self._post("/cursors", {"consumer": name, "position": position})

    def _post(self, path: str, said: object) -> None:
        try:
            answer = self._client.post(path, content=msgspec.json.encode(said))
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise Busy("writer_away", f"The writing process does not answer: {error}.") from error
