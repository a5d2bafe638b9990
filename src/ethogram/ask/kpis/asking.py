"""A KPI is asked: its questions, refined, and their numbers by the formula."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from ethogram.ask.kpis import formula
from ethogram.ask.kpis.definition import Definition, Expanded, Period
from ethogram.ask.questions.answer import Answer, Row
from ethogram.ask.questions.catalog import cell_of, decoded
from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.retention import Retention
from ethogram.ask.questions.saved import Lookup, resolved
from ethogram.ask.questions.spec import Spec
from ethogram.ask.questions.split import By
from ethogram.ask.questions.trends import Series, Trends
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate

Number: TypeAlias = float | int | None
Numbers: TypeAlias = dict[bytes, Number]
"""By group, whose values of ``by`` are the key as JSON; the whole is the group ``{}``."""
Ask: TypeAlias = Callable[[Spec], Answer]

WHOLE = b"{}"
MOST_PERIODS = 400
"""Where each period is a question of its own."""
_COUNTS = ("total", "people", "sum", "distinct")


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is put on top of a KPI's own questions when it is asked.

    ``interval`` is that of the series; without it, what the KPI itself says, or a month.
    """

    from_: str | None = msgspec.field(default=None, name="from")
    to: str | None = None
    where: Predicate | None = None
    by: tuple[By, ...] = ()
    people: Cohort | None = None
    timezone: str = "UTC"
    interval: Period | None = None


def asking_of(said: Asking | Mapping[str, Any] | bytes) -> Asking:
    """What JSON, or what it decodes to, says. Raises `Invalid`."""
    return said if isinstance(said, Asking) else cell_of(Asking, decoded(said))


def asked(kpi: Definition, asking: Asking, lookup: Lookup, ask: Ask) -> dict[str, Any]:
    """The KPI's value over the range and its series, of all and of each group.

    ``ask`` answers every question from the same events, ``lookup`` finds saved cohorts. Raises
    what they raise, and `Invalid`.
    """
    made = kpi.expanded()
    if made.period and asking.interval not in (None, made.period):
        raise Invalid("bad_interval", f"This KPI goes by the {made.period}.", at="$.interval")
    interval = made.period or asking.interval or "month"
    of, cohorts = dict[str, Spec](), dict[str, int]()
    for name, spec in made.of.items():
        of[name], found = resolved(_refined(spec, asking, made), lookup)
        cohorts |= found
    lines: dict[bytes, dict[str, Any]] = {}
    for by in ((), asking.by) if asking.by else ((),):
        _add(lines, made, {name: replace(spec, by=by) for name, spec in of.items()}, interval, ask)
    whole = lines.pop(WHOLE, {"value": None, "parts": {}, "points": []})
    groups = [{"by": msgspec.json.decode(key), **line} for key, line in lines.items()]
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
) -> None:
    """Put each group's value, parts and points into ``lines``."""
    tree = formula.parse(made.formula, made.of)
    series = {name: dict(_series(spec, interval, made.to_date, ask)) for name, spec in of.items()}
    labels = sorted({label for each in series.values() for label in each})
    parts = {name: _numbers(ask(spec), spec) for name, spec in of.items()}
    keys = dict.fromkeys(key for each in parts.values() for key in each)

    def terms(found: Mapping[str, Numbers | None], key: bytes) -> dict[str, Number]:
        return {name: _number(numbers, key, of[name]) for name, numbers in found.items()}

    for key in keys:
        points = [
            [label, formula.value(tree, terms({n: s.get(label) for n, s in series.items()}, key))]
            for label in labels
        ]
        own = terms(parts, key)
        value = _mean(points) if made.mean else formula.value(tree, own)
        lines[key] = {"value": value, "parts": {} if made.mean else own, "points": points}


def _refined(spec: Spec, asking: Asking, made: Expanded) -> Spec:
    where = [each for each in (spec.where, asking.where) if each is not None]
    people = [each for each in (spec.people, asking.people) if each is not None]
    return replace(
        spec,
        from_=None if made.to_date else asking.from_,
        to=asking.to,
        where=Predicate(all=tuple(where)) if len(where) > 1 else next(iter(where), None),
        people=Cohort(all=tuple(people)) if len(people) > 1 else next(iter(people), None),
        timezone=asking.timezone,
    )


def _series(spec: Spec, interval: Period, to_date: bool, ask: Ask) -> Iterator[tuple[str, Numbers]]:
    """The numbers of each period, by its label."""
    if isinstance(spec, Retention):
        yield from _by_cohort(ask(spec))
    elif isinstance(spec, Trends) and not to_date:
        yield from _by_point(ask(replace(spec, interval=interval)))
    else:
        first = spec.from_
        for label, end in _periods(spec, interval, ask):
            own = replace(spec, from_=None if to_date else first or label, to=end or spec.to)
            yield label, _numbers(ask(own), own)
            first = None


def _periods(spec: Spec, interval: Period, ask: Ask) -> Iterator[tuple[str, str | None]]:
    """The periods of the range: each one's start, and where the next begins."""
    everything = Trends((Series(),), interval=interval, from_=spec.from_, to=spec.to,
                        timezone=spec.timezone)  # fmt: skip
    starts = [label for label, _ in ask(everything).results["series"][0]["points"]]
    if len(starts) > MOST_PERIODS:
        raise Invalid(
            "too_many_periods",
            f"More than {MOST_PERIODS} {interval}s are too many.",
            at="$.interval",
            hint="Take a longer interval, or say from and to.",
        )
    return zip(starts, [*starts[1:], None], strict=True)


def _numbers(answer: Answer, spec: Spec) -> Numbers:
    """The one number of the answer, of all or of each group."""
    if isinstance(spec, Trends):
        return {_key(each): each["points"][0][1] for each in answer.results["series"]}
    return {_key(each): _rate(each) for each in answer.results.get("groups", [answer.results])}


def _rate(line: Row) -> Number:
    """Of a funnel the last step's conversion, of a retention the last pooled share."""
    return line["steps"][-1]["conversion"] if "steps" in line else line["pooled"][-1]


def _by_point(answer: Answer) -> Iterator[tuple[str, Numbers]]:
    found: dict[str, Numbers] = {}
    for each in answer.results["series"]:
        for label, number in each["points"]:
            found.setdefault(label, {})[_key(each)] = number
    yield from found.items()


def _by_cohort(answer: Answer) -> Iterator[tuple[str, Numbers]]:
    found: dict[str, Numbers] = {}
    for each in answer.results.get("groups", [answer.results]):
        for cohort in each["cohorts"]:
            back = cohort["returned"][-1]
            share = None if back is None or not cohort["size"] else back / cohort["size"]
            found.setdefault(cohort["from"], {})[_key(each)] = share
    yield from found.items()


def _number(numbers: Numbers | None, key: bytes, spec: Spec) -> Number:
    """Of a group that a term does not have, nothing was counted."""
    if numbers is not None and key in numbers:
        return numbers[key]
    counted = isinstance(spec, Trends) and getattr(spec.series[0], "measure", "") in _COUNTS
    return 0 if counted else None


def _key(line: Row) -> bytes:
    return msgspec.json.encode(line.get("by", {}))


def _mean(points: list[list[Any]]) -> Number:
    values = [value for _, value in points if value is not None]
    return sum(values) / len(values) if values else None
