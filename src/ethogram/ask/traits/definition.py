"""How a trait is defined: being in a cohort, a measure of what somebody did, or a KPI of theirs."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from ethogram.ask.questions.catalog import cell_of, decoded
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.cohort import check as check_cohort
from ethogram.ask.questions.measures import MEASURES, percent
from ethogram.ask.questions.spec import check_where
from ethogram.ask.questions.split import Split
from ethogram.ask.questions.step import PropertyName, Step, step
from ethogram.events.duration import microseconds
from ethogram.events.errors import Invalid, nearest
from ethogram.events.predicate import Predicate


class Trait(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value per person: ``cohort``, whether they are in it; a ``measure`` of an ``event``; or
    the saved ``kpi`` of that name, of what they alone did.

    Measures are ``total``, how often they did it, and those of trends over the values of a
    ``property``: sum, mean, min, max, median, distinct and percentiles. With ``last``, only what
    they did in so long a time before now counts.

    >>> Trait(measure="sum", event="purchase", property="price", last="30d").event.event
    'purchase'
    """

    cohort: Cohort | None = None
    kpi: str | None = None
    measure: str | None = None
    event: Step | str | None = None
    property: PropertyName | None = None
    last: str | None = None

    def __post_init__(self) -> None:
        if self.event is not None:
            msgspec.structs.force_setattr(self, "event", step(self.event))


def trait_of(said: bytes | str | Mapping[str, Any]) -> Trait:
    """The trait that JSON, or what JSON decodes to, says; checked. Raises `Invalid`."""
    trait = cell_of(Trait, decoded(said))
    forms = trait.cohort, trait.kpi, trait.measure
    if sum(each is not None for each in forms) != 1:
        raise Invalid("bad_trait", "A trait is a cohort, a KPI, or a measure.", at="$",
                      hint='Write {"measure": "total", "event": "purchase", "last": "30d"}.',
                      )  # fmt: skip
    if trait.measure is not None:
        _check_measure(trait, trait.measure)
    elif trait.event is not None or trait.property is not None:
        raise Invalid("bad_trait", "It says itself what it is of.", at="$.event")
    if trait.cohort is not None:
        check_cohort(trait.cohort, "$.cohort")
        if trait.last is not None:
            raise Invalid("bad_trait", "A cohort says itself when.", at="$.last")
    if trait.last is not None:
        microseconds(trait.last, "$.last")
    for where, at in predicates_in(trait, "$"):
        if where.of.startswith("group:"):
            raise Invalid("bad_trait", "A trait is of what the person did and holds.",
                          at=f"{at}.of")  # fmt: skip
    return trait


def predicates_in(value: Any, at: str) -> Iterator[tuple[Predicate | Split, str]]:
    """All comparisons and splits within ``value``, each with its place."""
    if isinstance(value, Predicate | Split) and value.property is not None:
        yield value, at
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from predicates_in(getattr(value, name), f"{at}.{name.rstrip('_')}")
    elif isinstance(value, tuple):
        for i, each in enumerate(cast("tuple[Any, ...]", value)):
            yield from predicates_in(each, f"{at}[{i}]")


def profile_names_in(value: Any) -> set[str]:
    """The properties of profiles that a spec, or a part of one, asks for."""
    return {
        each.property if isinstance(each.property, str) else each.property[0]
        for each, _ in predicates_in(value, "$")
        if each.property and each.of.startswith("profile")
    }


def durations(trait: Trait) -> set[int]:
    """How long after an event the mere passing of time may change a value, in microseconds."""
    found = {0}
    if trait.last is not None:
        found.add(microseconds(trait.last, "$.last"))
    for cohort in _cohorts(trait):
        last, silent = (microseconds(said or "0s", "$") for said in (cohort.last, cohort.silent))
        found |= {last, silent, last + silent}
    return found


def _cohorts(value: Any) -> Iterator[Cohort]:
    if isinstance(value, Cohort):
        yield value
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _cohorts(getattr(value, name))
    elif isinstance(value, tuple):
        for each in cast("tuple[Any, ...]", value):
            yield from _cohorts(each)


def _check_measure(trait: Trait, measure: str) -> None:
    known = ["total", *MEASURES]
    if measure not in known and percent(measure) is None:
        raise Invalid("unknown_measure", f"There is no measure {measure[:64]!r}.",
                      at="$.measure", hint=nearest(measure, known))  # fmt: skip
    if trait.event is None:
        raise Invalid("missing_field", "The field 'event' is missing.", at="$")
    if (trait.property is None) != (measure == "total"):
        raise Invalid("bad_trait", "A total counts events; other measures are of a property.",
                      at="$.property")  # fmt: skip
    check_where(step(trait.event).where, "$.event.where")
