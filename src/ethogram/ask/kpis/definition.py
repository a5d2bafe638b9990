"""How a KPI is defined: one of the known kinds with this product's events, or a formula."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from ethogram.ask.questions.catalog import cell_of, parse
from ethogram.ask.questions.formulas import named
from ethogram.ask.questions.funnel import Funnel
from ethogram.ask.questions.funnel_spec import FunnelStep
from ethogram.ask.questions.retention import Retention
from ethogram.ask.questions.spec import Spec, check_unit
from ethogram.ask.questions.step import PropertyName, Step, step
from ethogram.ask.questions.trends_spec import MeasureName, Product, Series, Trends
from ethogram.events.errors import Invalid, nearest

Event: TypeAlias = Step | str
Value: TypeAlias = PropertyName | Product
Period: TypeAlias = Literal["day", "week", "month"]


@dataclass(frozen=True)
class Expanded:
    """A KPI as questions: ``of`` gives the terms of ``formula``.

    ``to_date``: from the first event on, whatever the range begins with. ``period``: what the
    series must go by, where the KPI itself says; ``mean``: the value is the mean of the series.
    """

    formula: str
    of: Mapping[str, Spec]
    rule: str
    to_date: bool = False
    period: Period | None = None
    mean: bool = False


class _Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What is common to all: ``about`` says in words what the number is for."""

    about: str = ""


class ClickThrough(_Kind, frozen=True, kw_only=True, tag="click_through"):
    """Click-through rate: how many of the times that something was shown it was clicked."""

    shown: Event
    clicked: Event

    def expanded(self) -> Expanded:
        """Clicks by showings."""
        of = {"clicks": _trend(self.clicked), "shown": _trend(self.shown)}
        return Expanded("clicks / shown", of, "events clicked by events shown")


class Conversion(_Kind, frozen=True, kw_only=True, tag="conversion"):
    """Conversion rate: of the people who take the first step, how many take the last."""

    steps: tuple[FunnelStep | str, ...]
    within: str | None = None

    def expanded(self) -> Expanded:
        """A funnel's last step."""
        funnel = Funnel(self.steps, within=self.within)
        return Expanded("rate", {"rate": funnel},
                        "a funnel of its own in each period; all steps lie in it")  # fmt: skip


class Activation(_Kind, frozen=True, kw_only=True, tag="activation"):
    """Activation: of the people who start, how many reach what makes them stay, in time."""

    start: FunnelStep | str
    reached: FunnelStep | str
    within: str | None = None

    def expanded(self) -> Expanded:
        """A funnel of two steps."""
        funnel = Funnel((self.start, self.reached), within=self.within)
        rule = "who started and has not reached it yet counts as not activated"
        return Expanded("rate", {"rate": funnel}, rule)


class AverageOrderValue(_Kind, frozen=True, kw_only=True, tag="average_order_value"):
    """Average order value: the ``value`` of the events by their number.

    Where an order is several events, ``order`` is the property that they share.
    """

    event: Event
    value: Value
    order: PropertyName | None = None

    def expanded(self) -> Expanded:
        """Revenue by orders."""
        orders = _trend(self.event, "distinct", self.order) if self.order else _trend(self.event)
        of = {"revenue": _trend(self.event, "sum", self.value), "orders": orders}
        return Expanded("revenue / orders", of, "an order counts in every period that it is in")


class RevenuePerPerson(_Kind, frozen=True, kw_only=True, tag="revenue_per_person"):
    """Revenue per person: the ``value`` of the events by the people who did them."""

    event: Event
    value: Value

    def expanded(self) -> Expanded:
        """Revenue by people."""
        of = {"revenue": _trend(self.event, "sum", self.value),
              "people": _trend(self.event, "people")}  # fmt: skip
        return Expanded("revenue / people", of, "people who did the event in the range")


class LifetimeValue(_Kind, frozen=True, kw_only=True, tag="lifetime_value"):
    """Customer lifetime value to date: all they ever paid by all who ever paid."""

    event: Event
    value: Value

    def expanded(self) -> Expanded:
        """Revenue by people, since the first event."""
        made = RevenuePerPerson(event=self.event, value=self.value).expanded()
        rule = "from the first event to the end of the range, or of each period"
        return Expanded(made.formula, made.of, rule, to_date=True)


class ActivePeople(_Kind, frozen=True, kw_only=True, tag="active_people"):
    """Daily, weekly or monthly active people: those who did the event, or any, per period."""

    period: Period
    event: Event | None = None

    def expanded(self) -> Expanded:
        """People per period."""
        of = {"people": _trend(self.event or Step(), "people")}
        rule = "calendar periods; the value is their mean, empty and cut ones too"
        return Expanded("people", of, rule, period=self.period, mean=True)


class Churn(_Kind, frozen=True, kw_only=True, tag="churn"):
    """Churn: of the people active in a period, how many are not in the next."""

    period: Period = "month"
    event: Event | None = None

    def expanded(self) -> Expanded:
        """What retention leaves."""
        each = step(self.event or Step())
        kept = Retention(each, each, period=self.period, periods=1, start_mode="recurring")
        rule = "a period whose next one is not over has no number; the value is over all that have"
        return Expanded("1 - kept", {"kept": kept}, rule, period=self.period)


class Computed(_Kind, frozen=True, kw_only=True, tag="formula"):
    """Numbers of questions, by a ``formula``: ``{"formula": "A / B", "of": {"A": SPEC, …}}``.

    The number of a trend is its one series, of a funnel the last step's conversion, of a retention
    the pooled share of its last period.
    """

    formula: str
    of: dict[str, dict[str, Any]]

    def expanded(self) -> Expanded:
        """The questions as they are."""
        named(self.formula, self.of, "$.formula")
        of = {name: _term(said, f"$.of.{name}") for name, said in self.of.items()}
        periods: list[Period] = [spec.period for spec in of.values() if isinstance(spec, Retention)]
        if len(set(periods)) > 1:
            raise Invalid("bad_term", "Retentions in one formula need one period.", at="$.of")
        rule = "each term over the same range and refinement"
        return Expanded(self.formula, of, rule, period=next(iter(periods), None))


Definition: TypeAlias = (
    ClickThrough | Conversion | Activation | AverageOrderValue | RevenuePerPerson | LifetimeValue
    | ActivePeople | Churn | Computed
)  # fmt: skip
KINDS: Mapping[str, type[Definition]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (ClickThrough, Conversion, Activation, AverageOrderValue, RevenuePerPerson,
                 LifetimeValue, ActivePeople, Churn, Computed)
}  # fmt: skip


def definition(said: Any) -> Definition:
    """The KPI that ``said`` defines. Raises `Invalid`, with the place and the nearest name."""
    if not isinstance(said, Mapping):
        raise Invalid("bad_kpi", "A KPI is a JSON object.", at="$")
    kind = said.get("kind", "formula" if "formula" in said else None)
    if kind not in KINDS:
        raise Invalid("unknown_kind", f"There is no kind of KPI {kind!r}.", at="$.kind",
                      hint=nearest(str(kind), KINDS))  # fmt: skip
    made = cell_of(KINDS[kind], {**said, "kind": kind})
    made.expanded()
    return made


def _trend(event: Event, measure: MeasureName = "total", value: Value | None = None) -> Trends:
    said = step(event)
    return Trends((Series(said.event, measure, value, said.where),), interval="all")


def _term(said: Mapping[str, Any], at: str) -> Spec:
    try:
        spec = parse(said)
    except Invalid as error:
        place = f"{at}{error.at.removeprefix('$')}"
        raise Invalid(error.code, error.message, at=place, hint=error.hint) from None
    if not isinstance(spec, Trends | Funnel | Retention):
        raise Invalid("bad_term", "A term is a trend, a funnel or a retention.", at=at)
    if isinstance(spec, Trends) and len(spec.series) != 1:
        raise Invalid("bad_term", "A trend that is a term has one series.", at=f"{at}.series")
    if isinstance(spec, Trends) and spec.formulas:
        raise Invalid("bad_term", "A term's arithmetic is the KPI's formula.", at=f"{at}.formulas")
    try:
        check_unit(spec)
    except Invalid as error:
        place = f"{at}{error.at.removeprefix('$')}"
        raise Invalid(error.code, error.message, at=place, hint=error.hint) from None
    for field, value in (("by", spec.by), ("from", spec.from_), ("to", spec.to)):
        if value:
            raise Invalid("bad_term", f'"{field}" is said when the KPI is asked.',
                          at=f"{at}.{field}")  # fmt: skip
    return replace(spec, interval="all") if isinstance(spec, Trends) else spec
