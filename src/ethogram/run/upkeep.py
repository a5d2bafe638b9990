"""What keeps a project fresh beside the questions: seven threads of work.

One takes the log's tail into the persons' index, one into those of other units, one loads the
lake, one folds the indexes and tidies the tables, one has the sources run that are due, one forgets
what was erased. Where the disk is full or the writer away they wait, and questions are answered
meanwhile.
"""

import errno
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import TypeAlias

from ethogram.events.errors import Busy
from ethogram.events.times import DAY, now
from ethogram.run.erasing import Erasing
from ethogram.run.reading import Reading
from ethogram.run.retaining import Retention
from ethogram.run.settings import Settings
from ethogram.run.sourcing.schedule import LOOK, Schedule
from ethogram.store.lake.compaction import compact, tidy
from ethogram.store.lake.loader import due
from ethogram.store.lake.tables import Lake

IDLE = 0.02
TIDY_EVERY = 3600.0
EASE = 4.0
LOOK_AT_DAY = 10.0
AGAIN = 5.0
"""Seconds until what could not be done is tried again."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


def tail(reading: Reading, settings: Settings, stop: threading.Event) -> None:
    """Take what the log has into the index, again and again."""
    catch_up = _patient(reading.catch_up, stop)
    while not stop.is_set():
        before = reading.index.snapshot.state.position
        catch_up()
        reached = reading.index.snapshot.state.position
        stop.wait(settings.tick if reached == before else IDLE)


def following(reading: Reading, settings: Settings, stop: threading.Event) -> None:
    """Take what the log has into the indexes of other units that were ever asked for.

    A group may own a large part of all events, and is copied whole at each turn. So this pauses
    `EASE` times as long as it worked: persons, and questions, come first.
    """
    reading.units.open()
    step = _patient(lambda: [each.catch_up() for each in reading.units.known], stop)
    took = 0.0
    while not stop.wait(max(settings.tick, EASE * took)):
        began = monotonic()
        step()
        took = monotonic() - began


def loading(reading: Reading, settings: Settings, stop: threading.Event) -> None:
    """Load the lake when it is due."""
    last = now()
    load = _patient(reading.load, stop)
    while not stop.wait(min(1.0, settings.load_every)):
        every = int(settings.load_every * 1_000_000)
        while (
            due(reading.log.end - reading.lake.position, last, now(), every) and not stop.is_set()
        ):
            if load():
                last = now()


def tidying(reading: Reading, _: Settings, stop: threading.Event) -> None:
    """Fold the indexes when they are due; compact the lake's tables now and then."""
    waited = 0.0
    fold = _patient(partial(_fold, reading), stop)
    tidy_lake = _patient(partial(_tidy, reading.lake), stop)
    while not stop.wait(1.0):
        fold()
        waited += 1.0
        if waited >= TIDY_EVERY:
            waited = 0.0
            tidy_lake()


def sourcing(reading: Reading, settings: Settings, stop: threading.Event) -> None:
    """Run the sources that are due, each in a process of its own."""
    schedule = Schedule(reading.saved, reading.folder, settings.source_seconds)
    try:
        step = _patient(schedule.step, stop)
        while not stop.wait(LOOK):
            step()
    finally:
        schedule.end()


def forgetting(erasing: Erasing, settings: Settings, stop: threading.Event) -> None:
    """Have the rooms forget what was erased as soon as it is heard of, the last byte later."""
    step, purge = _patient(erasing.step, stop), _patient(erasing.purge, stop)
    since = monotonic()
    while not stop.wait(settings.tick):
        step()
        if monotonic() - since > TIDY_EVERY:
            since = monotonic()
            purge()


def retaining(retention: Retention, _: Settings, stop: threading.Event) -> None:
    """Have go what the rules of retention do not keep, at the start and at each new day (UTC)."""
    step, done = _patient(retention.run, stop), -1
    while not stop.wait(LOOK_AT_DAY):
        if now() // DAY != done and step():
            done = now() // DAY


def _fold(reading: Reading) -> None:
    for index in reading.indexes:
        if index.due:
            index.fold()


def _tidy(lake: Lake) -> None:
    today = datetime.now(UTC).date()
    for table in (lake.events, *lake.beside.values(), lake.identity_links):
        compact(table, today)
        tidy(table)


def _patient(step: Callable[[], object], stop: threading.Event) -> Callable[[], bool]:
    """``step``, as something that says whether it could be done.

    Where disk or writer could not, that is on standard error, once until it can be done again,
    and `AGAIN` seconds pass.
    """
    waiting = False

    def attempt() -> bool:
        nonlocal waiting
        try:
            step()
        except (Busy, OSError) as error:
            if isinstance(error, OSError) and error.errno not in _FULL:
                raise
            if not waiting:
                print(f"It will be tried again: {error}", file=sys.stderr)
            waiting = True
            stop.wait(AGAIN)
            return False
        waiting = False
        return True

    return attempt


Work: TypeAlias = Callable[[threading.Event], None]
"""Goes on until the event is set."""


def works(
    reading: Reading, erasing: Erasing, retention: Retention, settings: Settings
) -> dict[str, Work]:
    """All of them for one project, by name."""
    of_reading = (tail, following, loading, tidying, sourcing)
    named: dict[str, Work] = {
        each.__name__: partial(each, reading, settings) for each in of_reading
    }
    named["forgetting"] = partial(forgetting, erasing, settings)
    return {**named, "retaining": partial(retaining, retention, settings)}
