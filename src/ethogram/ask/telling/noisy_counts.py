"""The counts of an answer that can have noise, and how much one person changes all of them."""

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec.structs import replace

from ethogram.ask.questions.catalog import question_of
from ethogram.ask.questions.funnel_spec import Funnel, FunnelStep, steps_of
from ethogram.ask.questions.retention import Retention
from ethogram.ask.questions.segments import Segments
from ethogram.ask.questions.spec import Spec, range_of
from ethogram.ask.questions.trends import Trends
from ethogram.ask.questions.trends_spec import name, pick, series_of
from ethogram.ask.telling.noise import Counts, Noise
from ethogram.ask.telling.told import Results
from ethogram.events.errors import Invalid
from ethogram.events.event import Instant
from ethogram.events.times import iso

Ask: TypeAlias = Callable[[Spec], Results]
MOST_QUESTIONS = 62
"""Periods of a trend of events, each of which is a question of its own."""


def settled(spec: Spec, now: Instant) -> Spec:
    """``spec``, settled, at an instant that its answer does not depend on.

    Raises `Invalid` where its range is not over and so its form would say something of the data.
    """
    when = range_of(spec)
    if when.first is None or when.last is None or when.last > now:
        raise Invalid("open_range", "Noise is for a range of time that is over.", at="$.to",
                      hint='Say "from" and "to", which lies in the past.')  # fmt: skip
    for field in ("by", "sample"):
        if getattr(spec, field):
            raise _unfit(field)
    if spec.unit != "person":
        raise _unfit("unit")
    return replace(question_of(spec).settled(spec), now=iso(when.last))


def counts(spec: Spec, noise: Noise, ask: Ask) -> Counts:
    """The counts of the answer to a `settled` spec. Raises `Invalid` where it has others too."""
    match spec:
        case Funnel():
            return _funnel(spec, ask)
        case Retention():
            return _retention(spec, ask)
        case Segments():
            return _segments(spec, ask)
        case Trends():
            return _trends(spec, noise, ask)
        case _:
            raise Invalid("no_noise", "This question has no counts with noise.", at="$.question",
                          hint="Ask a funnel, retention, segments or trends.")  # fmt: skip


def _funnel(spec: Funnel, ask: Ask) -> Counts:
    for field in ("compare", "trend"):
        if getattr(spec, field) is not None:
            raise _unfit(field)
    if spec.count != "people":
        raise _unfit("count")
    if any(each.optional for each in steps_of(spec)):
        raise _unfit("steps")
    steps = ask(spec)["steps"]

    def answer(people: list[int]) -> Results:
        nested = [min(people[: i + 1]) for i in range(len(people))]
        rows = [
            {"event": step["event"], "people": n, "conversion": _share(n, nested[0]),
             "conversion_from_previous": _share(n, nested[max(i - 1, 0)]),
             "median_seconds": None, "mean_seconds": None, "low": None, "high": None}
            for i, (step, n) in enumerate(zip(steps, nested, strict=True))
        ]  # fmt: skip
        return {"steps": rows, "times": None}

    return Counts([step["people"] for step in steps], len(steps), answer)


def _retention(spec: Retention, ask: Ask) -> Counts:
    if spec.silent is not None:
        raise _unfit("silent")
    if spec.start_mode == "recurring":
        raise _unfit("start_mode")
    cohorts = ask(spec)["cohorts"]
    known = [[p for p, n in enumerate(each["returned"]) if n is not None] for each in cohorts]
    exact = [n for each, own in zip(cohorts, known, strict=True)
             for n in (each["size"], *(each["returned"][p] for p in own))]  # fmt: skip

    def answer(people: list[int]) -> Results:
        left, rows = iter(people), list[dict[str, Any]]()
        for each, own in zip(cohorts, known, strict=True):
            size = next(left)
            back = {p: min(next(left), size) for p in own}
            returned = [back.get(p) for p in range(len(each["returned"]))]
            rows.append({"from": each["from"], "size": size, "returned": returned})
        return {"cohorts": rows, **_rates(rows)}

    return Counts(exact, 1 + max((len(own) for own in known), default=0), answer)


def _rates(rows: list[dict[str, Any]]) -> Results:
    pooled: list[float | None] = []
    for p in range(len(rows[0]["returned"]) if rows else 0):
        known = [row for row in rows if row["returned"][p] is not None]
        pooled.append(_share(sum(row["returned"][p] for row in known),
                             sum(row["size"] for row in known)))  # fmt: skip
    return {"pooled": pooled, "mean": []}


def _segments(spec: Segments, ask: Ask) -> Counts:
    found = ask(spec)
    names = [each["name"] for each in found["segments"]]

    def answer(people: list[int]) -> Results:
        total, *sizes = people
        rows = [{"name": each, "people": n, "share": _share(min(n, total), total)}
                for each, n in zip(names, sizes, strict=True)]  # fmt: skip
        return {"total": total, "segments": rows, "pairs": []}

    exact = [found["total"], *(each["people"] for each in found["segments"])]
    return Counts(exact, len(exact), answer)


def _trends(spec: Trends, noise: Noise, ask: Ask) -> Counts:
    for field in ("formulas", "cumulative", "moving_average", "compare"):
        if getattr(spec, field):
            raise _unfit(field)
    series = series_of(spec)
    for i, each in enumerate(series):
        if each.measure not in ("total", "people"):
            raise _unfit(f"series[{i}].measure")
    people = replace(spec, series=tuple(replace(each, measure="people") for each in series))
    lines = [line["points"] for line in ask(people)["series"]]
    labels = [label for label, _ in lines[0]]
    exact: list[int] = []
    for i, (each, points) in enumerate(zip(series, lines, strict=True)):
        if each.measure == "people":
            exact += [n for _, n in points]
        else:
            exact += _events(spec, i, labels, noise.events, ask)
    bound = len(labels) * sum(noise.events if each.measure == "total" else 1 for each in series)

    def answer(found: list[int]) -> Results:
        left = iter(found)
        return {"series": [{"name": name(each), "points": [[at, next(left)] for at in labels]}
                           for each in series]}  # fmt: skip

    return Counts(exact, bound, answer)


def _events(spec: Trends, i: int, labels: list[str], most: int, ask: Ask) -> list[int]:
    """How many events each period has, of one person ``most`` at most.

    That is how many people have one event or more, plus how many have two or more, and so on: the
    steps of a funnel, all of them the same event.
    """
    if len(labels) > MOST_QUESTIONS:
        raise Invalid("too_many_periods", f"Of events at most {MOST_QUESTIONS} periods are counted "
                      "with noise.", at="$.interval")  # fmt: skip
    step = pick(series_of(spec)[i])
    steps = (FunnelStep(step.event, step.where),) * most
    ends = [*labels[1:], spec.to]
    periods = zip([spec.from_, *labels[1:]], ends, strict=True)
    asked = [
        Funnel(steps, from_=first, to=end, where=spec.where, people=spec.people, now=spec.now,
               timezone=spec.timezone, persons_as_of=spec.persons_as_of)
        for first, end in periods
    ]  # fmt: skip
    return [sum(row["people"] for row in ask(each)["steps"]) for each in asked]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _unfit(field: str) -> Invalid:
    return Invalid("no_noise", f"{field!r} does not go with noise.", at=f"$.{field}",
                   hint="Noise is for counts of all people, and of their events.")  # fmt: skip
