"""The routes of the tracking plan and of dead letters."""

import pytest

from ethogram.events.errors import Invalid

PATHS = ("/api/plan", "/api/plan/report", "/api/plan/learnt", "/api/dead-letters")


def test_the_plan_is_told(client) -> None:
    """As data, without what is its default."""
    wanted = {"events": {"cart": {"properties": {"price": {"type": "number", "required": True}}}}}
    assert client.get("/api/plan").json() == wanted
    assert client.get("/api/plan/learnt").json() == wanted


def test_the_report_is_told(client) -> None:
    """What is planned and was never seen is in it."""
    said = client.get("/api/plan/report").json()
    assert [(each["name"], each["planned"], each["seen"]) for each in said["events"]] == [
        ("cart", True, 0)
    ]
    assert said["events"][0]["properties"][0]["wanted"] == "number"


def test_dead_letters_are_told_by_reason(client) -> None:
    """How many, since when, and how many came in again; nothing of what they hold."""
    (said,) = client.get("/api/dead-letters").json()
    assert (said["count"], said["replayed"], said["newest"]) == (2, 1, 9)
    assert "sealed" not in said


@pytest.mark.parametrize("path", PATHS)
def test_a_plan_that_is_none_comes_through_as_it_is(client, ports, path: str) -> None:
    """What is wrong with the file is said in the one shape."""
    ports.fails = Invalid("bad_plan", "This is not TOML.", at="plan.toml: $")
    answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_plan")
