"""Consent in a served workspace: browsers' signals, the API, commands, and kills."""

from datetime import UTC, date, datetime

import httpx
from tests.serving import Served, accepting, eventually, served

BROWSER = {"user-agent": "Mozilla/5.0", "origin": "https://shop.example"}
TEXT = '{"text": "We sell it.", "sharing": true}'


def _send(server: Served, *events: dict, **headers: str) -> dict:
    said = httpx.post(f"{server.url}/v1/events", json=list(events),
                      headers=server.writing | headers)  # fmt: skip
    assert said.status_code == 200
    return said.json()


def _view(who: str) -> dict:
    return {"event": "view", "anonymous_id": who}


def _word(who: str, given: bool, purpose: str = "analytics") -> dict:
    return {"event": "consent", "kind": "consent", "anonymous_id": who, "consent": {purpose: given}}


def test_a_served_workspace_keeps_what_is_allowed() -> None:
    """Door, signal, API and commands agree; a kill after the answer loses no record."""
    with served(consent="required") as server:
        server.ready()
        assert _send(server, _view("ann"))["withheld"] == 1
        assert _send(server, _word("ann", True), _view("ann"))["accepted"] == 2
        assert _send(server, _word("ben", True), _word("ben", False))["withheld"] == 1
        server.kill()
        server.start()
        said = _send(server, _view("ann"), _view("ben"))
        assert (said["accepted"], said["withheld"]) == (1, 1)
        server.ready()
        server.document("consent", "purposes", "set", "sale", TEXT)
        for _ in eventually("the purpose is known at the door"):
            _send(server, _word("ann", True, "sale"))
            if "sale" in _held(server, "anonymous:ann"):
                break
        _send(server, _view("ann"), **BROWSER, **{"Sec-GPC": "1"})
        assert _held(server, "anonymous:ann") == {"analytics": True, "sale": False}
        told = server.document("consent", "withdraw", "anonymous:ann", "analytics")
        assert [each["source"] for each in told["records"]][-2:] == ["gpc", "api"]
        server.kill()
        server.start()
        assert _send(server, _view("ann"))["withheld"] == 1
        server.ready()
        states = {each["name"]: each for each in server.document("consent", "states")}
        assert (states["analytics"]["given"], states["analytics"]["withdrawn"]) == (0, 2)
        assert sum(events for _, events, _ in states["analytics"]["left_out"]) == 4
        assert server.document("verify")["ok"]


def _held(server: Served, person: str) -> dict[str, bool]:
    found = server.document("consent", "show", person)
    return {each["purpose"]: each["given"] for each in found["purposes"]}


def test_a_page_withdraws_by_the_api() -> None:
    """``POST /api/consent`` is durable when it answers; who may not, may not."""
    with served() as server:
        _send(server, {"event": "view", "user_id": "ann"}, _word("ann", True))
        server.ready()
        token = server.document("tokens", "add", "page", "consent,personal")
        page = {"authorization": f"Bearer {token['token']}"}
        say = {"id": "anonymous:ann", "purpose": "analytics", "given": False}
        refused = httpx.post(f"{server.url}/api/consent", json=say, headers=server.reading)
        assert refused.status_code == 403
        told = httpx.post(f"{server.url}/api/consent", json=say, headers=page).json()
        assert told["purposes"][0]["given"] is False
        assert told["records"][-1]["by"].startswith("token:")
        whose = {"id": "anonymous:ann"}
        shown = httpx.post(f"{server.url}/api/consent/person", json=whose, headers=page).json()
        assert shown == told
        (found,) = httpx.get(f"{server.url}/api/consent", headers=page).json()
        assert (found["name"], found["given"], found["withdrawn"]) == ("analytics", 0, 1)
        unknown = httpx.post(f"{server.url}/api/consent", json=say | {"purpose": "analitics"},
                             headers=page)  # fmt: skip
        assert unknown.json()["error"]["code"] == "unknown_purpose"
        assert "analytics" in unknown.json()["error"]["hint"]
        blind = {
            "authorization": f"Bearer {server.document('tokens', 'add', 'x', 'consent')['token']}"
        }
        yes = {"purpose": "analytics", "given": True, "at": "2026-01-02T00:00:00Z"}
        known, nobody = (
            httpx.post(f"{server.url}/api/consent", json=yes | {"id": id_}, headers=blind)
            for id_ in ("anonymous:ann", "anonymous:nobody")
        )
        assert (known.status_code, known.json()) == (nobody.status_code, nobody.json())
        assert known.json()["purposes"] == [
            {"purpose": "analytics", "given": True, "at": "2026-01-02T00:00:00Z"}
        ]
        again = httpx.post(f"{server.url}/api/consent/person", json=whose, headers=page).json()
        assert len(again["records"]) == len(shown["records"]) + 1
        late = [httpx.post(f"{server.url}/api/consent", headers=blind,
                           json=yes | {"id": id_, "at": "2090-01-01"}).status_code
                for id_ in ("anonymous:ann", "anonymous:nobody")]  # fmt: skip
        assert late == [400, 400]


def test_rules_of_retention_beside_a_server() -> None:
    """Saved by command or API, at work at once or with the day; with a receipt."""
    with served() as server:
        _send(server, {"event": "search", "user_id": "ann", "timestamp": "2020-01-01"}, _view("x"))
        server.ready()
        server.document("retention", "set", "all", '{"keep": "900d"}')
        (gone,) = server.document("retention", "run")
        assert (gone["rule"], gone["event"]) == ("all", None)
        assert (server.folder / f"projects/default/receipts/{gone['receipt']}.json").exists()
        assert server.document("sql", "SELECT event FROM events")["rows"] == [["view"]]
        assert server.document("retention", "run") == []


def test_the_signal_is_published() -> None:
    """``/.well-known/gpc.json`` as the specification has it: a flag, and an ISO 8601 date."""
    for setting in ("honour", "ignore"):
        with accepting(gpc=setting) as server:
            said = httpx.get(f"{server.url}/.well-known/gpc.json")
            assert said.headers["content-type"] == "application/json"
            document = said.json()
            assert document.keys() == {"gpc", "lastUpdate"}
            assert document["gpc"] is (setting == "honour")
            assert date.fromisoformat(document["lastUpdate"]) <= datetime.now(UTC).date()
            head = httpx.head(f"{server.url}/.well-known/gpc.json")
            assert (head.status_code, head.content) == (200, b"")
            assert httpx.post(f"{server.url}/.well-known/gpc.json").status_code == 405
