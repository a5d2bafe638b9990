"""An answer becomes the same figure, to the last field.

Each file in figures/ is a case: an answer, a theme, and the figure that it becomes. With
ETHOGRAM_GOLDEN=write the figures are written again, to be read in the diff.
"""

import json
import os
from pathlib import Path

import msgspec
import pytest

from ethogram.events.errors import Invalid
from ethogram.show.charts.figure import figure, headline
from ethogram.show.charts.theme import PALETTES, between, contrast, readable

CASES = sorted((Path(__file__).parent / "figures").glob("*.json"))
NOW = "2026-03-04T12:00:00Z"
STATE = {"position": 9, "identity": 1, "erasures": 0}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_answer_becomes_its_golden_figure(path):
    """Title, sentence and option are what the file says."""
    case = json.loads(path.read_text(encoding="utf-8"))
    made = msgspec.to_builtins(figure(case["answer"], case["theme"]))
    made = json.loads(json.dumps(made))
    if os.environ.get("ETHOGRAM_GOLDEN") == "write":
        case["figure"] = made
        text = json.dumps(case, indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
    assert made == case["figure"]


def funnel(people: list[int]) -> dict:
    """A funnel's answer: so many people at each step."""
    steps = [
        {"event": name, "people": count, "conversion": count / people[0] if people[0] else None,
         "conversion_from_previous": None, "median_seconds": None}
        for name, count in zip("abcdef", people, strict=False)
    ]  # fmt: skip
    return {"question": "funnel", "definition": {}, "state": STATE, "steps": steps}


def trend(values: list[float], measure: str = "total", **definition) -> dict:
    """A trend's answer: one series, a value a day from 2026-03-01."""
    points = [[f"2026-03-{day:02d}T00:00:00+00:00", value] for day, value in enumerate(values, 1)]
    definition = {"interval": "day", "timezone": "UTC", "series": [{"measure": measure}],
                  "now": NOW, **definition}  # fmt: skip
    return {"question": "trends", "definition": definition, "state": STATE,
            "series": [{"name": "cart", "points": points}]}  # fmt: skip


def retention(sizes: list[int], pooled: list[float | None]) -> dict:
    """A retention's answer: cohorts of these sizes."""
    cohorts = [
        {"from": "2026-03-01", "size": size,
         "returned": [None if share is None else round(share * size) for share in pooled]}
        for size in sizes
    ]  # fmt: skip
    return {"question": "retention", "definition": {"period": "week"}, "state": STATE,
            "cohorts": cohorts, "pooled": pooled}  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "few"),
    [
        (funnel([29, 3]), True),
        (funnel([30, 3]), False),
        (retention([20, 9], [1.0, 0.5]), True),
        (retention([20, 10], [1.0, 0.5]), False),
        (trend([9, 9, 9, 9]), True),
        (trend([10, 10, 10, 9]), False),
        (trend([0.1, 0.2, 0.3, 0.1], "mean"), False),
    ],
)
def test_small_numbers_say_that_they_are_small(answer, few):
    """Below thirty people, or things counted, the sentence warns."""
    assert ("too few" in headline(answer)) == few


def test_nobody_is_an_answer():
    """Where nobody is, the sentence says so and no share is made up."""
    assert headline(funnel([0, 0])) == "Nobody did a."
    nobody = retention([0], [None, None])
    assert headline(nobody) == "Nobody started. Try another event to start with."
    nobody["definition"] |= {"start": {"event": "cart"}, "from": "2026-03-01", "where": {"a": 1}}
    assert headline(nobody) == (
        "Nobody did cart from 2026-03-01 (UTC). Try a longer time, or another event to start with,"
        " or fewer conditions."
    )
    assert headline(trend([])).startswith("No day has ended yet")
    assert "no week has ended yet" in headline(retention([50], [1.0, None]))


def dashed(answer: dict, now: str = NOW) -> list[list[float | None]]:
    """The values of the dashed lines in a trend's figure."""
    answer["definition"]["now"] = now
    lines = figure(answer).option["series"]
    return [line["data"] for line in lines if "lineStyle" in line]


def test_the_unfinished_interval_is_dashed_and_not_in_the_sentence():
    """The day that has not ended is a dashed line from the last whole day."""
    answer = trend([100, 100, 150, 9])
    assert dashed(answer) == [[None, None, 150, 9]]
    assert "150 on 2026-03-03" in headline(answer)
    assert dashed(answer, "2026-03-05") == []


def test_an_interval_that_the_range_cuts_is_unfinished():
    """A day of which ``to`` takes half is dashed, however long ago it was."""
    answer = trend([100, 100, 50], to="2026-03-03T12:00:00")
    assert dashed(answer) == [[None, 100, 50]]
    assert dashed(trend([100, 100, 50], to="2026-03-04")) == []


def test_an_interval_that_the_range_begins_in_is_cut_too():
    """A first day of which ``from`` leaves half is dashed, and nothing is compared with it."""
    answer = trend([50, 100, 100], to="2026-03-04", **{"from": "2026-03-01T12:00:00"})
    assert dashed(answer) == [[50, 100, None]]
    two = trend([50, 100], to="2026-03-03", **{"from": "2026-03-01T12:00:00"})
    assert "before" not in headline(two)


def test_a_day_ends_by_the_wall_clock_of_its_zone():
    """A day of 23 hours, as clocks go forward, ends after 23 hours."""
    answer = trend([], timezone="Europe/Berlin")
    answer["series"][0]["points"] = [["2026-03-29T00:00:00+01:00", 5]]
    assert dashed(answer, "2026-03-29T21:59:59Z") == [[5]]
    assert dashed(answer, "2026-03-29T22:00:00Z") == []
    assert figure(answer).option["xAxis"]["data"] == ["2026-03-29"]


def test_a_month_ends_with_its_last_day():
    """February has 28 days here."""
    answer = trend([], interval="month")
    answer["series"][0]["points"] = [["2026-02-01T00:00:00Z", 5]]
    assert dashed(answer, "2026-02-28T23:59:59Z") == [[5]]
    assert dashed(answer, "2026-03-01") == []


def test_a_trend_of_one_interval_is_a_bar_a_series():
    """Without a calendar there is no line: the largest stands first, and in the sentence."""
    answer = trend([], interval="all")
    points = {"DE": 1200, "FR": 3400.5, "PT": None}
    answer["series"] = [
        {"name": "cart", "by": {"country": country}, "points": [["2026-03-01T09:30:00Z", value]]}
        for country, value in points.items()
    ]
    made = figure(answer)
    assert made.option["yAxis"]["data"] == ["cart · FR", "cart · DE"]
    assert [bar["value"] for bar in made.option["series"][0]["data"]] == [3400.5, 1200]
    assert made.headline == "cart · FR: 3,400.5, the most of all."
    assert headline(trend([7], interval="all", to="2026-03-04")) == "cart: 7 to 2026-03-04 (UTC)."
    assert headline(trend([], interval="all")) == "There is nothing."


def test_totals_stand_beside_those_of_the_time_before():
    """Each bar has the earlier one below it, and the change as a percentage and in words."""
    asked = {"interval": "all", "from": "2026-03-01", "to": "2026-03-04"}
    answer = trend([], compare="previous", **asked)
    answer["series"] = [
        {"name": name, "points": [["2026-03-01T00:00:00Z", now]],
         "compared": [["2026-02-26T00:00:00Z", before]]}
        for name, now, before in [("cart", 90, 100), ("pay", 150, 120), ("new", 5, 0),
                                  ("mean", 2.5, None)]
    ]  # fmt: skip
    made = figure(answer)
    now, before = made.option["series"]
    assert made.option["yAxis"]["data"] == ["pay", "cart", "new", "mean"]
    assert made.option["legend"]["data"] == [now["name"], before["name"]]
    assert [bar["label"]["formatter"] for bar in now["data"]] == [
        "150 · +25%",
        "90 · −10%",
        "5",
        "2.5",
    ]
    assert [bar["value"] for bar in before["data"]] == [120, 100, 0, 0]
    assert [bar["label"]["formatter"] for bar in before["data"]] == ["120", "100", "0", "unknown"]
    assert made.headline == (
        "pay: 150, the most of all from 2026-03-01 to 2026-03-04 (UTC), "
        "25% more than in the time before."
    )
    answer["definition"]["compare"] = {"from": "2025-03-01", "to": "2025-03-04"}
    assert headline(answer).endswith("25% more than from 2025-03-01 to 2025-03-04.")


def test_what_a_trend_is_compared_with_is_a_dashed_line_and_in_the_sentence():
    """The earlier points lie below those they are for, and the legend names both."""
    answer = trend([100, 100, 150, 9])
    earlier = [[f"2026-02-{day}T00:00:00Z", 100] for day in (25, 26, 27)]
    answer["series"][0]["compared"] = earlier
    made = figure(answer)
    assert made.option["series"][-1]["data"] == [100, 100, 100]
    assert made.option["series"][-1]["lineStyle"]["type"] == [2, 4]
    assert made.option["legend"]["data"] == ["cart", "cart, before"]
    assert "150 on 2026-03-03 (UTC), 50% more than on 2026-02-27." in made.headline


def test_formulas_are_drawn_without_their_parts():
    """Where a line is computed from others, only it is drawn; averages and sums are said."""
    answer = trend([1000, 1000, 1000], formulas=[{"formula": "A / 10"}], moving_average=7)
    answer["series"].append(
        {
            "name": "rate",
            "formula": "A / 10",
            "points": [[at, value / 10] for at, value in answer["series"][0]["points"]],
        }
    )
    made = figure(answer)
    assert {line["name"] for line in made.option["series"]} == {"rate"}
    assert made.headline.startswith("rate, mean of 7 days: 100 on 2026-03-03")
    assert "cart so far:" in headline(trend([1000, 2000, 3000], cumulative=True))


@pytest.mark.parametrize(
    ("interval", "start", "label", "whole"),
    [
        ("minute", "2026-03-04T11:58:00Z", "2026-03-04 11:58", True),
        ("minute", "2026-03-04T12:00:00Z", "2026-03-04 12:00", False),
        ("quarter", "2025-10-01T00:00:00Z", "2025 Q4", True),
        ("quarter", "2026-01-01T00:00:00Z", "2026 Q1", False),
        ("year", "2025-01-01T00:00:00Z", "2025", True),
        ("year", "2026-01-01T00:00:00Z", "2026", False),
    ],
)
def test_every_interval_has_its_label_and_its_end(interval, start, label, whole):
    """As people write it, and dashed until it is over."""
    answer = trend([], interval=interval)
    answer["series"][0]["points"] = [[start, 5]]
    assert figure(answer).option["xAxis"]["data"] == [label]
    assert dashed(answer) == ([] if whole else [[5]])


def kpi(kind: str, values: list[float | None], **parts: float) -> dict:
    """A KPI's answer: a value a day from 2026-03-01, and the last one over the range."""
    return {"question": "kpi", "kpi": "number", "version": 1, "value": values[-1], "parts": parts,
            "points": trend(values)["series"][0]["points"], "state": STATE,
            "definition": {"kind": kind, "event": "a", "steps": ["a", "b"], "interval": "day",
                           "timezone": "UTC", "now": NOW}}  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "value", "below", "said"),
    [
        (kpi("average_order_value", [20, 25, 30], orders=99), "30",
         "per order · 30 on 2026-03-03 · +20%",
         "number: 30 per order (times in UTC). It was 30 on 2026-03-03, +20% against 25 on"),
        (kpi("conversion", [0.5, 0.6, 0.45]), "45%", "45% on 2026-03-03 · −15 points",
         "45% on 2026-03-03, −15 points against 60% on 2026-03-02."),
        (kpi("active_people", [4, None, 4, 9]), "9",
         "people a day on average · 4 on 2026-03-03 · ±0%", "±0% against 4 on 2026-03-01."),
        (kpi("formula", [0, 5]), "5", "5 on 2026-03-02", "It was 5 on 2026-03-02."),
        (kpi("lifetime_value", [7], people=29), "7", "per customer · 7 on 2026-03-01",
         "It was 7 on 2026-03-01. These are few, too few to conclude from."),
        (kpi("churn", [None]), "no number", "", "number has no number (times in UTC)."),
    ],
)  # fmt: skip
def test_a_kpi_is_one_large_number_with_its_unit_and_change(answer, value, below, said):
    """Shares are percentages and change by points; what is not over is not compared."""
    made = figure(answer)
    assert [text["style"]["text"] for text in made.option["graphic"]] == [value, below]
    assert said in made.headline


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_read(theme):
    """Text has a contrast of 4.5 on its ground, also in each cell; marks have one of 2.2."""
    palette = PALETTES[theme]
    assert contrast(palette.text, palette.ground) > 4.5
    assert contrast(palette.quiet, palette.ground) > 4.5
    for colour in palette.series:
        assert contrast(colour, palette.ground) > 2.2
    for share in range(0, 101, 5):
        cell = between(palette.faint, palette.series[0], share / 100)
        assert contrast(readable(cell), cell) > 4.5


@pytest.mark.parametrize("answer", [{}, [], None, {"question": "riddles"}, {"question": "funnel"}])
def test_what_cannot_be_drawn_is_refused(answer):
    """Anything but an answer of a known question says what can be drawn."""
    with pytest.raises(Invalid, match=r"funnel, .*trends"):
        figure(answer)


@pytest.mark.parametrize(
    "definition",
    [
        {"timezone": "../../etc/passwd"},
        {"timezone": "\0"},
        {"timezone": 7},
        {"to": "soon"},
        {"from": "9999-12-31"},
        {"interval": "aeon"},
        {"series": [7]},
        {"now": []},
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(definition):
    """An answer that was made by hand is the sender's mistake, never the server's."""
    with pytest.raises(Invalid):
        figure(trend([1, 2]) | {"definition": definition})


def test_a_funnel_of_no_steps_is_refused():
    """An answer without a single step is none."""
    with pytest.raises(Invalid, match="answer that can be drawn"):
        figure(funnel([0]) | {"steps": []})


PATHS = {"question": "paths", "definition": {}, "state": STATE, "paths": 0, "people": 0,
         "nodes": [], "edges": [], "top": []}  # fmt: skip
STATES = {"question": "states", "definition": {}, "state": STATE, "sessions": 0, "people": 0,
          "nodes": [], "edges": [], "left_out": {"events": 0, "edges": 0},
          "median_within": 0.0}  # fmt: skip


def test_paths_of_nobody_are_an_answer():
    """Where there are no paths, or only single events, the sentence says so."""
    assert headline(PATHS) == "There is no such path."
    assert headline(STATES) == "Nothing follows anything."
    single = PATHS | {"paths": 2, "people": 1, "top": [{"path": ["a"], "count": 2, "people": 1}]}
    assert headline(single).startswith("2 paths of 1 person: no two events. That is only 1 person")
    many = PATHS | {"paths": 50, "people": 40, "top": None}
    assert headline(many) == "50 paths of 40 people."


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ({"start": {"event": "a"}}, "What do people do after a?"),
        ({"end": {"event": "b"}}, "What leads people to b?"),
        ({"start": {"event": "a"}, "end": {}}, "How do people get from a to any event?"),
        ({"start": None}, "What do people do one after another?"),
    ],
)
def test_the_title_of_paths_asks_what_was_asked(ends, said):
    """From a start, to an end, or both."""
    assert figure(PATHS | {"definition": ends}).title == said


def test_the_same_event_has_the_same_colour_at_every_step():
    """And "other" a quiet one, whichever it is."""
    case = json.loads((Path(__file__).parent / "figures/paths.json").read_text())
    (streams,) = case["figure"]["option"]["series"]
    colours: dict[str, set[str]] = {}
    for node in streams["data"]:
        colours.setdefault(node["name"].split(". ")[1], set()).add(node["itemStyle"]["color"])
    assert all(len(each) == 1 for each in colours.values())
    assert colours["other"] == {PALETTES["light"].quiet}
