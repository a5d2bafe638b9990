"""The figure of retention: cohorts by periods as a heat map; with groups, a line for each."""

from itertools import accumulate, pairwise

from ethogram.events.event import Json
from ethogram.show.charts import words
from ethogram.show.charts.answers import RetentionAnswer, RetentionGroup, StartedIn
from ethogram.show.charts.theme import WIDTH, Palette, axis, base, between, grid, legend, readable

COHORTS = 20
"""Rows that can still be read; of more cohorts the latest are drawn, and the table has all."""
CELL = 48
"""As many pixels wide is a cell that its number fits; where cells are narrower the table has it."""
NAMES = 160
"""What the names of the cohorts take of a picture's width, in pixels."""


def title(answer: RetentionAnswer) -> str:
    """The question in words."""
    return f"How many people come back, {_period(answer)} by {_period(answer)}?"


def headline(answer: RetentionAnswer) -> str:
    """The answer as one sentence, and a caution where people are few."""
    started = sum(cohort.size or 0 for cohort in answer.cohorts)
    known = [(i, rate) for i, rate in enumerate(answer.pooled) if i and rate is not None]
    when = words.asked_range(answer.asked) or f" (times in {answer.asked.timezone})"
    if not started:
        return f"{words.UNTOLD}{when}." if answer.hidden else _nobody(answer)
    if not known:
        return f"{words.people(started)} started{when}; no {_period(answer)} has ended yet."
    ends = [(i, rate, _could(answer, i)) for i, rate in _ends(known)]
    said = [
        f"{words.share(rate)} of {words.people(could)} {_when(answer, i)}"
        for i, rate, could in ends
    ]
    fewest = min(could for _, _, could in ends)
    return f"{' and '.join(said)} came back{when}.{words.caution(fewest)}"


def _nobody(answer: RetentionAnswer) -> str:
    """That nobody started, and what to try."""
    start, when = answer.asked.start, words.asked_range(answer.asked)
    did = f"did {start.event}" if start and start.event else "started"
    longer = "a longer time, or " if when else ""
    fewer = ", or fewer conditions" if answer.asked.where else ""
    return f"Nobody {did}{when}. Try {longer}another event to start with{fewer}."


def _when(answer: RetentionAnswer, i: int) -> str:
    """When those came back who count in element ``i``."""
    name = _names(answer)[i]
    at = "on" if name.startswith("day ") else "in"
    match answer.asked.mode:
        case "on_or_after":
            return f"{at} {name} or later"
        case "on_or_before":
            return f"{at} {name} or earlier"
        case "streak":
            return f"in each {_period(answer)} up to {name}"
        case _:
            return f"{at} {name}"


def _names(answer: RetentionAnswer) -> list[str]:
    """The elements of ``returned`` in words: day 0, or of brackets days 2 to 4."""
    period = _period(answer)
    if not answer.asked.brackets:
        return [f"{period} {i}" for i in range(len(answer.pooled))]
    ends = [0, *accumulate(answer.asked.brackets)]
    return [
        f"{period} {last}" if last - first <= 1 else f"{period}s {first + 1} to {last}"
        for first, last in pairwise([-1, *ends])
    ]


def _could(answer: RetentionAnswer, i: int) -> int:
    """The people whose period ``i`` has ended: those that the share is of."""
    hidden = answer.hidden.at if answer.hidden else []
    return sum(each.size or 0 for c, each in enumerate(answer.cohorts)
               if each.returned[i] is not None or f"$.cohorts[{c}].returned[{i}]" in hidden
               )  # fmt: skip


def option(answer: RetentionAnswer, palette: Palette) -> dict[str, Json]:
    """The ECharts option."""
    draw = _lines if answer.groups else _heat_map
    return {**base(palette, headline(answer)), **draw(answer, palette)}


def _heat_map(answer: RetentionAnswer, palette: Palette) -> dict[str, Json]:
    cohorts = answer.cohorts[-COHORTS:]
    rows = [answer.pooled, *(_rates(cohort) for cohort in cohorts)]
    cells = [
        (x, y, round(100 * rate, 1))
        for y, row in enumerate(rows) for x, rate in enumerate(row) if rate is not None
    ]  # fmt: skip
    room = NAMES + CELL * len(answer.pooled)
    most = max((value for x, _, value in cells if x), default=0) or 100
    names = ["Everybody", *(f"{each.from_[:10]} · {each.size:,}" for each in cohorts)]
    return {
        "xAxis": _periods(answer, palette, position="top"),
        "yAxis": axis(palette, type="category", inverse=True, data=names,
                      axisLabel={"interval": 0}),
        "visualMap": {"show": False, "min": 0, "max": most, "dimension": 2,
                      "inRange": {"color": [palette.faint, palette.series[0]]}},
        "series": [{"type": "heatmap", "label": {"show": room <= WIDTH, "formatter": "{@[2]}%"},
                    "itemStyle": {"borderColor": palette.ground, "borderWidth": 2},
                    "data": [_cell(cell, most, palette) for cell in cells]}],
        "media": [{"query": {"maxWidth": room - 1}, "option": _labels(show=False)},
                  {"option": _labels(show=True)}],
    }  # fmt: skip


def _labels(*, show: bool) -> dict[str, Json]:
    return {"series": [{"label": {"show": show}}]}


def _lines(answer: RetentionAnswer, palette: Palette) -> dict[str, Json]:
    groups = sorted(answer.groups, key=_size, reverse=True)[: words.DRAWN]
    names = [words.group(each.by) for each in groups]
    return {
        **legend(palette, names),
        "grid": grid(bottom=40),
        "xAxis": _periods(answer, palette),
        "yAxis": axis(palette, type="value", min=0, axisLabel={"formatter": "{value}%"},
                      splitLine={"lineStyle": {"color": palette.line}}),
        "series": [
            {"type": "line", "name": name,
             "data": [None if rate is None else round(100 * rate, 1) for rate in group.pooled]}
            for name, group in zip(names, groups, strict=True)
        ],
    }  # fmt: skip


def _periods(answer: RetentionAnswer, palette: Palette, **fields: Json) -> dict[str, Json]:
    return axis(palette, type="category", data=_names(answer), **fields)


def _cell(cell: tuple[int, int, float], most: float, palette: Palette) -> dict[str, Json]:
    """A cell, its number in the colour that can be read on it."""
    ground = between(palette.faint, palette.series[0], min(cell[2] / most, 1))
    return {"value": list(cell), "label": {"color": readable(ground)}}


def _rates(cohort: StartedIn) -> list[float | None]:
    if not cohort.size:
        return [None] * len(cohort.returned)
    return [None if count is None else count / cohort.size for count in cohort.returned]


def _ends(known: list[tuple[int, float]]) -> list[tuple[int, float]]:
    return known if len(known) == 1 else [known[0], known[-1]]


def _size(group: RetentionGroup) -> int:
    return sum(cohort.size or 0 for cohort in group.cohorts)


def _period(answer: RetentionAnswer) -> str:
    return answer.asked.period
