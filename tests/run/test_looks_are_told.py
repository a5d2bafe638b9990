"""Whoever looks at people one by one is told of in the audit, by whatever door they look."""

from pathlib import Path

import httpx
import pytest
from tests.serving import Served, served

from ethogram.run.opening import open_

EVENT = '{"event": "cart", "user_id": "ann", "timestamp": "2026-03-01T00:00:00Z"}\n'


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
    done = server.command("people", "erase", "user:ann")
    assert done.returncode == 0, done.stderr
    did = [each["did"] for each in server.document("audit", "show")]
    assert did[:7] == ["POST /api/people", "POST /api/ask", "POST /api/sql", "POST /api/person",
                       "POST /api/person", "people merged or parted", "export"]  # fmt: skip
    assert "POST /api/erasures" in did[7:]
    assert server.document("verify")["ok"]
