"""What a trait measures: one term, or those of a KPI with the formula that joins them."""

from collections.abc import Mapping
from dataclasses import dataclass

from ethogram.ask.kpis.definition import Expanded
from ethogram.ask.questions.spec import Spec
from ethogram.ask.questions.step import PropertyName, Step, step
from ethogram.ask.questions.trends_spec import Product, Series, Trends
from ethogram.ask.traits.definition import Trait, predicates_in
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate


@dataclass(frozen=True)
class Term:
    """A ``measure`` of the events that are ``of``; of a property, or the product of several."""

    measure: str
    of: Step
    names: tuple[PropertyName, ...] = ()


@dataclass(frozen=True)
class Terms:
    """Numbers of a person, and the ``formula`` that makes one of them."""

    formula: str
    of: Mapping[str, Term]


def terms_of(trait: Trait, kpi: Expanded | None) -> Terms | None:
    """What ``trait``, whose KPI is ``kpi``, measures; None of a cohort.

    Raises `Invalid` (``bad_trait``) for a KPI that has no value of one person.
    """
    if kpi is not None:
        return Terms(kpi.formula, {name: _term(spec) for name, spec in kpi.of.items()})
    if trait.measure is None or trait.event is None:
        return None
    names = () if trait.property is None else (trait.property,)
    return Terms("A", {"A": Term(trait.measure, step(trait.event), names)})


def _term(spec: Spec) -> Term:
    series = spec.series[0] if isinstance(spec, Trends) else None
    if not isinstance(series, Series) or series.statistic or series.trailing or spec.people:
        raise _of_many()
    for where, at in predicates_in(spec, "$"):
        if where.of.startswith("group:"):
            raise Invalid("bad_trait", "A trait is of what the person did and holds.",
                          at=f"{at}.of")  # fmt: skip
    both = [each for each in (spec.where, series.where) if each is not None]
    where = Predicate(all=tuple(both)) if both else None
    return Term(series.measure, Step(series.event, where), _names(series))


def _names(series: Series) -> tuple[PropertyName, ...]:
    if series.property is None:
        return ()
    return series.property.product if isinstance(series.property, Product) else (series.property,)


def _of_many() -> Invalid:
    return Invalid("bad_trait", "This KPI is one of many people, and has no value of one.",
                   at="$.kpi", hint="One of trends has: their sums, counts and means.",
                   )  # fmt: skip
