"""The numbers of a KPI's terms: the questions asked for them, and what is taken of the answers."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from ethogram.ask.kpis.definition import Period
from ethogram.ask.questions.answer import Answer, Row
from ethogram.ask.questions.measures import SUMMED, Number
from ethogram.ask.questions.retention import Retention
from ethogram.ask.questions.spec import Spec
from ethogram.ask.questions.trends import Series, Trends
from ethogram.ask.questions.trends_spec import series_of
from ethogram.events.errors import Invalid

Numbers: TypeAlias = dict[tuple[str, bytes], Number]
"""By term and group: JSON of its values of ``by``, and whether it is the others; ``{}`` is all."""
Ask: TypeAlias = Callable[[Spec], Answer]

MOST_PERIODS = 400
"""Where each period is a question of its own."""
MOST_GROUPS = 1000
"""Where the terms are several questions."""


class Asked(NamedTuple):
    """A question and the terms whose numbers it gives; ``whole``: it must show every group."""

    spec: Spec
    terms: list[str]
    whole: bool


def numbers(of: Mapping[str, Spec], ask: Ask) -> Numbers:
    """The number of each term over the range, of each group that has one."""
    return {(name, key): _number(line)
            for each in _questions(of) for name, key, line in _lines(each, ask)}  # fmt: skip


def series(of: Mapping[str, Spec], interval: Period, so_far: bool, ask: Ask) -> dict[str, Numbers]:
    """The same of each period, by its label; ``so_far``: from the beginning of the range on."""
    found: dict[str, Numbers] = {}
    for each in _questions(of):
        for label, name, key, number in _points(each, interval, so_far, ask):
            found.setdefault(label, {})[name, key] = number
    return dict(sorted(found.items()))


def number_in(found: Numbers, name: str, key: bytes, spec: Spec, *, every: bool) -> Number:
    """A term's number; of a group without any, what is counted is 0 where ``every`` one is told."""
    if not every:
        return found.get((name, key))
    measures = [each.measure for each in series_of(spec)] if isinstance(spec, Trends) else []
    return found.get((name, key), 0 if {*measures} & {"total", "people", *SUMMED} else None)


def check_samples(of: Mapping[str, Spec]) -> None:
    """Raise `Invalid` where a term is the sample's own number, not of all as the others are."""
    for spec in of.values():
        if isinstance(spec, Trends) and spec.sample and series_of(spec)[0].measure == "distinct":
            raise Invalid("no_sample", "Distinct values cannot be scaled from a sample.",
                          at="$.sample", hint='Leave out "sample".')  # fmt: skip


def _questions(of: Mapping[str, Spec]) -> Iterator[Asked]:
    """Trends that differ in nothing but their series are one, which chooses its groups once.

    Several questions, and trailing times, could choose different ones: none may be left out.
    """
    alike: dict[bytes, list[str]] = {}
    for name, spec in of.items():
        same = replace(spec, series=()) if isinstance(spec, Trends) else spec
        alike.setdefault(msgspec.json.encode(same), []).append(name)
    for terms in alike.values():
        spec, whole = of[terms[0]], len(alike) > 1
        if isinstance(spec, Trends):
            each = tuple(_called(name, of[name]) for name in terms)
            whole = whole or any(one.trailing for one in each)
            groups = MOST_GROUPS if whole else spec.most_groups
            spec = replace(spec, series=each, most_groups=groups)
        yield Asked(spec, terms, whole)


def _called(name: str, spec: Spec) -> Series:
    """The one series of a trend, under the name of the term."""
    assert isinstance(spec, Trends)
    return replace(series_of(spec)[0], name=name)


def _lines(asked: Asked, ask: Ask) -> Iterator[tuple[str, bytes, Row]]:
    """Each term's line of each group."""
    results = ask(asked.spec).results
    if not isinstance(asked.spec, Trends):
        for line in results.get("groups", [results]):
            for name in asked.terms:
                yield name, _key(line), line
        return
    for line in results["series"]:
        if asked.whole and line.get("others"):
            raise Invalid(
                "too_many_groups",
                f"There are more than {MOST_GROUPS:,} groups, of terms that are several questions.",
                at="$.by",
                hint="Ask for a property of fewer values, or narrow it down with where.",
            )
        yield line["name"], _key(line), line


def _points(
    asked: Asked, interval: Period, so_far: bool, ask: Ask
) -> Iterator[tuple[str, str, bytes, Number]]:
    """Each term's number of each period and group."""
    spec = asked.spec
    if isinstance(spec, Trends):
        spec = replace(spec, interval=interval, cumulative=so_far or spec.cumulative)
        for name, key, line in _lines(asked._replace(spec=spec), ask):
            for label, number in line["points"]:
                yield label, name, key, number
    elif isinstance(spec, Retention):
        for name, key, line in _lines(asked, ask):
            for cohort in line["cohorts"]:
                yield cohort["from"], name, key, _returned(cohort)
    else:
        for label, first, last in _periods(spec, interval, ask):
            own = asked._replace(spec=replace(spec, from_=first, to=last))
            for name, key, line in _lines(own, ask):
                yield label, name, key, _number(line)


def _periods(
    spec: Spec, interval: Period, ask: Ask
) -> Iterator[tuple[str, str | None, str | None]]:
    """The periods of the range: their labels, and where each begins and ends."""
    everything = Trends((Series(),), interval=interval, from_=spec.from_, to=spec.to,
                        timezone=spec.timezone, now=spec.now)  # fmt: skip
    starts = [label for label, _ in ask(everything).results["series"][0]["points"]]
    if len(starts) > MOST_PERIODS:
        raise Invalid(
            "too_many_periods",
            f"More than {MOST_PERIODS} {interval}s are too many.",
            at="$.interval",
            hint="Take a longer interval, or say from and to.",
        )
    firsts = [spec.from_ or starts[0], *starts[1:]]
    return zip(starts, firsts, [*starts[1:], spec.to], strict=True)


def _number(line: Row) -> Number:
    """Of a funnel the last step's conversion, of a retention the last pooled share."""
    if "steps" in line:
        return line["steps"][-1]["conversion"]
    return line["pooled"][-1] if "pooled" in line else line["points"][0][1]


def _returned(cohort: Row) -> Number:
    back = cohort["returned"][-1]
    return None if back is None or not cohort["size"] else back / cohort["size"]


def _key(line: Row) -> bytes:
    return msgspec.json.encode({name: line[name] for name in ("by", "others") if name in line})
