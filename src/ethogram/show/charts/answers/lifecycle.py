"""The answer of a lifecycle question, as figures and the API's document know it."""

import msgspec

from ethogram.show.charts.answers.shown import By, Shown


class LifecycleInterval(msgspec.Struct, frozen=True):
    """People by state in one interval; ``dormant`` is negative, ``complete`` that it has ended."""

    from_: str = msgspec.field(name="from")
    complete: bool
    new: int | None
    returning: int | None
    resurrected: int | None
    dormant: int | None


class LifecycleGroup(msgspec.Struct, frozen=True):
    """The lifecycle of those who share the values in ``by``."""

    by: By
    intervals: list[LifecycleInterval]


class LifecycleAnswer(Shown, frozen=True, kw_only=True, tag="lifecycle"):
    """Who is new, who stays, who comes back and who stays away, interval by interval."""

    intervals: list[LifecycleInterval]
    groups: list[LifecycleGroup] = []
