"""The figure of a trend: a line a series; the interval that has not ended is dashed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ethogram.events import times
from ethogram.events.event import Instant, Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import Series, TrendsAnswer
from ethogram.show.charts.theme import Palette, axis, base, grid, legend

DOTTED = 31
"""Up to this many points each is marked."""

_FORMATS = {"hour": "%Y-%m-%d %H:%M", "month": "%Y-%m"}


def title(answer: TrendsAnswer) -> str:
    """The question in words."""
    names = list(dict.fromkeys(each.name for each in answer.series))
    what = f"does {names[0]}" if len(names) == 1 else "do these"
    return f"How {what} change from {_interval(answer)} to {_interval(answer)}?"


def headline(answer: TrendsAnswer, now: Instant) -> str:
    """The last whole interval of the largest series, and how it compares with the one before."""
    largest = max(answer.series, key=_size, default=None)
    zone = words.zone(answer.definition)
    whole = [] if largest is None else _whole(answer, largest, now)
    if largest is None or not whole:
        return f"No {_interval(answer)} has ended yet (times in {zone})."
    start, value = whole[-1]
    said = f"{_name(largest)}: {words.number(value)} on {_label(answer, start)} ({zone})"
    before = whole[-2][1] if len(whole) > 1 else 0
    change = f", {_change(value / before - 1)} the {_interval(answer)} before" if before else ""
    small = " These are few, too few to conclude from." if _few(answer, whole) else ""
    return f"{said}{change}.{small}"


def option(answer: TrendsAnswer, palette: Palette, now: Instant) -> dict[str, Json]:
    """The ECharts option; labels are written in the question's time zone."""
    drawn = sorted(answer.series, key=_size, reverse=True)[: words.DRAWN]
    ended = _ended(answer, drawn[0], now) if drawn else {}
    lines = [
        line
        for i, each in enumerate(drawn)
        for line in _lines(each, ended, palette.series[i % len(palette.series)])
    ]
    head = base(palette, headline(answer, now))
    return {
        **head,
        **legend(palette, [_name(each) for each in drawn]),
        "tooltip": {**head["tooltip"], "trigger": "axis"},
        "grid": grid(bottom=72 if len(drawn) > 1 else 40),
        "xAxis": axis(palette, type="category", boundaryGap=False,
                      data=[_label(answer, start) for start in ended],
                      name=words.zone(answer.definition), nameLocation="middle", nameGap=32,
                      axisLabel={"hideOverlap": True}),
        "yAxis": axis(palette, type="value", splitLine={"lineStyle": {"color": palette.line}}),
        "series": lines,
    }  # fmt: skip


def _lines(series: Series, ended: dict[str, bool], colour: str) -> list[dict[str, Json]]:
    """The line of what has ended; and dashed, from its last point, what has not."""
    values = dict(series.points)
    whole = [values.get(start) if done else None for start, done in ended.items()]
    line = {
        "type": "line",
        "name": _name(series),
        "color": colour,
        "showSymbol": len(whole) <= DOTTED,
        "data": whole,
    }
    open_from = list(ended.values()).index(False) if False in ended.values() else len(whole)
    if open_from == len(whole):
        return [line]
    first = max(open_from - 1, 0)
    tail = [values.get(start) if i >= first else None for i, start in enumerate(ended)]
    dashed = {"name": f"{_name(series)}, not ended", "data": tail, "lineStyle": {"type": "dashed"}}
    return [line, {**line, **dashed, "symbol": "emptyCircle"}]


def _whole(answer: TrendsAnswer, series: Series, now: Instant) -> list[tuple[str, float]]:
    ended = _ended(answer, series, now)
    return [(start, value) for start, value in series.points if value is not None and ended[start]]


def _ended(answer: TrendsAnswer, series: Series, now: Instant) -> dict[str, bool]:
    """Whether all of an interval lies before now and ``to``, by the interval's start."""
    to = answer.definition.get("to")
    limit = min(now, _instant(_moment(answer, str(to)))) if to else now
    return {start: _instant(_end(answer, start)) <= limit for start, _ in series.points}


def _end(answer: TrendsAnswer, start: str) -> datetime:
    moment, interval = _moment(answer, start), _interval(answer)
    if interval == "month":
        return (moment.replace(day=1) + timedelta(days=32)).replace(day=1)
    if interval == "hour":
        return moment.astimezone(UTC) + timedelta(hours=1)
    return moment + timedelta(days=7 if interval == "week" else 1)


def _moment(answer: TrendsAnswer, iso: str) -> datetime:
    """The instant in the question's zone; arithmetic with it is that of the wall clock."""
    zone = ZoneInfo(words.zone(answer.definition))
    moment = datetime.fromisoformat(iso)
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _instant(moment: datetime) -> Instant:
    return times.parse(moment)


def _label(answer: TrendsAnswer, start: str) -> str:
    return _moment(answer, start).strftime(_FORMATS.get(_interval(answer), "%Y-%m-%d"))


def _change(change: float) -> str:
    if not round(change, 3):
        return "as many as"
    return f"{words.share(abs(change))} {'more' if change > 0 else 'less'} than"


def _few(answer: TrendsAnswer, whole: list[tuple[str, float]]) -> bool:
    """Whether what is counted, events or people, is few in all."""
    counts = all(
        each.get("measure", "total") in ("total", "people")
        for each in answer.definition.get("series", [])
    )
    return counts and sum(value for _, value in whole) < words.SMALL


def _name(series: Series) -> str:
    return f"{series.name} · {words.group(series.by)}" if series.by else series.name


def _size(series: Series) -> float:
    return sum(value for _, value in series.points if value is not None)


def _interval(answer: TrendsAnswer) -> str:
    return str(answer.definition.get("interval") or "day")
