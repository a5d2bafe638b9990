"""Objects of others: Unleash CVE-2026-77426, Bugsink CVE-2026-47715. Whatever names something of
another project is answered as if it were nowhere, on every route and to every role.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import pytest
from tests.serving import Served, eventually

from ethogram.ask.questions.catalog import CATALOG
from ethogram.protect.access import accounts
from ethogram.protect.access.caller import owner
from ethogram.protect.access.roles import BUILT_IN
from ethogram.run import assembly
from ethogram.run.workspace import open_workspace
from ethogram.show.api.native_door import PATH as DOOR
from ethogram.show.api.openapi import document
from ethogram.show.api.routes import operations

QUESTIONS = {name: question.spec for name, question in CATALOG.items()}
DOCUMENT: Any = msgspec.json.decode(msgspec.json.encode(document(operations(QUESTIONS))))
ROUTES = {
    (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if path != DOOR
}
NAMES_NOTHING = {
    ("GET", "/api/vocabulary"), ("GET", "/api/questions"), ("GET", "/api/questions/{name}"),
    ("GET", "/api/cohorts"), ("GET", "/api/kpis"), ("GET", "/api/live"),
    ("GET", "/api/dead-letters"), ("GET", "/api/plan"), ("GET", "/api/plan/report"),
    ("GET", "/api/plan/learnt"), ("GET", "/api/session"), ("POST", "/api/session"),
    ("DELETE", "/api/session"), ("POST", "/api/session/first"),
    ("POST", "/api/session/invitation"), ("GET", "/api/session/provider"),
    ("GET", "/api/session/provider/back"), ("PUT", "/api/account/password"),
    ("POST", "/api/account/provider"), ("POST", "/api/account/second"),
    ("PUT", "/api/account/second"),
    ("DELETE", "/api/account/second"), ("GET", "/api/account/sessions"),
    ("GET", "/api/accounts"), ("GET", "/api/invitations"), ("GET", "/api/roles"),
    ("GET", "/api/tokens"), ("POST", "/api/tokens"), ("GET", "/api/audit"),
    ("GET", "/api/audit/roots"),
    ("GET", "/api/audit/report"), ("GET", "/api/erasures"), ("GET", "/api/merges"),
    ("GET", "/api/status"), ("GET", "/api/verify"), ("GET", "/healthz"), ("GET", "/readyz"),
    ("GET", "/api/openapi.json"), ("GET", "/api/consent"), ("GET", "/api/noised"),
    ("GET", "/api/privacy/findings"), ("GET", "/api/retention"), ("POST", "/api/retention"),
    ("GET", "/api/traits"),
}  # fmt: skip
"""Routes that take no name of anything that a project has: what they tell is the caller's own."""
CANARY = "kestrel"
"""Stands in all that the other project holds, and in nothing else."""
COHORT = {"did": "kestrel-event"}
KPI = {"kind": "average_order_value", "event": "kestrel-event", "value": "kestrel-price"}
ROLE = {"permissions": ["ask"], "where": {"property": "site", "op": "=", "value": "kestrel"}}

CHANGING = ("definition", "state", "cached", "at", "made_at", "invitation")
"""What an answer says of the question and of the moment."""
LASTING = ("/api/erasures", "/api/person/merge", "/api/person/unmerge", "/api/consent",
           "/api/privacy/seal")  # fmt: skip
"""What would change the other project where it is asked for by its own people."""


@dataclass(frozen=True)
class Names:
    """How things are called that a request could name."""

    cohort: str
    kpi: str
    role: str
    token: str
    account: str
    session: str
    invitation: str
    person: str
    user: str
    project: str


NOWHERE = Names(
    "nothing-1", "nothing-2", "nothing-3", "0" * 16, "1" * 16, "2" * 16, "3" * 16,
    "1234567890123456", "nobody", "nowhere",
)  # fmt: skip

Request = Callable[[Names], tuple[str, Any]]


def _funnel(names: Names) -> dict[str, Any]:
    return {
        "question": "funnel",
        "steps": [{"event": "catalog"}],
        "people": {"saved": names.cohort},
    }


CASES: dict[tuple[str, str], list[Request]] = {
    ("POST", "/api/ask"): [
        lambda n: ("/api/ask", _funnel(n)),
        lambda n: ("/api/ask", {"question": "journey", "person": int(n.person)}),
        lambda n: ("/api/ask", _funnel(n) | {"people": {"ids": [int(n.person)]}}),
    ],
    ("POST", "/api/people"): [
        lambda n: ("/api/people", {"question": _funnel(n), "cell": {"step": 1}}),
    ],
    ("POST", "/api/person"): [
        lambda n: ("/api/person", {"id": f"person:{n.person}"}),
        lambda n: ("/api/person", {"id": f"user:{n.user}"}),
    ],
    ("POST", "/api/person/merge"): [
        lambda n: ("/api/person/merge", {"one": f"user:{n.user}", "other": "user:ann"}),
        lambda n: ("/api/person/merge", {"one": "user:ann", "other": f"user:{n.user}"}),
    ],
    ("POST", "/api/person/unmerge"): [
        lambda n: ("/api/person/unmerge", {"id": f"person:{n.person}"}),
        lambda n: ("/api/person/unmerge", {"id": f"user:{n.user}"}),
    ],
    ("POST", "/api/person/archive"): [
        lambda n: ("/api/person/archive", {"id": f"person:{n.person}"}),
        lambda n: ("/api/person/archive", {"id": f"user:{n.user}"}),
    ],
    ("POST", "/api/erasures"): [
        lambda n: ("/api/erasures", {"id": f"person:{n.person}"}),
        lambda n: ("/api/erasures", {"id": f"user:{n.user}"}),
    ],
    ("POST", "/api/person/profile"): [
        lambda n: ("/api/person/profile", {"id": f"person:{n.person}"}),
        lambda n: ("/api/person/profile", {"id": f"user:{n.user}", "personal": True}),
    ],
    ("POST", "/api/people/find"): [
        lambda n: ("/api/people/find", {"property": "email", "value": f"{n.user}@shop.eu"}),
    ],
    ("POST", "/api/consent"): [
        lambda n: ("/api/consent", {"id": f"user:{n.user}", "purpose": "analytics",
                                    "given": True, "at": "2026-01-02T00:00:00Z"}),
    ],
    ("POST", "/api/consent/person"): [
        lambda n: ("/api/consent/person", {"id": f"person:{n.person}"}),
        lambda n: ("/api/consent/person", {"id": f"user:{n.user}"}),
    ],
    ("PUT", "/api/consent/purposes/{name}"): [
        lambda n: (f"/api/consent/purposes/of-{n.cohort}", {"text": "May we?"}),
    ],
    ("DELETE", "/api/consent/purposes/{name}"): [
        lambda n: (f"/api/consent/purposes/{n.cohort}", None),
    ],
    ("PUT", "/api/retention/{name}"): [
        lambda n: (f"/api/retention/of-{n.cohort}", {"event": "nothing", "keep": "4000d"}),
    ],
    ("DELETE", "/api/retention/{name}"): [lambda n: (f"/api/retention/{n.cohort}", None)],
    ("POST", "/api/privacy/seal"): [lambda n: ("/api/privacy/seal", {"property": n.cohort})],
    ("POST", "/api/noised"): [
        lambda n: ("/api/noised", {"question": _funnel(n) | {"to": "2020-01-01"},
                                   "noise": {"epsilon": 0.1}}),
    ],
    ("GET", "/api/traits/{name}"): [lambda n: (f"/api/traits/{n.cohort}", None)],
    ("GET", "/api/traits/{name}/history"): [lambda n: (f"/api/traits/{n.cohort}/history", None)],
    ("PUT", "/api/traits/{name}"): [
        lambda n: (f"/api/traits/of-{n.cohort}", {"cohort": {"saved": n.cohort}}),
    ],
    ("DELETE", "/api/traits/{name}"): [lambda n: (f"/api/traits/{n.cohort}", None)],
    ("POST", "/api/figure"): [lambda n: ("/api/figure", _funnel(n))],
    ("GET", "/api/cohorts/{name}"): [lambda n: (f"/api/cohorts/{n.cohort}", None)],
    ("PUT", "/api/cohorts/{name}"): [
        lambda n: (f"/api/cohorts/of-{n.cohort}", {"saved": n.cohort}),
    ],
    ("DELETE", "/api/cohorts/{name}"): [lambda n: (f"/api/cohorts/{n.cohort}", None)],
    ("GET", "/api/cohorts/{name}/history"): [lambda n: (f"/api/cohorts/{n.cohort}/history", None)],
    ("GET", "/api/kpis/{name}"): [lambda n: (f"/api/kpis/{n.kpi}", None)],
    ("PUT", "/api/kpis/{name}"): [
        lambda n: (f"/api/kpis/of-{n.kpi}", {"formula": "a", "of": {"a": _funnel(n)}}),
    ],
    ("DELETE", "/api/kpis/{name}"): [lambda n: (f"/api/kpis/{n.kpi}", None)],
    ("GET", "/api/kpis/{name}/history"): [lambda n: (f"/api/kpis/{n.kpi}/history", None)],
    ("POST", "/api/kpis/{name}/ask"): [
        lambda n: (f"/api/kpis/{n.kpi}/ask", {}),
        lambda n: (f"/api/kpis/{n.kpi}/ask", {"people": {"saved": n.cohort}}),
    ],
    ("POST", "/api/sql"): [
        lambda n: ("/api/sql", {"sql": f"SELECT * FROM events WHERE person = {n.person}"}),
        lambda n: ("/api/sql", {"sql": f"SELECT * FROM {n.project}.events"}),
    ],
    ("PUT", "/api/session/project"): [lambda n: ("/api/session/project", {"project": n.project})],
    ("DELETE", "/api/account/sessions/{id}"): [
        lambda n: (f"/api/account/sessions/{n.session}", None),
    ],
    ("POST", "/api/accounts"): [
        lambda n: ("/api/accounts", {"email": "new@shop.eu", "role": n.role}),
    ],
    ("PUT", "/api/accounts/{id}"): [
        lambda n: (f"/api/accounts/{n.account}", {"role": "viewer"}),
    ],
    ("DELETE", "/api/accounts/{id}"): [lambda n: (f"/api/accounts/{n.account}", None)],
    ("PUT", "/api/roles/{name}"): [
        lambda n: (f"/api/roles/{n.role}", {"permissions": ["ask"]}),
    ],
    ("DELETE", "/api/roles/{name}"): [lambda n: (f"/api/roles/{n.role}", None)],
    ("DELETE", "/api/invitations/{id}"): [
        lambda n: (f"/api/invitations/{n.invitation}", None),
    ],
    ("DELETE", "/api/tokens/{id}"): [lambda n: (f"/api/tokens/{n.token}", None)],
}  # fmt: skip
"""What each route is asked for, of the names of the other project and of names of nothing."""


def asked(client: httpx.Client, method: str, request: Request, names: Names) -> httpx.Response:
    """The answer to ``request`` that names ``names``."""
    path, body = request(names)
    return client.request(method, path, json=body, timeout=60)


def shape(answer: httpx.Response, names: Names) -> tuple[int, Any]:
    """What an answer tells, without the names that it was asked with."""
    if answer.headers["content-type"] == "application/zip":
        return answer.status_code, answer.headers["x-ethogram-subject"]
    said = answer.json()
    if not answer.is_success:
        said = [said["error"]["code"], said["error"]["at"]]
    elif "rooms" in said:
        said = [each["things"] for each in said["rooms"] if each["room"] == "vault"]
    elif isinstance(said, dict):
        said = {name: part for name, part in said.items() if name not in CHANGING}
    text = json.dumps(said)
    for each in vars(names).values():
        text = text.replace(each, "NAME")
    return answer.status_code, text


@pytest.fixture(scope="module")
def ben(shop: Served, password: str, settled: Callable[[], None]) -> Iterator[httpx.Client]:
    """The other project's admin, whose project has one of everything."""
    events = [{"event": "kestrel-event", "user_id": "kestrel-user",
               "properties": {"kestrel-price": 7, "site": "kestrel",
                              "email": "kestrel-user@shop.eu"}},
              {"event": "catalog", "user_id": "kestrel-other"}]  # fmt: skip
    keys = shop.document("keys", "--project", "other")
    sent = httpx.post(f"{shop.url}/v1/events", json=events,
                      headers={"authorization": f"Bearer {keys['write']}"})  # fmt: skip
    assert sent.json()["accepted"] == 2
    with httpx.Client(base_url=shop.url, headers={"origin": shop.url}, timeout=60) as client:
        body = {"email": "ben@shop.eu", "password": password}
        assert client.post("/api/session", json=body).json()["project"] == "other"
        assert client.put("/api/cohorts/others-cohort", json=COHORT).is_success
        assert client.put("/api/kpis/others-kpi", json=KPI).is_success
        assert client.put("/api/traits/others-cohort", json={"cohort": COHORT}).is_success
        rule = {"event": "kestrel-event", "keep": "4000d"}
        assert client.put("/api/retention/others-cohort", json=rule).is_success
        purpose = {"text": "May the kestrel?"}
        assert client.put("/api/consent/purposes/others-cohort", json=purpose).is_success
        assert client.put("/api/roles/others-role", json=ROLE).is_success
        token = {"name": "kestrel report", "permissions": ["ask"]}
        assert client.post("/api/tokens", json=token).is_success
        guest = {"email": "kestrel-guest@shop.eu", "role": "viewer"}
        assert client.post("/api/accounts", json=guest).is_success
        yield client


@pytest.fixture(scope="module")
def theirs(ben: httpx.Client) -> Names:
    """How the other project's things are called."""
    found = {each: ben.get(f"/api/{each}").json()
             for each in ("accounts", "tokens", "invitations")}  # fmt: skip
    behind = {"question": {"question": "funnel", "steps": [{"event": "kestrel-event"}]},
              "cell": {"step": 1}}  # fmt: skip
    for _ in eventually("the other project has all that came in"):
        positions = ben.get("/api/status").json()["positions"]
        if len(set(positions.values())) == 1:
            break
    people = ben.post("/api/people", json=behind).json()["people"]
    return Names(
        "others-cohort", "others-kpi", "others-role", found["tokens"][0]["id"],
        found["accounts"][0]["id"], ben.get("/api/account/sessions").json()[0]["id"],
        found["invitations"][0]["id"],
        people[0], "kestrel-user", "other",
    )  # fmt: skip


@pytest.fixture(scope="module", params=BUILT_IN)
def member(request: pytest.FixtureRequest, shop: Served, password: str) -> Iterator[httpx.Client]:
    """Somebody of the project ``default``, in each role."""
    email = f"{request.param.replace(' ', '.')}@shop.eu"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", shop.environment["XDG_CONFIG_HOME"])
        desk = assembly.desk(open_workspace(shop.folder, create=False))
        accounts.add(desk, owner("default"), email, request.param, password)
        desk.close()
    with httpx.Client(base_url=shop.url, headers={"origin": shop.url}, timeout=60) as client:
        signed = client.post("/api/session", json={"email": email, "password": password})
        assert signed.json()["projects"] == ["default"]
        yield client


def held(client: httpx.Client) -> list[Any]:
    """All that a project shows of itself, but what changes by itself."""

    def lasting(kind: str) -> Any:
        told = client.get(f"/api/{kind}").json()
        return [{k: v for k, v in each.items() if k not in ("used_at", "seen_at")} for each in told]

    return [lasting(each) for each in ("cohorts", "kpis", "traits", "retention", "consent",
                                       "roles", "tokens", "accounts", "invitations",
                                       "account/sessions")]  # fmt: skip


def test_every_route_that_names_something_is_tried() -> None:
    """A new route has its case here, or takes no name of anything that a project has."""
    assert set(CASES) | NAMES_NOTHING == ROUTES
    assert not set(CASES) & NAMES_NOTHING
    assert {each for each in NAMES_NOTHING if "{" in each[1]} == {("GET", "/api/questions/{name}")}


def test_what_is_theirs_is_as_if_it_were_nowhere(
    member: httpx.Client, ben: httpx.Client, theirs: Names
) -> None:
    """On every route, to every role, the other project's names and names of nothing are alike."""
    before = held(ben)
    for (method, path), requests in CASES.items():
        for request in requests:
            there, nowhere = (asked(member, method, request, each) for each in (theirs, NOWHERE))
            assert shape(there, theirs) == shape(nowhere, NOWHERE), (method, path)
            assert CANARY not in there.text.replace(theirs.user, ""), (method, path)
    assert held(ben) == before


def test_to_their_own_project_the_names_mean_something(ben: httpx.Client, theirs: Names) -> None:
    """What others are refused is there: the same requests tell the other project's own admin."""
    for (method, path), requests in CASES.items():
        if method in ("GET", "POST") and path not in LASTING:
            found = [shape(asked(ben, method, each, theirs), theirs) for each in requests]
            missed = [shape(asked(ben, method, each, NOWHERE), NOWHERE) for each in requests]
            assert found != missed, (method, path)


def test_no_list_holds_what_is_theirs(
    member: httpx.Client, ben: httpx.Client, theirs: Names
) -> None:
    """What takes no names tells the caller's own project, whatever header asks for another."""
    for method, path in sorted(NAMES_NOTHING):
        if method == "GET" and path not in ("/api/live", "/api/openapi.json"):
            headers = {"x-ethogram-project": "other"}
            answer = member.get(path.replace("{name}", "funnel"), headers=headers)
            assert CANARY not in answer.text, path


def test_the_live_stream_is_of_ones_own_project(
    shop: Served, ann: httpx.Client, ben: httpx.Client, theirs: Names
) -> None:
    """From the first position on, nothing of the other project comes by."""
    event = [{"event": "mine", "user_id": "1"}]
    httpx.post(f"{shop.url}/v1/events", json=event, headers=shop.writing)
    for client, own in ((ann, '"mine"'), (ben, CANARY)):
        said = ""
        with client.stream("GET", "/api/live", params={"after": 0}) as stream:
            for chunk in stream.iter_text():
                said += chunk
                if own in said:
                    break
        assert (CANARY in said, '"mine"' in said) == (own == CANARY, own != CANARY)


def test_an_answer_that_is_kept_is_kept_for_one_project(
    ann: httpx.Client, ben: httpx.Client, theirs: Names
) -> None:
    """The same question, asked in turn, has each project's own numbers each time."""
    spec = {"question": "funnel", "steps": [{"event": "catalog"}]}
    for _ in range(2):
        said = [each.post("/api/ask", json=spec).json() for each in (ann, ben)]
        assert [each["steps"][0]["people"] for each in said] == [1, 2], said


def test_a_key_opens_its_own_projects_doors(shop: Served, ben: httpx.Client, theirs: Names) -> None:
    """Whatever a header or a query says: events, the log and cursors are of the key's project."""
    elsewhere = {"x-ethogram-project": "other"}
    event = [{"event": "mine", "user_id": "kestrel-user"}]
    sent = httpx.post(f"{shop.url}/v1/events?project=other", json=event,
                      headers=shop.writing | elsewhere)  # fmt: skip
    assert sent.json()["accepted"] == 1
    log = httpx.get(f"{shop.url}/v1/log?after=0&limit=1000&project=other",
                    headers=shop.reading | elsewhere)  # fmt: skip
    assert '"mine"' in log.text
    assert "kestrel-event" not in log.text
    keys = shop.document("keys", "--project", "other")
    reading = {"authorization": f"Bearer {keys['read']}"}
    theirs_log = httpx.get(f"{shop.url}/v1/log?after=0&limit=1000", headers=reading)
    assert '"mine"' not in theirs_log.text
    moved = {"consumer": "crm", "position": 1}
    assert httpx.post(f"{shop.url}/v1/log", json=moved, headers=reading | elsewhere).is_success
    other = httpx.get(f"{shop.url}/v1/log?consumer=crm", headers=shop.reading)
    assert other.json()["entries"][0]["position"] == 1
    for path in ("/cursors", "/claims", "/replays", "/statements"):
        assert httpx.post(shop.url + path, json={}, headers=reading).status_code == 404, path
