"""Small groups in a served workspace: who may not see personal data is told of none, anywhere."""

import json
from collections.abc import Iterator

import httpx
import pytest
from tests.serving import Served, unserved

DAY = "2026-01-0"
STEPS = ["catalog", "cart", "payment"]
FUNNEL = {"question": "funnel", "steps": STEPS, "by": ["country"]}
TREND = {"question": "trends", "series": ["payment"], "by": ["country"]}
CLOSED = {"question": "funnel", "steps": STEPS, "from": "2026-01-01", "to": "2026-01-09"}


def events() -> Iterator[dict]:
    """Forty people; four of them pay, and three live in Monaco."""
    for person in range(40):
        country = "MC" if person < 3 else "DE"
        for i, name in enumerate(STEPS[: 3 if person < 4 else 1 + person % 2]):
            yield {"event": name, "user_id": f"u{person}", "event_id": f"{person}-{i}",
                   "timestamp": f"{DAY}{1 + i}T00:00:{person:02}Z",
                   "properties": {"country": country}}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A served workspace of forty people, imported before it serves."""
    with unserved() as server:
        file = server.scratch / "events.jsonl"
        file.write_text("\n".join(json.dumps(each) for each in events()))
        server.document("import", str(file))
        yield server.start().ready()


@pytest.fixture(scope="module")
def told(server: Served) -> Iterator[httpx.Client]:
    """A program that may ask, and is told of ten people and more."""
    made = server.document("tokens", "add", "report", "ask")
    headers = {"authorization": f"Bearer {made['token']}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        yield client


def test_the_owner_is_told_all_and_a_program_that_asks_is_not(
    server: Served, told: httpx.Client
) -> None:
    """The same question, at the same state: null and a word in place of small numbers."""
    owner = server.document("ask", json.dumps(FUNNEL))
    assert [step["people"] for step in owner["steps"]] == [40, 22, 4]
    found = told.post("/api/ask", json=FUNNEL).json()
    assert [step["people"] for step in found["steps"]] == [40, 22, None]
    assert found["hidden"]["fewer_than"] == 10
    assert "MC" not in json.dumps(found)
    assert "hidden" not in owner


@pytest.mark.parametrize("look", ["json", "svg"])
def test_figures_and_pictures_hide_what_answers_hide(told: httpx.Client, look: str) -> None:
    """Nowhere the number, and a sentence that says so."""
    drawn = told.post("/api/figure", json=FUNNEL, params={"format": look})
    assert drawn.is_success
    assert "are hidden" in drawn.text or look == "svg"
    assert "Monaco" not in drawn.text
    assert "18.2%" not in drawn.text


def test_trends_and_kpis_hide_them_too(server: Served, told: httpx.Client) -> None:
    """Counts of events are about people, and a KPI is made of them."""
    lines = told.post("/api/ask", json=TREND).json()["series"]
    assert all(value in (None, 0) for line in lines for _, value in line["points"])
    body = {"kind": "conversion", "steps": STEPS}
    server.document("kpis", "define", "paying", json.dumps(body))
    owner = server.document("kpis", "ask", "paying")
    found = told.post("/api/kpis/paying/ask", json={}).json()
    assert (owner["value"], found["value"]) == (0.1, None)


def test_sessions_are_refused_with_a_reason(told: httpx.Client) -> None:
    """They do not say of how many people they are."""
    refused = told.post("/api/ask", json={"question": "sessions"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "small_groups")


def test_the_vocabulary_names_events_and_counts_none(told: httpx.Client) -> None:
    """How often somebody did something may be one person's number."""
    found = told.get("/api/vocabulary").json()["events"]
    assert {each["name"] for each in found} == set(STEPS)
    assert {each["count"] for each in found} == {None}


def test_noise_is_paid_for_once(told: httpx.Client) -> None:
    """The same question again gives the same answer, and what is spent is refused."""
    pytest.importorskip("opendp")
    asked = {"question": CLOSED, "noise": {"epsilon": 2.0}}
    first = told.post("/api/noised", json=asked)
    assert first.is_success, first.text
    assert first.json()["noise"]["bound"] == 3
    assert told.post("/api/noised", json=asked).json() == first.json()
    assert told.get("/api/noised").json()["yours"] == 3.0
    dear = told.post("/api/noised", json=asked | {"noise": {"epsilon": 4.0}})
    assert (dear.status_code, dear.json()["error"]["code"]) == (403, "budget_spent")
