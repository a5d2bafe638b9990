"""What a trend's spec says, and which of its fields do not fit each other."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

import msgspec

from ethogram.ask.questions.calendar import Unit, Weekday
from ethogram.ask.questions.formulas import formula
from ethogram.ask.questions.measures import MEASURES, SUMMED, percent
from ethogram.ask.questions.question import Named
from ethogram.ask.questions.spec import Spec
from ethogram.ask.questions.step import PropertyName, Step
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid, nearest
from ethogram.events.predicate import Predicate
from ethogram.events.times import DAY, SECOND

LONGEST = 1100 * DAY
"""So long at most is a trailing time."""

_PERCENTILE = r"p(100(\.0+)?|\d{1,2}(\.\d{1,6})?)"
_COUNTS = ("total", "people")
_STATISTICS = ("mean", "min", "max", "median", "p90")
_MEASURES = (*_COUNTS, "per_person", *MEASURES, "p75", "p99.9")
MeasureName: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        description="total, people, per_person, sum, mean, min, max, median, distinct, or any "
        "percentile, such as p75 or p99.9",
        extra_json_schema={"pattern": f"^({'|'.join((*_COUNTS, 'per_person', *MEASURES))}|"
                           f"{_PERCENTILE})$", "examples": list(_MEASURES)},
    ),
]  # fmt: skip
Statistic: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        description="mean, min, max, median, or any percentile",
        extra_json_schema={"pattern": f"^(mean|min|max|median|{_PERCENTILE})$",
                           "examples": list(_STATISTICS)},
    ),
]  # fmt: skip


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The product of two numeric properties of an event."""

    product: tuple[PropertyName, PropertyName]


class Series(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line: a ``measure`` of the events called ``event`` for which ``where`` holds.

    ``per_person`` is the ``statistic`` (mean unless said) of how many events each person has in
    the period; with a ``property``, of its sum per person. ``trailing``: people of the time so
    long that ends with each period, such as ``"7d"``.
    """

    event: str | None = None
    measure: MeasureName = "total"
    property: str | tuple[str, ...] | Product | None = None
    where: Predicate | None = None
    name: str | None = None
    statistic: Statistic | None = None
    trailing: str | None = None


class Formula(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line computed from the others' values, such as ``A / B * 100``: A is the first series."""

    formula: str
    name: str | None = None


class Between(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A range of time, as the question's own: ``from`` inclusive, ``to`` exclusive."""

    from_: str = msgspec.field(name="from")
    to: str


class Trends(Spec, frozen=True, forbid_unknown_fields=True, tag="trends"):
    """How often, by how many people and how much, over time.

    Each of the ``series`` has a point per ``interval`` of the calendar in ``timezone``; one is an
    object or an event's name. ``formulas`` add lines computed from them. ``cumulative``: each
    point counts from the beginning of the range on. ``moving_average``: each point is the mean of
    so many, itself the last. ``compare``: with the points of an earlier time. With ``by``, the
    ``most_groups`` of the most events have lines of their own; ``assign`` puts each person into
    the group of their first or last event only.

    >>> Trends(["purchase"], interval="month").series[0].measure
    'total'
    """

    series: tuple[Series | str, ...]
    formulas: tuple[Formula, ...] = ()
    interval: Unit = "day"
    week_starts: Weekday = "monday"
    cumulative: bool = False
    moving_average: Annotated[int, msgspec.Meta(ge=2, le=1000)] | None = None
    compare: Literal["previous", "year_before"] | Between | None = None
    most_groups: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 25
    assign: Literal["every", "first", "last"] = "every"

    def __post_init__(self) -> None:
        super().__post_init__()
        each = tuple(Series(s) if isinstance(s, str) else s for s in self.series)
        msgspec.structs.force_setattr(self, "series", each)


def names(spec: Trends) -> Named:
    """What a trend names; raises `Invalid` where its fields do not fit each other."""
    series = series_of(spec)
    if not series:
        raise Invalid("no_series", "A trend needs a series.", at="$.series")
    for i, each in enumerate(series):
        _check_measure(each, f"$.series[{i}]")
        _check_trailing(spec, each, f"$.series[{i}]")
    for i, each in enumerate(spec.formulas):
        formula(each.formula, len(series), f"$.formulas[{i}].formula")
    if spec.compare is not None and spec.from_ is None:
        raise Invalid("no_from", "There is nothing before all data to compare with.",
                      at="$.compare", hint='Say "from".')  # fmt: skip
    return Named(
        [(pick(each), f"$.series[{i}]") for i, each in enumerate(series)],
        [(name, f"$.series[{i}].property")
         for i, each in enumerate(series) for name in factors(each)],
    )  # fmt: skip


def series_of(spec: Trends) -> tuple[Series, ...]:
    """The series, each an object."""
    return tuple(Series(each) if isinstance(each, str) else each for each in spec.series)


def pick(each: Series) -> Step:
    """The events that a series is about."""
    return Step(each.event, each.where)


def factors(each: Series) -> tuple[PropertyName, ...]:
    """The properties whose product a series measures: one, two or none."""
    if each.property is None:
        return ()
    return each.property.product if isinstance(each.property, Product) else (each.property,)


def name(each: Series) -> str:
    """What a series is called."""
    if each.name is not None:
        return each.name
    return f"{each.event or 'any event'}{''.join(_said(each))}"


def _said(each: Series) -> Iterator[str]:
    if each.measure == "total":
        return
    parts = [name if isinstance(name, str) else ".".join(name) for name in factors(each)]
    statistic = [each.statistic or "mean"] if each.measure == "per_person" else []
    what = " ".join([*statistic, each.measure.replace("_", " ")])
    yield f": {' of '.join([what, ' × '.join(parts)]) if parts else what}"
    if each.trailing is not None:
        yield f" of {each.trailing}"


def _check_measure(each: Series, at: str) -> None:
    measure, counted = each.measure, each.measure in _COUNTS
    if not counted and measure not in (*MEASURES, "per_person") and percent(measure) is None:
        raise _unknown(measure, _MEASURES, f"{at}.measure")
    if measure != "per_person" and counted != (each.property is None):
        raise Invalid(
            "bad_measure",
            f"The measure {measure} takes {'no' if counted else 'a'} property.",
            at=f"{at}.{'property' if counted else 'measure'}",
        )
    if measure == "distinct" and isinstance(each.property, Product):
        raise Invalid("bad_measure", "Distinct values are those of one property.",
                      at=f"{at}.property")  # fmt: skip
    if each.statistic is None:
        return
    if measure != "per_person":
        raise Invalid("bad_measure", "Only per_person takes a statistic.", at=f"{at}.statistic")
    if each.statistic not in _STATISTICS and percent(each.statistic) is None:
        raise _unknown(each.statistic, _STATISTICS, f"{at}.statistic")


def _check_trailing(spec: Trends, each: Series, at: str) -> None:
    if spec.cumulative and each.measure not in (*_COUNTS, *SUMMED):
        raise Invalid(
            "not_cumulative",
            f"The measure {each.measure} does not add up from period to period.",
            at=f"{at}.measure",
            hint=f"Cumulative are {', '.join((*_COUNTS, *SUMMED))}, and formulas of them.",
        )
    if each.trailing is None:
        return
    if each.measure != "people" or spec.cumulative:
        raise Invalid("bad_trailing", "Only people who are not cumulative have a trailing time.",
                      at=f"{at}.trailing")  # fmt: skip
    if not SECOND <= microseconds(each.trailing, f"{at}.trailing") <= LONGEST:
        raise Invalid("bad_trailing", "A trailing time is from a second to 1,100 days long.",
                      at=f"{at}.trailing")  # fmt: skip


def _unknown(said: str, known: tuple[str, ...], at: str) -> Invalid:
    return Invalid("unknown_measure", f"There is no measure {said[:64]!r}.", at=at,
                   hint=nearest(said, known))  # fmt: skip
