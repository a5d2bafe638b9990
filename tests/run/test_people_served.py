"""The people behind a number, and answers that are kept, wherever a workspace is asked."""

import json
from collections.abc import Iterator

import httpx
import pytest
from tests.serving import Served, served

from ethogram.run.opening import Opened, open_

FUNNEL = {"question": "funnel", "steps": ["catalog", "cart", "payment_done"]}
JOURNEY = {"question": "journey", "person": 1}


@pytest.fixture(scope="module")
def server(visits: list[str]) -> Iterator[Served]:
    """A served workspace with the six events in it, which answers."""
    with served() as server:
        server.document(*visits)
        yield server.ready()


@pytest.fixture(params=["folder", "server"])
def opened(
    request: pytest.FixtureRequest, server: Served, shop: Served, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opened]:
    """The same six events in a folder, and behind a server."""
    where = server if request.param == "server" else shop
    monkeypatch.setenv("XDG_CONFIG_HOME", where.environment["XDG_CONFIG_HOME"])
    with open_(where.folder) as opened:
        yield opened


def test_the_people_behind_a_number_are_as_many(opened: Opened) -> None:
    """Of an answer, and asked for by themselves; each step's are among those before."""
    answer = opened.ask(FUNNEL)
    people = [set(answer.people(step=step).tolist()) for step in (1, 2, 3)]
    assert [len(each) for each in people] == [row["people"] for row in answer.rows] == [3, 2, 1]
    assert people[0] > people[1] > people[2]
    some = opened.people(answer.definition, {"step": 2}, 1)
    assert (some.count, some.state.position) == (2, answer.state.position)
    assert int(some.people[0]) == min(people[1])


def test_an_answer_is_kept_at_its_state(opened: Opened) -> None:
    """Its definition asked again finds it; without the cache it is worked out, and the same."""
    first = opened.ask(JOURNEY)
    again = opened.ask(first.definition)
    assert again.cached
    fresh = opened.ask(json.dumps(first.definition), cache=False)
    assert not fresh.cached
    assert fresh == first == again


@pytest.mark.parametrize("where", ["shop", "server"])
def test_the_command_lists_people(where: str, request: pytest.FixtureRequest) -> None:
    """``ask --people CELL`` prints an id a line, or the document."""
    workspace = request.getfixturevalue(where)
    said = workspace.document("ask", json.dumps(FUNNEL), "--people", '{"step": 2}')
    assert (said["count"], len(said["people"])) == (2, 2)
    printed = workspace.command("ask", json.dumps(FUNNEL), "--people", '{"step": 2}').stdout
    assert printed.split() == said["people"]
    assert "--people" in workspace.command("ask", json.dumps(FUNNEL), "--people", "2").stderr


@pytest.mark.parametrize(
    ("asked", "code", "at"),
    [
        ({"question": FUNNEL, "cell": {"step": 9}}, "no_such_step", "$.cell.step"),
        ({"question": FUNNEL, "cell": {"stop": 1}}, "unknown_field", "$.cell.stop"),
        ({"question": FUNNEL, "cell": {"step": "2"}}, "bad_spec", "$.cell.step"),
        ({"question": FUNNEL}, "missing_field", "$.cell"),
        ({"question": JOURNEY}, "no_people", "$.cell"),
        ({"question": FUNNEL | {"steps": ["kart"]}}, "unknown_event", "$.question.steps[0].event"),
        ({"question": {"question": "funel"}}, "unknown_question", "$.question.question"),
        ({"question": FUNNEL | {"unit": "group:company"}}, "unknown_group", "$.question.unit"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    server: Served, asked: dict, code: str, at: str
) -> None:
    """In the question or in the cell."""
    said = httpx.post(f"{server.url}/api/people", json=asked, headers=server.reading)
    error = said.json()["error"]
    assert (said.status_code, error["code"], error["at"]) == (400, code, at)


def test_people_need_a_read_key(server: Served) -> None:
    """As every look does."""
    asked = {"question": FUNNEL, "cell": {"step": 1}}
    assert httpx.post(f"{server.url}/api/people", json=asked).status_code == 401
    assert httpx.post(f"{server.url}/api/people", json=asked, headers=server.writing).is_error


def test_a_served_device_is_seen_soon(server: Served) -> None:
    """After the first question about devices, new events of theirs are in the next answers."""
    totals = {"question": "trends", "series": ["ring"], "interval": "all", "unit": "device"}
    for count in (1, 2, 3):
        event = {"event": "ring", "user_id": "ann", "device_id": "bell"}
        httpx.post(f"{server.url}/v1/events", json=[event], headers=server.writing)
        for _ in range(2000):
            said = httpx.post(f"{server.url}/api/ask", json=totals, headers=server.reading).json()
            if "series" in said and said["series"][0]["points"][0][1] == count:
                break
        else:
            pytest.fail(f"{count} was not seen: {said}")
    assert server.document("verify")["ok"]


def test_a_question_over_its_time_is_refused(visits: list[str]) -> None:
    """The setting bounds what a server takes on, and the error names it."""
    with served(question_seconds=1e-9) as server:
        server.document(*visits)
        server.ready()
        said = httpx.post(f"{server.url}/api/ask", json=FUNNEL, headers=server.reading)
        assert (said.status_code, said.json()["error"]["code"]) == (413, "question_too_long")
