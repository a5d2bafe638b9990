"""Trends: how often, by how many people, and how much, in each hour, day, week or month."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ethogram.ask.questions.answer import Row
from ethogram.ask.questions.question import Asked, Behind, Found, Question, Scope
from ethogram.ask.questions.trends_over import Drawn, merge, over
from ethogram.ask.questions.trends_people import Point, people
from ethogram.ask.questions.trends_plan import Plan, plan
from ethogram.ask.questions.trends_points import largest, lines
from ethogram.ask.questions.trends_spec import Formula, Product, Series, Trends, names

__all__ = ["TRENDS", "Formula", "Product", "Series", "Trends"]

RULES = {
    "points": "every period from the first to the last, to now at most; the first and the last "
    "may be cut by from, to or now",
    "people": "each once per period and group",
    "trailing": "people of the time so long that ends with the period, also before from; whole "
    "days are days of the calendar",
    "cumulative": "from the beginning of the range on: people count from their first event, "
    "distinct values from their first",
    "moving_average": "the mean of so many points, the last the point itself, of formulas too; "
    "null until so many are there, and where one of them is null",
    "per_person": "over the people who have an event (with a property: a value) in the period",
    "formulas": "null where one divides by 0 or a value is null",
    "values": "events without a value of the property, or with one of another type, do not count; "
    "without any, sum and distinct are 0 and the others null",
    "percentiles": "linear interpolation between the nearest ranks",
    "compare": "point by point, as many as the trend has at most; previous: whole "
    "months, quarters and years of as many before; else so many whole periods before that nothing "
    "lies in both; year_before: the dates of the year before, of weeks "
    "52 weeks before",
    "by": "the value of each event, or with assign, at the person's first or last event of the "
    "series",
    "others": "groups beyond most_groups, as one: those of the fewest events of all series and of "
    "what is compared; of equals the last by value",
}


def ask(spec: Trends, scope: Scope) -> Asked[Drawn]:
    """The trend's points."""
    return _asked(plan(spec, scope))


def rows(results: Mapping[str, Any]) -> list[Row]:
    """The points of every series, each with the name and the group's values of its series."""
    return [
        {"name": line["name"], **line.get("by", {}), "time": point[0], "value": point[1], **before}
        for line in results["series"]
        for point, before in zip(line["points"], _before(line), strict=True)
    ]


def _asked(plan: Plan) -> Asked[Drawn]:
    def again(total: Drawn) -> Asked[Drawn] | None:
        few = not plan.too_many(len(total.totals))
        return None if few else _asked(plan.with_groups(largest(plan, total)))

    return Asked(partial(over, plan), partial(merge, plan), Drawn(), partial(finish, plan), again)


def finish(plan: Plan, total: Drawn) -> Found:
    """The series, each with its points; with ``by``, a line per group."""
    return Found({"series": lines(plan, total)}, RULES)


def _before(line: Row) -> list[Row]:
    """What each point of a line is compared with, if anything."""
    if "compared" not in line:
        return [{} for _ in line["points"]]
    found: list[Row] = [{"compared_time": at, "compared": value} for at, value in line["compared"]]
    missing = len(line["points"]) - len(found)
    return found + [{"compared_time": None, "compared": None}] * missing


TRENDS = Question(Trends, names, ask, rows, Behind(Point, people), counted=frozenset())
