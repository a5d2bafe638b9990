"""The indexes of other units than persons: devices, and groups of one type.

Each is made when it is first asked for, in a folder of its own beside the persons' index, and
followed from then on.
"""

import re
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from threading import BoundedSemaphore, Lock

from ethogram.ask.sequences.index import Index
from ethogram.ask.sequences.units import GROUP, kinds_in, source
from ethogram.events.errors import Busy, Invalid, nearest
from ethogram.run.following import Following, tail
from ethogram.store.lake.tables import Lake
from ethogram.store.log.port import LogReader

WAITING = 2
"""So many wait for an index that is being made; a server has threads for more questions."""
_PLAIN = re.compile(r"[a-z0-9_-]{1,64}")


class Units:
    """The indexes below ``project`` of all units but persons; ``follow`` makes them follow."""

    def __init__(
        self, project: Path, log: LogReader, lake: Lake, follow: Callable[[Index], Following]
    ) -> None:
        self._project, self._log, self._lake, self._follow = project, log, lake, follow
        self._known: dict[str, Following] = {}
        self._making, self._waiting = Lock(), BoundedSemaphore(WAITING)

    @property
    def known(self) -> list[Following]:
        """Those that were asked for, or opened, since the start."""
        return list(self._known.values())

    def of(self, unit: str) -> Following:
        """The index of ``unit``, which is made where there is none: that takes a while.

        Raises `Invalid` where no event has such a unit, `Busy` where others wait already.
        """
        found = self._known.get(unit)
        if found is not None and found.hides:
            return found
        with self._room(unit), self._making:
            found = self._known.get(unit) or self._made(unit)
            if not found.hides:
                found.catch_up()
            self._known[unit] = found
            return found

    def open(self) -> None:
        """Open all that were made before; what is torn is gone until it is asked for again."""
        for folder in sorted(self._project.glob("index-*")):
            with self._making:
                index = Index(folder, "")
                if not index.unit:
                    shutil.rmtree(folder)
                elif index.unit not in self._known:
                    self._known[index.unit] = self._follow(index)

    def _made(self, unit: str) -> Following:
        folder = self._project / folder_name(unit)
        if not folder.exists():
            self._check(unit)
        following, end = self._follow(Index(folder, unit)), self._log.end
        while following.catch_up() < end:
            pass
        return following

    @contextmanager
    def _room(self, unit: str) -> Generator[None]:
        if not self._waiting.acquire(blocking=False):
            raise Busy(
                "unit_is_made",
                f"An index is being made for questions about {unit[:64]!r}, or about another unit.",
                at="$.unit",
                hint="It takes about a second for each million events; ask again then.",
                retry_after=5,
            )
        try:
            yield
        finally:
            self._waiting.release()

    def _check(self, unit: str) -> None:
        """Raise `Invalid` where no event has a ``unit``."""
        column = source(unit)
        tables = [tail(self._log, self._lake), *self._lake.events.scan(columns=[column])]
        columns = [table[column] for table in tables]
        if not unit.startswith(GROUP):
            if all(each.null_count == len(each) for each in columns):
                raise Invalid("no_units", f"No event has a {unit}.", at="$.unit",
                              hint=f'Events say it as "{unit}_id".')  # fmt: skip
            return
        units = [GROUP + kind for kind in kinds_in(columns)]
        if unit not in units:
            hint = nearest(unit, units) if units else 'Events name them under "groups".'
            raise Invalid("unknown_group", f"No event names a {unit[:70]!r}.", at="$.unit",
                          hint=hint)  # fmt: skip


def folder_name(unit: str) -> str:
    """The folder of a unit's index: any type of groups has one, whatever its letters.

    >>> folder_name("device"), folder_name("group:company")
    ('index-device', 'index-group-company')
    """
    if not unit.startswith(GROUP):
        return f"index-{unit}"
    kind = unit.removeprefix(GROUP)
    if not _PLAIN.fullmatch(kind):
        kind = "." + blake2b(kind.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"index-group-{kind}"
