"""The answer of a KPI, as figures and the API's document know it."""

from typing import TypeAlias

import msgspec

from ethogram.show.charts.answers.shown import Asked, By, Shown

Number: TypeAlias = float | int | None
_RANGE = ("from", "to", "now", "timezone", "interval")


class KpiPart(msgspec.Struct, frozen=True):
    """A KPI of one group: its value, the numbers that it is made of, and its series."""

    by: By
    value: Number
    parts: dict[str, Number]
    points: list[tuple[str, Number]]
    others: bool = False


class KpiAnswer(Shown, frozen=True, kw_only=True, omit_defaults=True, tag="kpi"):
    """A KPI over the range, the numbers that it is made of, and its series."""

    kpi: str
    version: int
    value: Number
    parts: dict[str, Number]
    points: list[tuple[str, Number]]
    groups: list[KpiPart] = []

    @property
    def asked(self) -> Asked:
        """The range; the rest of the definition is the KPI's own."""
        said = {name: self.definition[name] for name in _RANGE if name in self.definition}
        return msgspec.convert(said, Asked)
