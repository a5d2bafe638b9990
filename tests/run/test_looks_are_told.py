"""Whoever looks at people one by one is told of in the audit, by whatever door they look."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.serving import Served, served

from ethogram.events.errors import EthogramError
from ethogram.run.embedded import Embedded
from ethogram.run.opening import open_
from ethogram.run.remote import Remote
from ethogram.show.api.consents import Say
from ethogram.show.api.routes import operations

EVENT = '{"event": "cart", "user_id": "ann", "timestamp": "2026-03-01T00:00:00Z"}\n'
COHORT = {"did": {"event": "cart"}}
TRAIT = {"cohort": COHORT}
KPI = {"kind": "conversion", "steps": ["cart", "cart"]}


def test_who_reads_the_log_is_told_once_an_hour() -> None:
    """By a key or a token, a page or a stream, from where; before the first entry is read."""
    with served() as server:
        sent = httpx.post(f"{server.url}/v1/events", content=EVENT, headers=server.writing)
        assert sent.json()["accepted"] == 1
        token = server.document("tokens", "add", "crm", "export")
        bearer = {"authorization": f"Bearer {token['token']}"}
        for headers in (server.reading, bearer):
            for _ in range(3):
                assert httpx.get(f"{server.url}/v1/log", headers=headers).is_success
            stream = headers | {"accept": "text/event-stream"}
            with httpx.stream("GET", f"{server.url}/v1/log", headers=stream) as said:
                next(said.iter_raw())
        refused = httpx.get(f"{server.url}/v1/log", headers=server.writing)
        assert refused.status_code == 401
        lines = server.document("audit", "show")
    told = [(each["who"], each["address"]) for each in lines if each["did"] == "GET /v1/log"]
    assert told == [("key:read", "127.0.0.0/24"), (f"token:{token['id']}", "127.0.0.0/24")]


def told(server: Served) -> Any:
    """The audit's lines."""
    return server.document("audit", "show")


def change(shop: Embedded | Remote, to: Path) -> None:
    """Save and drop what can be saved, and send it all out."""
    for named, body in ((shop.cohorts, COHORT), (shop.traits, TRAIT), (shop.kpis, KPI)):
        named.save("own", body)
        named.drop("own")
        with pytest.raises(EthogramError):
            named.save("ann@example.org", body)
        with pytest.raises(EthogramError):
            named.save("own", b"{")
    shop.consents.set_purpose("mail", b"{}")
    shop.consents.drop_purpose("mail")
    shop.consents.say(Say("user:ann", "analytics", True))
    shop.retention.save("old", b'{"keep": "900d"}')
    shop.retention.drop("old")
    shop.profile("user:ann")
    shop.profile("user:ann", personal=True)
    shop.find("email", "ann@example.org")
    shop.findings()
    shop.export(str(to), table="events", with_names=True)
    shop.export(str(to), sql="SELECT 'ann@example.org'")


@pytest.mark.parametrize("serve", [False, True], ids=["a folder", "a server"])
def test_the_same_lines_tell_of_the_same_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: bool
) -> None:
    """What is changed, looked at and sent, on a folder or beside a server; no id of anybody's."""
    server = Served(tmp_path, {})
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "events.jsonl"
    file.write_text(EVENT)
    server.document("import", str(file))
    try:
        if serve:
            server.start().ready()
        with open_(server.folder, create=False) as shop:
            change(shop, tmp_path / "out.csv")
        lines = told(server)
        assert server.document("verify")["ok"]
    finally:
        if serve:
            server.stop()
    routes = {f"{each.method} {each.path}" for each in operations({}) if each.audited}
    did = [(each["did"], each["detail"]) for each in lines]
    assert {each for each, _ in did} <= routes | {"export", "exported"}
    for path in ("/api/cohorts/{name}", "/api/traits/{name}", "/api/kpis/{name}"):
        assert did.count((f"PUT {path}", {"name": "own"})) >= 1
        assert did.count((f"DELETE {path}", {"name": "own"})) == 1
    for each in (
        ("PUT /api/consent/purposes/{name}", {"name": "mail"}),
        ("DELETE /api/consent/purposes/{name}", {"name": "mail"}),
        ("POST /api/consent", {}),
        ("PUT /api/retention/{name}", {"name": "old"}),
        ("DELETE /api/retention/{name}", {"name": "old"}),
        ("POST /api/person/profile", {"permission": "personal"}),
        ("POST /api/people/find", {}),
        ("GET /api/privacy/findings", {}),
        ("export", {"what": "events", "to": str(tmp_path / "out.csv"), "names": True}),
        ("exported", {"what": "events", "to": str(tmp_path / "out.csv"), "rows": 1}),
        ("exported", {"what": "sql", "to": str(tmp_path / "out.csv"), "rows": 1}),
    ):
        assert each in did
    assert all(each["who"] == "owner" for each in lines)
    assert "example.org" not in str(lines) and "user:" not in str(lines)


def test_what_the_owner_does_beside_no_server_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People, SQL, a journey, a merge, an erasure, an export; a question of numbers is not."""
    server = Served(tmp_path, {})
    monkeypatch.setenv("XDG_CONFIG_HOME", server.environment["XDG_CONFIG_HOME"])
    file = tmp_path / "events.jsonl"
    file.write_text(EVENT + EVENT.replace("ann", "ben"))
    server.document("import", str(file))
    with open_(server.folder, create=False) as shop:
        funnel = {"question": "funnel", "steps": [{"event": "cart"}]}
        shop.ask(funnel)
        assert not (server.folder / "access.sqlite").exists()
        (one, *_) = shop.people(funnel, {"step": 1}).people
        shop.ask({"question": "journey", "person": int(one)})
        shop.sql("SELECT person FROM events")
        shop.merging.merge("user:ann", "user:ben")
        shop.export(str(tmp_path / "out.jsonl"), table="events")
        answer = shop.ask(funnel)
        before = len(told(server))
        assert len(answer.people(1)) == 1
        assert [each["did"] for each in told(server)[before:]] == ["POST /api/people"]
    done = server.command("people", "erase", "user:ann")
    assert done.returncode == 0, done.stderr
    did = [each["did"] for each in server.document("audit", "show")]
    assert did[:7] == ["POST /api/people", "POST /api/ask", "POST /api/sql", "POST /api/person",
                       "POST /api/person", "POST /api/person/merge", "export"]  # fmt: skip
    assert "POST /api/erasures" in did[7:]
    assert server.document("verify")["ok"]
