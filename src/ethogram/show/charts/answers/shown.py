"""What every answer says beside its numbers."""

from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ethogram.events.errors import Invalid
from ethogram.events.event import Json

Interval: TypeAlias = Literal["minute", "hour", "day", "week", "month", "quarter", "year", "all"]
By: TypeAlias = dict[str, str | int | float | bool | None]


class State(msgspec.Struct, frozen=True):
    """What an answer was computed from: asked again at this state it is the same."""

    position: int
    identity: int
    erasures: int


class Measured(msgspec.Struct, frozen=True):
    """What a trend's series counts."""

    measure: str = "total"


class Picked(msgspec.Struct, frozen=True):
    """An event that a question names; any where none is named."""

    event: str | None = None


class Asked(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Of a definition what a figure says: the range, the zone, the lengths.

    ``now`` is the instant at which the question was asked.
    """

    from_: str | None = None
    to: str | None = None
    now: str | None = None
    timezone: str = "UTC"
    within: str | None = None
    period: str = "period"
    mode: str = "on"
    interval: Interval = "day"
    moving_average: int | None = None
    cumulative: bool = False
    formulas: list[Json] = []
    compare: Json = None
    unit: str = "person"
    count: str = "people"
    trend: str | None = None
    brackets: list[int] = []
    silent: str | None = None
    series: list[Measured] = []
    event: Picked = Picked()
    until: Picked | None = None
    of: str = "events"
    columns: int = 1
    rows: int = 1
    start: Picked | None = None
    end: Picked | None = None
    steps: list[Picked] = []
    where: Json = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone. Raises `Invalid` (``unknown_timezone``)."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Invalid(
                "unknown_timezone",
                f"There is no time zone {self.timezone[:64]!r}.",
                at="$.definition.timezone",
            ) from None


class Sample(msgspec.Struct, frozen=True):
    """Only a ``share`` of the people was looked at: so many ``people``.

    A count of N people is off by at most ``margin`` · √N in 95 of 100 samples.
    """

    share: float
    people: int
    margin: float


class Hidden(msgspec.Struct, frozen=True):
    """Numbers about ``fewer_than`` so many people are not told, nor those that would tell them.

    ``at`` are their places, as paths of the answer; so many ``rows`` of its lists are left out.
    """

    fewer_than: int
    at: list[str]
    rows: int


class Noised(msgspec.Struct, frozen=True):
    """Noise by an ``epsilon``: in 95 of 100 answers a count is off by ``within`` at most.

    One person changes all counts together by ``bound`` at most.
    """

    epsilon: float
    bound: int
    within: int


class Shown(msgspec.Struct, frozen=True, kw_only=True, tag_field="question"):
    """What every answer says beside its numbers: the whole question, every default written.

    ``hidden`` is there where numbers about few people are not told: they are null; ``noise``,
    where the counts have some.
    """

    definition: dict[str, Json]
    state: State
    sample: Sample | None = None
    hidden: Hidden | None = None
    noise: Noised | None = None

    @property
    def asked(self) -> Asked:
        """The definition, read."""
        return msgspec.convert(self.definition, Asked)
