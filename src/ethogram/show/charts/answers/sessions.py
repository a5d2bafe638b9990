"""The answer of a sessions question, as figures and the API's document know it."""

import msgspec

from ethogram.show.charts.answers.shown import By, Shown


class SessionNumbers(msgspec.Struct, frozen=True):
    """How many sessions, how many of them bounced, how long they are; ``seconds``: percentiles."""

    sessions: int
    events: int
    events_per_session: float | None
    bounces: int
    bounce_rate: float | None
    mean_seconds: float | None
    seconds: dict[str, float | None]


class SessionInterval(SessionNumbers, frozen=True, kw_only=True):
    """The sessions that begin in one interval."""

    from_: str = msgspec.field(name="from")


class SessionGroup(msgspec.Struct, frozen=True):
    """The sessions of those that share the values in ``by``."""

    by: By
    sessions: SessionNumbers
    intervals: list[SessionInterval]


class SessionsAnswer(Shown, frozen=True, kw_only=True, tag="sessions"):
    """How many sessions there are and how long they last."""

    sessions: SessionNumbers
    intervals: list[SessionInterval]
    groups: list[SessionGroup] = []
