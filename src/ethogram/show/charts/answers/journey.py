"""The answer of a journey question, as figures and the API's document know it."""

import msgspec

from ethogram.events.event import Json
from ethogram.show.charts.answers.shown import Shown


class JourneyEvent(msgspec.Struct, frozen=True):
    """One event of a person; ``session`` counts the person's sessions from 1."""

    time: str
    event: str
    position: int
    session: int
    properties: dict[str, Json]


class JourneyAnswer(Shown, frozen=True, kw_only=True, tag="journey"):
    """What one person did: ``events`` of ``total``."""

    person: int
    total: int
    sessions: int
    events: list[JourneyEvent]
