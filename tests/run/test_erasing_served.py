"""A served workspace forgets through its doors, its questions, its feed and its commands."""

import json
import zipfile

import httpx
from tests.run.test_erasing import found_in
from tests.serving import Served, served

FUNNEL = {"question": "funnel", "steps": ["catalog", "cart"]}


def _send(server: Served, *events: dict) -> None:
    said = httpx.post(f"{server.url}/v1/events", json=list(events), headers=server.writing)
    assert said.json()["rejected"] == []


def _reached(server: Served) -> list[int]:
    said = httpx.post(f"{server.url}/api/ask", json=FUNNEL, headers=server.reading).json()
    return [row["people"] for row in said["steps"]]


def _feed(server: Served) -> list[str]:
    said = httpx.get(f"{server.url}/v1/log", params={"after": 0}, headers=server.reading).json()
    return [entry["entry"]["event"] for entry in said["entries"] if entry["kind"] == "event"]


def test_a_served_person_is_forgotten() -> None:
    """At once in questions and feed, by the last byte when purged; new events of theirs are new."""
    with served() as server:
        people = ("ann-the-visible", "ben")
        _send(server, *({"event": name, "user_id": user, "properties": {"email": f"{user}@x.org"}}
                        for name in ("catalog", "cart") for user in people))  # fmt: skip
        server.ready()
        archive = server.scratch / "ann.zip"
        done = server.document("people", "export", "user:ann-the-visible", "-o", str(archive))
        assert done["events"] == 2
        with zipfile.ZipFile(archive) as opened:
            first = json.loads(opened.read("events.ndjson").splitlines()[0])
        assert first["properties"]["email"] == "ann-the-visible@x.org"
        receipt = server.document("people", "erase", "user:ann-the-visible", "--events")
        assert receipt["purged_at"] is None
        assert _reached(server) == [1, 1]
        assert len(_feed(server)) == 2
        _send(server, {"event": "catalog", "user_id": "ann-the-visible"})
        purged = server.document("people", "erase", "--purge")
        assert purged["purged_at"] is not None
        assert found_in(server.folder, people[:1]) == []
        assert server.document("verify")["ok"]
        assert len(_feed(server)) == 3
        printed = server.command("people", "erase", "user:ben", "--to", "2020-01-01").stdout
        assert "receipt" in printed


def test_erasing_is_the_owners() -> None:
    """No key opens the way to it, from outside there is none."""
    with served() as server:
        server.ready()
        for headers in (server.writing, server.reading):
            for path in ("/erasures", "/erased-entries"):
                said = httpx.post(f"{server.url}{path}", json=[], headers=headers)
                assert said.status_code in (404, 405)
