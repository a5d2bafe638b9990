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
    assert headline(retention([0], [None, None])).startswith("Nobody started")
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
