"""How a retention counts periods: as the calendar has them, or from each unit's own start."""

from dataclasses import dataclass
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from ethogram.ask.kernels import returns
from ethogram.ask.questions.calendar import Calendar, calendar
from ethogram.ask.sequences.run import Int64s, Run
from ethogram.events.event import Instant
from ethogram.events.times import DAY, SECOND

Period: TypeAlias = Literal["day", "week", "month"]
DAYS: dict[Period, int] = {"day": 1, "week": 7, "month": 30}
"""How long a period is that is not the calendar's."""


@dataclass(frozen=True)
class Clock:
    """Cohorts are the first ``size`` periods of ``cohorts``; cells of periods follow a start.

    Cell j ends with period ``ends[j]``. A period is ``length`` microseconds, or where that is 0
    ``each`` cells of ``grid``.
    """

    cohorts: Calendar
    size: int
    ends: Int64s
    grid: Calendar
    each: int
    length: int

    @property
    def by_calendar(self) -> bool:
        """Whether periods after a start are those of the calendar."""
        return self.each == 1 and not self.length

    @property
    def cells_of(self) -> Int64s:
        """The cell of each period that belongs to one."""
        return np.searchsorted(self.ends, np.arange(self.ends[-1] + 1))

    def of(self, run: Run) -> returns.Clock:
        """The clock in seconds from the run's origin."""
        return returns.Clock(self.grid.of(run), self.each, self.length)

    def mature(self, until: Instant) -> npt.NDArray[np.bool_]:
        """Which cells [cohort, cell] are over by ``until`` for all who can be in the cohort."""
        over = self.cohorts.starts[1 : self.size + 1]
        if self.length:
            ends = over[:, None] * SECOND + self.length * (self.ends + 1)
            return ends <= until
        last = np.searchsorted(self.grid.starts, over) - 1
        ends = self.grid.starts[last[:, None] + self.each * (self.ends + 1)]
        return ends * SECOND <= until

    def whole(self, until: Instant) -> int:
        """How many cells of the grid are over by ``until``."""
        return int(np.searchsorted(self.grid.starts[1:], until // SECOND, side="right"))


def clock(
    period: Period,
    zone: ZoneInfo,
    extent: tuple[Instant, Instant],
    widths: tuple[int, ...],
    style: Literal["calendar", "rolling", "floored"],
) -> Clock:
    """The clock of cohorts from the first to the last instant of ``extent``.

    After period 0, which is a cell, cells are so many periods wide. ``rolling`` periods are of 1,
    7 or 30 times 24 hours from the start; ``floored`` ones count from the hour of the start, or,
    for weeks and months, from its day.
    """
    ends = np.cumsum([0, *widths])
    beyond = int(ends[-1])
    if style == "calendar":
        cohorts = calendar(period, zone, *extent, beyond, at="$.period")
        return Clock(cohorts, len(cohorts) - beyond, ends, cohorts, 1, 0)
    cohorts = calendar(period, zone, *extent, at="$.period")
    if style == "rolling":
        return Clock(cohorts, len(cohorts), ends, cohorts, 1, DAYS[period] * DAY)
    unit, each = ("hour", 24) if period == "day" else ("day", DAYS[period])
    first, last = cohorts.starts[0], cohorts.starts[-1] - 1
    span = int(first) * SECOND, int(last) * SECOND
    grid = calendar(unit, zone, *span, each * (beyond + 1), at="$.period")
    return Clock(cohorts, len(cohorts), ends, grid, each, 0)
