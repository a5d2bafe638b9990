"""The figure of a distribution: a bar a bin."""

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import Bin, DistributionAnswer
from ethogram.show.charts.columns import columns
from ethogram.show.charts.theme import Palette, base


def title(answer: DistributionAnswer) -> str:
    """The question in words."""
    asked = answer.asked
    event = asked.event.event or "any event"
    if asked.of == "events":
        return f"How often do people do {event}?"
    if asked.of == "time":
        until = (asked.until and asked.until.event) or "any event"
        return f"How long does it take from {event} to {until}?"
    return f"How are the values of {event} spread?"


def headline(answer: DistributionAnswer) -> str:
    """Where the middle half lies."""
    found, when = answer.summary, words.asked_range(answer.asked)
    if found.count is None:
        return f"{words.UNTOLD}{when}."
    if not found.count:
        return f"There is nothing to measure{when}."
    low, middle, high = (_said(answer, found.percentiles.get(p)) for p in ("p25", "p50", "p75"))
    few = " These are few, too few to conclude from." if found.count < words.SMALL else ""
    return (
        f"The middle of {words.number(found.count)} is {middle}; half lie between {low} and "
        f"{high}{when}.{few}"
    )


def option(answer: DistributionAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option: counts; with groups shares of each, so that any sizes compare."""
    groups = sorted(answer.groups, key=lambda each: each.summary.count or 0, reverse=True)
    series = [(words.group(each.by), _shares(each.histogram)) for each in groups[: words.DRAWN]]
    counts = [("", [each.count for each in answer.histogram])]
    labels = [_label(answer, each) for each in answer.histogram]
    name = "seconds" if answer.asked.of == "time" else ""
    made = columns(palette, labels, series or counts, name=name)
    if series:
        made["yAxis"]["axisLabel"]["formatter"] = "{value}%"
    return {**base(palette, headline(answer)), **made}


def _label(answer: DistributionAnswer, each: Bin) -> str:
    """The bin; a whole number where it holds just that one."""
    if each.from_ is None or each.to is None:
        ends = [("from", each.from_), ("below", each.to)]
        return (
            " ".join(f"{word} {words.number(end)}" for word, end in ends if end is not None)
            or "all"
        )
    whole = answer.asked.of == "events" and each.to - each.from_ == 1
    low, high = words.number(each.from_), words.number(each.to)
    return low if whole else f"{low}–{high}"


def _shares(bins: list[Bin]) -> list[Json]:
    total = sum(each.count or 0 for each in bins)
    return [None if each.count is None or not total else round(100 * each.count / total, 1)
            for each in bins]  # fmt: skip


def _said(answer: DistributionAnswer, value: float | None) -> str:
    if value is None:
        return "unknown"
    return words.lasting(value) if answer.asked.of == "time" else words.number(value)
