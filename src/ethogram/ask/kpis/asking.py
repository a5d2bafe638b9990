"""A KPI is asked: its questions, refined, and their numbers by the formula."""

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from ethogram.ask.kpis import terms
from ethogram.ask.kpis.definition import Definition, Expanded, Period
from ethogram.ask.kpis.terms import Ask, Numbers
from ethogram.ask.questions.answer import Answer
from ethogram.ask.questions.catalog import cell_of, decoded
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.formulas import named
from ethogram.ask.questions.measures import Number
from ethogram.ask.questions.saved import Lookup, resolved
from ethogram.ask.questions.spec import Spec
from ethogram.ask.questions.split import By
from ethogram.ask.questions.trends_spec import Trends
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate

WHOLE = b"{}"
_INSTEAD = ("unit", "session_gap", "sample", "semantics", "now")


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is put on top of a KPI's own questions when it is asked.

    ``interval`` is that of the series; without it, what the KPI itself says, or a month. ``unit``,
    ``session_gap``, ``sample``, ``semantics`` and ``now`` stand for those of every question; what
    is left out is as the KPI's own questions have it.
    """

    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    where: Predicate | None = None
    by: tuple[By, ...] = ()
    people: Cohort | None = None
    timezone: str = "UTC"
    interval: Period | None = None
    unit: str | None = None
    session_gap: str | None = None
    sample: float | None = None
    semantics: Literal["default", "posthog", "mixpanel", "amplitude"] | None = None
    now: str | None = None


def asking_of(said: Asking | Mapping[str, Any] | bytes) -> Asking:
    """What JSON, or what it decodes to, says. Raises `Invalid`."""
    return said if isinstance(said, Asking) else cell_of(Asking, decoded(said))


def asked(
    kpi: Definition, asking: Asking, lookup: Lookup, ask: Ask, *, every: bool = True
) -> dict[str, Any]:
    """The KPI's value over the range and its series, of all and of each group.

    ``ask`` answers every question from the same events, of ``every`` group or not; ``lookup``
    finds saved cohorts. Raises what they raise, and `Invalid`.
    """
    made = kpi.expanded()
    if made.period and asking.interval not in (None, made.period):
        raise Invalid("bad_interval", f"This KPI goes by the {made.period}.", at="$.interval")
    interval = made.period or asking.interval or "month"
    asking, cohorts = resolved(asking, lookup)
    of: dict[str, Spec] = {}
    for name, spec in made.of.items():
        plain, found = resolved(spec, lookup)
        of[name] = _refined(plain, asking, made)
        cohorts |= found
    terms.check_samples(of)
    lines: dict[bytes, dict[str, Any]] = {}
    for by in ((), asking.by) if asking.by else ((),):
        terms_by = {name: replace(spec, by=by) for name, spec in of.items()}
        beside = not every and not by and asking.by
        own = partial(_whole, ask, asking.by) if beside else ask
        _add(lines, made, terms_by, interval, own, every=every)
    whole = lines.pop(WHOLE, {"value": None, "parts": {}, "points": []})
    groups = [{**msgspec.json.decode(key), **line} for key, line in lines.items()]
    groups.sort(key=lambda group: "others" in group)
    return {
        **whole,
        **({"groups": groups} if asking.by else {}),
        "definition": {
            **msgspec.to_builtins(kpi),
            "asked": {name: msgspec.to_builtins(spec) for name, spec in of.items()},
            "formula": made.formula,
            "interval": interval,
            "from": None if made.to_date else asking.from_,
            "to": asking.to,
            "timezone": asking.timezone,
            "rules": made.rule,
            **({"saved": cohorts} if cohorts else {}),
        },
    }


def _add(
    lines: dict[bytes, dict[str, Any]],
    made: Expanded,
    of: Mapping[str, Spec],
    interval: Period,
    ask: Ask,
    *,
    every: bool,
) -> None:
    """Put each group's value, parts and points into ``lines``."""
    compute, _ = named(made.formula, made.of, "$.formula")
    series = terms.series(of, interval, made.to_date, ask)
    parts = terms.numbers(of, ask)
    for key in dict.fromkeys(key for _, key in parts):
        points = [[label, compute(_of(of, found, key, every=every))]
                  for label, found in series.items()]  # fmt: skip
        own = _of(of, parts, key, every=every)
        value = _mean(points) if made.mean else compute(own)
        lines[key] = {"value": value, "parts": {} if made.mean else own, "points": points}


def _whole(ask: Ask, by: tuple[By, ...], spec: Spec) -> Answer:
    """Everybody's numbers as they are told beside those of groups: what these leave over is hidden.

    A trend hides by itself what a group's line would leave over of everybody's.
    """
    if isinstance(spec, Trends):
        return ask(spec)
    found = ask(replace(spec, by=by))
    whole = {name: value for name, value in found.results.items() if name != "groups"}
    return dataclasses.replace(found, results=whole)


def _of(of: Mapping[str, Spec], found: Numbers, key: bytes, *, every: bool) -> dict[str, Number]:
    """The terms' numbers of one group."""
    number = partial(terms.number_in, found, every=every)
    return {name: number(name, key, spec) for name, spec in of.items()}


def _refined(spec: Spec, asking: Asking, made: Expanded) -> Spec:
    where = [each for each in (spec.where, asking.where) if each is not None]
    people = [each for each in (spec.people, asking.people) if each is not None]
    return replace(
        spec,
        from_=None if made.to_date else asking.from_,
        to=asking.to,
        by=asking.by,
        where=Predicate(all=tuple(where)) if len(where) > 1 else next(iter(where), None),
        people=Cohort(all=tuple(people)) if len(people) > 1 else next(iter(people), None),
        timezone=asking.timezone,
        **{name: said for name in _INSTEAD if (said := getattr(asking, name)) is not None},
    )


def _mean(points: list[list[Any]]) -> Number:
    values = [value for _, value in points if value is not None]
    return sum(values) / len(values) if values else None
