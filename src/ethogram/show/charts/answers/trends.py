"""The answer of a trends question, as figures and the API's document know it."""

import msgspec

from ethogram.show.charts.answers.shown import By, Shown


class TrendSeries(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line: pairs of an interval's first instant and its value.

    ``compared`` are those of an earlier time, in the same order, as far as there are any.
    ``formula`` is what the line was computed by; ``others``: it is of all groups that have none.
    """

    name: str
    points: list[tuple[str, float | None]]
    by: By = {}
    compared: list[tuple[str, float | None]] = []
    formula: str | None = None
    others: bool = False


class TrendsAnswer(Shown, frozen=True, kw_only=True, tag="trends"):
    """How much happened in each interval."""

    series: list[TrendSeries]

    @property
    def lines(self) -> list[TrendSeries]:
        """What is drawn: the formulas where there are any, as their parts may be much larger."""
        return [each for each in self.series if each.formula is not None] or self.series
