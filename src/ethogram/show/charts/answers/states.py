"""The answer of a states question, as figures and the API's document know it."""

import msgspec

from ethogram.show.charts.answers.shown import By, Shown


class ProcessEvent(msgspec.Struct, frozen=True):
    """An event, and how many sessions start and end with it."""

    event: str
    count: int | None
    people: int | None
    starts: int | None
    ends: int | None


class Following(msgspec.Struct, frozen=True):
    """How often ``to`` directly followed ``from``, and the median time between."""

    from_: str = msgspec.field(name="from")
    to: str
    count: int
    people: int
    median_seconds: float | None


class LeftOut(msgspec.Struct, frozen=True):
    """How much is counted and not shown."""

    events: int
    edges: int


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """What directly follows what, in some sessions."""

    sessions: int | None
    people: int | None
    nodes: list[ProcessEvent]
    edges: list[Following]
    left_out: LeftOut


class ProcessGroup(Process, frozen=True, kw_only=True):
    """The process of those who share the values in ``by``."""

    by: By


class StatesAnswer(Shown, frozen=True, kw_only=True, tag="states"):
    """What directly follows what; medians are off by at most ``median_within`` of themselves."""

    sessions: int | None
    people: int | None
    nodes: list[ProcessEvent]
    edges: list[Following]
    left_out: LeftOut
    median_within: float
    groups: list[ProcessGroup] = []
