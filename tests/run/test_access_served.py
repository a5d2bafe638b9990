"""A served workspace knows who asks, wherever the request comes in."""

import sqlite3
from collections.abc import Iterator

import httpx
import pytest
from tests.serving import Served, eventually, unserved

EVENT = [{"event": "cart", "user_id": "ann"}]
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def server(visits: list[str]) -> Iterator[Served]:
    """A served workspace with six events, and another project with as many."""
    with unserved() as server:
        server.document(*visits)
        server.document(*visits, "--project", "other")
        yield server.start().ready()


def bearer(said: str) -> dict[str, str]:
    """The header that shows ``said``."""
    return {"authorization": f"Bearer {said}"}


def test_a_token_opens_the_doors_until_it_is_revoked(server: Served) -> None:
    """Within seconds nothing more is taken by it; others go on."""
    made = [server.document("tokens", "add", f"shop {i}", "write") for i in range(2)]
    url = f"{server.url}/v1/events"
    for each in made:
        assert httpx.post(url, json=EVENT, headers=bearer(each["token"])).status_code == 200
    server.document("tokens", "revoke", made[0]["id"])
    for _ in eventually("the revoked token opens nothing", 15):
        if httpx.post(url, json=EVENT, headers=bearer(made[0]["token"])).status_code == 401:
            break
    assert httpx.post(url, json=EVENT, headers=bearer(made[1]["token"])).status_code == 200
    assert (
        httpx.get(f"{server.url}/api/status", headers=bearer(made[1]["token"])).status_code == 403
    )


def test_a_token_that_asks_opens_no_door_and_no_other_project(server: Served) -> None:
    """Each opens what it names, where it names it."""
    token = server.document("tokens", "add", "report", "ask", "--project", "other")["token"]
    sent = httpx.post(f"{server.url}/v1/events", json=EVENT, headers=bearer(token))
    log = httpx.get(f"{server.url}/v1/log", headers=bearer(token))
    assert (sent.status_code, log.status_code) == (401, 401)
    said = httpx.get(f"{server.url}/api/status", headers=bearer(token)).json()
    assert said["projects"] == ["other"]


@pytest.mark.parametrize(
    "headers",
    [{"x-ethogram-project": "default"}, {"x-ethogram-owner": "1"}, {"x-forwarded-for": "::1"}],
)
def test_no_header_makes_an_owner(server: Served, headers: dict[str, str]) -> None:
    """Who the owner is, is said by the socket alone."""
    assert httpx.get(f"{server.url}/api/status", headers=headers).status_code == 401
    assert httpx.get(f"{server.url}/api/audit", headers=headers).status_code == 401


def test_people_sign_in_and_what_they_do_is_proven(server: Served) -> None:
    """Through the server, with the address that it saw; a line that is changed is found."""
    code = server.document("accounts", "invite", "ann@shop.eu", "--role", "admin")["invitation"]
    with httpx.Client(base_url=server.url, headers={"origin": server.url}) as ann:
        taken = {"invitation": code, "password": PASSWORD}
        spoofed = {"x-ethogram-address": "203.0.113.9"}
        assert ann.post("/api/session/invitation", json=taken, headers=spoofed).is_success
        asked = {"question": {"question": "funnel", "steps": [{"event": "catalog"}]},
                 "cell": {"step": 1}}  # fmt: skip
        assert ann.post("/api/people", json=asked, timeout=60).json()["count"] == 3
        lines = [each["line"] for each in ann.get("/api/audit").json()]
    did = [(each["did"], each["address"]) for each in lines[-3:]]
    assert did == [("role given", "127.0.0.0/24"), ("signed in", "127.0.0.0/24"),
                   ("POST /api/people", "127.0.0.0/24")]  # fmt: skip
    assert server.document("verify")["ok"]
    with sqlite3.connect(server.folder / "access.sqlite", timeout=30) as database:
        database.execute("DELETE FROM audit WHERE number = 1")
    done = server.command("verify")
    assert (done.returncode, "audit_changed" in done.stdout or "missing" in done.stdout) == (
        1,
        True,
    )


def test_a_server_that_others_reach_prints_the_code_for_the_first_account() -> None:
    """A key in the address lets no browser in there; the code does, once, and programs ask on."""
    with unserved(host="0.0.0.0") as server:
        server.start().ready()
        for _ in eventually("the code is printed", 30):
            if "eg_setup_" in server.said():
                break
        (code,) = [word for word in server.said().split() if word.startswith("eg_setup_")]
        assert httpx.get(f"{server.url}/api/session").json()["sign_in"] == "code"
        key = server.keys["read"]
        answer = httpx.get(f"{server.url}/", params={"key": key}, follow_redirects=False)
        assert "set-cookie" not in answer.headers
        assert httpx.get(f"{server.url}/api/status", headers=server.reading).status_code == 200
        body = {"code": code, "email": "ann@shop.eu", "password": PASSWORD}
        made = [httpx.post(f"{server.url}/api/session/first", json=body) for _ in range(2)]
        assert [each.status_code for each in made] == [200, 404]
