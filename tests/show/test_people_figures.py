"""The sentences above the figures of what people do: also of few people, and of none."""

from typing import Any

from ethogram.show.charts.figure import figure, headline

STATE = {"position": 9, "identity": 1, "erasures": 0}


def answer(question: str, definition: dict[str, Any] | None = None, **results: Any) -> dict:
    """An answer's JSON."""
    return {"question": question, "definition": definition or {}, "state": STATE, **results}


def lifecycle(*new: int, complete: int) -> dict:
    """So many new people on each day, of which the first ``complete`` have ended."""
    intervals = [
        {"from": f"2026-03-0{day}T00:00:00Z", "complete": day <= complete, "new": count,
         "returning": 0, "resurrected": 0, "dormant": -1}
        for day, count in enumerate(new, 1)
    ]  # fmt: skip
    return answer("lifecycle", intervals=intervals)


def test_a_lifecycle_speaks_of_the_last_whole_interval():
    """The day that has not ended is pale, and not in the sentence."""
    shown = lifecycle(40, 50, 3, complete=2)
    assert headline(shown).startswith("50 people were active on 2026-03-02 (UTC): 50 new")
    bars = figure(shown).option["series"][0]["data"]
    assert [("itemStyle" in bar) for bar in bars] == [False, False, True]
    assert headline(lifecycle(40, complete=0)).startswith("No day has ended yet")
    assert "too few" in headline(lifecycle(2, complete=1))


def stickiness(*people: int) -> dict:
    """So many people active in exactly one day, in two, and so on."""
    rows = [
        {"intervals": n, "people": count, "at_least": sum(people[n - 1 :]),
         "share": count / sum(people) if sum(people) else None}
        for n, count in enumerate(people, 1)
    ]  # fmt: skip
    return answer("stickiness", stickiness=rows)


def test_a_stickiness_says_who_came_more_than_once():
    """Of everybody active at all; nobody is an answer too."""
    assert headline(stickiness(30, 10)) == "25% of 40 people were active in more than one day."
    assert headline(stickiness(0, 0)) == "Nobody was active."
    assert headline(stickiness(40)).startswith("0% of 40 people")
    assert "too few" in headline(stickiness(3, 1))


def sessions(count: int, bounces: int, middle: float | None) -> dict:
    """So many sessions on one day."""
    numbers = {
        "sessions": count, "events": 2 * count, "events_per_session": 2.0 if count else None,
        "bounces": bounces, "bounce_rate": bounces / count if count else None,
        "mean_seconds": middle, "seconds": {"p50": middle},
    }  # fmt: skip
    intervals = [{"from": "2026-03-01T00:00:00Z", **numbers}]
    return answer("sessions", sessions=numbers, intervals=intervals)


def test_sessions_say_how_long_and_how_many_bounce():
    """A bar is the sessions that stayed and, upon it, those that bounced."""
    shown = sessions(100, 40, 90.0)
    assert headline(shown) == "100 sessions: half last longer than 1.5 minutes, and 40% bounced."
    assert [line["data"] for line in figure(shown).option["series"]] == [[60], [40]]
    assert headline(sessions(0, 0, None)) == "There was no session."
    assert "too few" in headline(sessions(3, 1, 1.0))


def distribution(*counts: int, of: str) -> dict:
    """So many numbers in each bin of one."""
    n = sum(counts)
    bins = [{"from": i, "to": i + 1, "count": count} for i, count in enumerate(counts)]
    middle = {"p25": 60, "p50": 90, "p75": 7200} if n else {}
    summary = {"count": n, "open": 0, "mean": 1.0, "min": 0, "max": 9, "percentiles": middle}
    definition = {"of": of, "event": {"event": "cart"}, "until": {"event": "pay"}}
    return answer("distribution", definition, summary=summary, histogram=bins)


def test_a_distribution_says_where_half_of_it_lies():
    """Times are said in the unit that suits; a bin of one whole number is that number."""
    assert headline(distribution(20, 30, of="time")) == (
        "The middle of 50 is 1.5 minutes; half lie between 1 minute and 2 hours."
    )
    made = figure(distribution(20, 30, of="events"))
    assert (made.title, made.option["xAxis"]["data"]) == (
        "How often do people do cart?", ["0", "1"])  # fmt: skip
    assert headline(distribution(0, of="value")) == "There is nothing to measure."
    assert "too few" in headline(distribution(3, of="value"))


def rfm(**people: int) -> dict:
    """So many people in each segment, who spent ten each."""
    n = sum(people.values())
    segments = [
        {"segment": name, "people": count, "share": count / n if n else None,
         "money": 10.0 if count else None}
        for name, count in people.items()
    ]  # fmt: skip
    return answer("rfm", at="2026-03-01T00:00:00Z", people=n, segments=segments)


def test_a_table_of_money_names_the_segment_that_spends_most():
    """Bars say how many and how much each; nobody is an answer too."""
    shown = rfm(champions=10, loyal=30)
    assert headline(shown) == "75% of 40 people are loyal, and 75% of the money is theirs."
    labels = [bar["label"]["formatter"] for bar in figure(shown).option["series"][0]["data"]]
    assert labels == ["10 · 25% · 10 each", "30 · 75% · 10 each"]
    assert headline(rfm(champions=0)) == "Nobody came before 2026-03-01T00:00:00Z."
    assert "too few" in headline(rfm(champions=3))


def journey(*sessions: int, total: int) -> dict:
    """An event a minute, in these sessions."""
    events = [
        {"time": f"2026-03-01T00:{minute:02d}:00Z", "event": "ab"[minute % 2], "position": minute,
         "session": session, "properties": {}}
        for minute, session in enumerate(sessions)
    ]  # fmt: skip
    return answer("journey", person=7, total=total, sessions=len(set(sessions)), events=events)


def test_a_journey_marks_where_sessions_begin():
    """A full mark for the first event of each; an empty one for the others."""
    shown = journey(1, 1, 2, total=5)
    assert headline(shown) == "5 events in 2 sessions; 3 of them are shown."
    marks = figure(shown).option["series"][0]["data"]
    assert [mark["symbol"] for mark in marks] == ["circle", "emptyCircle", "circle"]
    assert headline(journey(total=0)) == "Nothing is known of what this person did."


def heatmap(*clicks: int) -> dict:
    """So many clicks in the cells of one row, each of another person."""
    cells = [{"column": i, "row": 0, "clicks": n, "people": n} for i, n in enumerate(clicks)]
    elements = [{"element": "buy", "clicks": n, "people": n} for n in clicks[:1]]
    scroll = [{"depth": k / 10, "people": 1, "share": 1 - k / 10} for k in range(1, 11)]
    definition = {"columns": 2, "rows": 1}
    return answer("heatmap", definition, page="/", clicks=sum(clicks), people=sum(clicks),
                  cells=cells, elements=elements, scroll=scroll)  # fmt: skip


def test_a_heatmap_names_what_is_clicked_most():
    """The grid is the page's; nobody is an answer too."""
    shown = heatmap(30, 10)
    assert headline(shown) == (
        "40 clicks of 40 people, most on buy (75%). 50% scroll to the middle."
    )
    made = figure(shown).option
    assert (made["xAxis"]["data"], made["yAxis"]["data"]) == (["0%", "50%"], ["0%"])
    assert made["series"][0]["data"] == [[0, 0, 30], [1, 0, 10]]
    assert headline(heatmap()) == "Nobody clicked on /."
    assert "too few" in headline(heatmap(3))
