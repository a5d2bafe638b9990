"""Routes parse, permit, ask and answer; what goes wrong has one shape."""

import threading

import pytest

from ethogram.ask.questions.catalog import parse
from ethogram.events.errors import NotFound
from ethogram.events.predicate import check
from ethogram.show.api.operation import BODY_LIMIT
from ethogram.show.api.site import SITE

FUNNEL = {"question": "funnel", "steps": ["a", "b"]}


def failure(response) -> dict:
    """The error of a response, which must have the one shape and nothing else."""
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()) == {"error"}
    error = response.json()["error"]
    assert set(error) == {"code", "message", "hint", "at"}
    return error


def test_a_question_is_answered(client):
    """POST /api/ask gives the answer's JSON."""
    answer = client.post("/api/ask", json=FUNNEL).json()
    assert [step["people"] for step in answer["steps"]] == [1000, 500]


def test_a_question_does_not_hold_the_loop(client, ports):
    """A question runs in a thread of its own."""
    threads = []
    asked = ports.ask
    name = threading.current_thread
    ports.ask = lambda *said, **how: threads.append(name().name) or asked(*said, **how)
    client.post("/api/ask", json=FUNNEL)
    assert threads[0].startswith("question")


def test_a_bad_spec_says_where(client):
    """The error of the question comes through, with its place and status."""
    response = client.post("/api/ask", json={"question": "funnel"})
    assert response.status_code == 400
    assert failure(response)["at"] == "$.steps"


@pytest.mark.parametrize("path", ["/api/ask", "/api/figure"])
@pytest.mark.parametrize("depth", [300, 900, 20_000])
def test_a_spec_nested_without_end_is_the_askers_mistake(client, ports, path, depth):
    """However deep a question is nested, the answer is a 400 that says so."""
    ports.ask = lambda spec, *_, **__: check(parse(spec).where)
    where = '{"not": ' * depth + '{"property": "c", "value": 1}' + "}" * depth
    said = f'{{"question": "funnel", "steps": ["a"], "where": {where}}}'
    response = client.post(path, content=said)
    assert response.status_code == 400
    assert failure(response)["code"] in ("too_deep", "bad_json")


def test_an_answer_may_be_asked_for_anew(client, ports):
    """The cache is used unless the address says otherwise; nonsense there is refused."""
    client.post("/api/ask", json=FUNNEL)
    assert ports.asked_with_cache is True
    client.post("/api/ask?cache=false", json=FUNNEL)
    assert ports.asked_with_cache is False
    assert failure(client.post("/api/ask?cache=perhaps", json=FUNNEL))["code"] == "bad_parameter"


def test_a_person_of_many_ids_is_told_page_by_page(client):
    """POST /api/person gives no more ids and links than were asked for, and how many there are."""
    pages = [
        client.post("/api/person", json={"id": "person:7", "skip": skip, "limit": 1}).json()
        for skip in (0, 1, 2)
    ]
    assert [page["ids"] for page in pages] == [["5"], ["7"], []]
    assert [len(page["links"]) for page in pages] == [1, 0, 0]
    assert {(page["id_count"], page["link_count"]) for page in pages} == {(2, 1)}
    assert client.post("/api/person", json={"id": "person:7", "limit": 0}).status_code == 400


def test_people_are_listed(client):
    """POST /api/people gives ids as text, no more than were asked for, and how many there are."""
    body = {"question": FUNNEL, "cell": {"step": 2}, "limit": 2}
    said = client.post("/api/people", json=body).json()
    assert (said["people"], said["count"]) == (["1", "2"], 3)
    assert len(client.post("/api/people", json=body | {"limit": None}).json()["people"]) == 3


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"question": "funnel"}, "$.question"),
        ({"cell": {}}, "$"),
        ({"question": FUNNEL, "cell": 2}, "$.cell"),
        ({"question": FUNNEL, "limit": -1}, "$.limit"),
        ({"question": FUNNEL, "limits": 1}, "$"),
    ],
)
def test_a_bad_request_for_people_says_where(client, body, at):
    """What does not fit is named with its place."""
    response = client.post("/api/people", json=body)
    assert response.status_code == 400
    assert (failure(response)["code"], failure(response)["at"]) == ("bad_body", at)


def test_the_vocabulary_is_told(client):
    """Events with counts, properties with types, and whether it is all simulated."""
    said = client.get("/api/vocabulary").json()
    assert said["events"][0]["count"] == 7
    assert said["properties"] == [{"name": "price", "types": ["number"]}]
    assert said["simulated"] is True


def test_a_verdict_is_told(client):
    """What the proof found comes through, also where it found a problem."""
    assert client.get("/api/verify").json() == {
        "ok": False,
        "log": {"events": 9},
        "lake": {"events": 8},
        "index": {"events": 9},
        "problems": ["The lake has 8."],
    }


def test_the_catalog_lists_and_describes(client):
    """Each question has a sentence, and a JSON Schema under its name."""
    listed = client.get("/api/questions").json()
    assert listed[0] == {"name": "funnel", "summary": "How many people take the steps?"}
    assert "steps" in str(client.get("/api/questions/funnel").json())


def test_an_unknown_question_names_the_nearest(client):
    """A misspelling gets the right spelling."""
    response = client.get("/api/questions/funel")
    assert response.status_code == 404
    assert '"funnel"' in failure(response)["hint"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_not_json_is_refused(client, body):
    """Neither nonsense nor depth is the server's fault."""
    response = client.post("/api/figure", content=body)
    assert response.status_code == 400
    assert failure(response)["code"] == "bad_json"


def test_a_large_body_is_refused(client):
    """Nothing larger than the limit is taken into memory."""
    response = client.post("/api/ask", content=b" " * (BODY_LIMIT + 1))
    assert response.status_code == 413
    failure(response)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api", 404),
        ("POST", "/api/nothing", 404),
        ("GET", "/api/ask", 405),
        ("DELETE", "/api/vocabulary", 405),
        ("POST", "/anything", 404),
        ("POST", "/healthz", 405),
        ("GET", "/nothing.js", 404),
        ("GET", "/../../pyproject.toml", 404),
        ("GET", "/%2e%2e/api/app.py", 404),
        ("GET", "/..%2fapi%2fapp.py", 404),
        ("GET", "/a%00b", 404),
        ("GET", "/" + "a" * 5000, 404),
        ("GET", "/api/live?after=-1", 400),
        ("GET", "/api/live?before=1", 400),
    ],
)
def test_every_wrong_address_has_the_one_shape(client, method, path, status):
    """Unknown routes, wrong methods, files outside of the site: one shape, the right status."""
    response = client.request(method, path, headers={"Accept": "*/*"})
    assert response.status_code == status
    failure(response)


@pytest.mark.parametrize(
    ("path", "meant"), [("/v1/event", "POST /v1/events"), ("/api/aks", "POST /api/ask")]
)
def test_a_slip_in_an_address_is_named(client, path, meant):
    """What is sent to an address that is none hears which call has nearly that path."""
    response = client.post(path, json={"event": "cart", "user_id": "ann"})
    assert response.status_code == 404
    assert f"Did you mean {meant}?" in failure(response)["hint"]


def test_busy_says_when(client, ports, busy):
    """A 503 carries Retry-After."""
    ports.fails = busy
    response = client.post("/api/ask", json=FUNNEL)
    assert (response.status_code, response.headers["retry-after"]) == (503, "3")
    assert failure(response)["code"] == "lagging"


def test_a_defect_tells_nothing_of_the_inside(client, ports):
    """An unexpected exception is a 500 whose words do not quote it."""
    ports.fails = RuntimeError("the secret path /srv/x")
    response = client.get("/api/vocabulary")
    assert response.status_code == 500
    assert failure(response)["code"] == "internal"
    assert "secret" not in response.text


def test_probes_need_no_key_and_tell_little(stranger, ports):
    """/healthz and /readyz answer anyone; a failing check is a 503 that only names it."""
    assert stranger.get("/healthz").json() == {"ok": True}
    assert stranger.get("/readyz").json() == {"ok": True}
    ports.checks = [type(ports.checks[0])("disk", False, "/srv/x is full")]
    response = stranger.get("/readyz")
    assert response.status_code == 503
    assert failure(response)["message"] == "Not ready: disk."
    assert "/srv/x" not in response.text


def test_a_check_that_fails_to_run_is_not_ready(stranger, ports):
    """A status that raises is an error in the one shape."""
    ports.fails = NotFound("no_log", "The log is gone.")
    assert failure(stranger.get("/readyz"))["code"] == "no_log"


def test_status_tells_positions_and_lag(client):
    """Positions of log, lake and index, and how far they lie apart."""
    said = client.get("/api/status").json()
    assert said["positions"] == {"log": 9, "lake": 8, "index": 9}
    assert said["lag"] == {"lake": 1, "index": 0}


@pytest.mark.parametrize("path", ["/", "/funnel", "/people/7"])
def test_addresses_of_pages_show_the_site(client, path):
    """Any page's address gives the one page, or says how to build it."""
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    if not (SITE / "index.html").is_file():
        assert "make web" in page.text
