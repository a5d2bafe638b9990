"""A served workspace forgets through its doors, its questions, its feed and its commands."""

import io
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


def test_who_may_erase_does_so_over_http() -> None:
    """With a receipt that says who asked and what else knew of the person, and a line in the audit.

    Somebody else may not, and nothing that is served says the id.
    """
    with served() as server:
        for name in ("ann-the-visible", "ann-too", "ben"):
            _send(server, {"event": "catalog", "user_id": name, "properties": {"company": "acme"}})
        server.ready()
        server.command("cohorts", "save", "lookers", '{"did": "catalog"}')
        server.command("export", "--table", "events", "--to", str(server.scratch / "out"))
        officer, analyst = (
            {"authorization": f"Bearer {server.document('tokens', 'add', 'test', may)['token']}"}
            for may in ("personal,erase,merge,people", "ask,people")
        )

        def said(path: str, body: dict, headers: dict) -> httpx.Response:
            return httpx.post(f"{server.url}/api/{path}", json=body, headers=headers)

        ann, too = {"id": "user:ann-the-visible"}, {"id": "user:ann-too"}
        both = {"one": ann["id"], "other": too["id"]}
        for path, body in (("erasures", ann), ("person/merge", both), ("person/archive", ann)):
            assert said(path, body, analyst).status_code == 403
        assert len(said("person/merge", both, officer).json()["ids"]) == 2
        assert said("person/unmerge", ann, officer).json() == {"links": 1}
        (tie,) = httpx.get(f"{server.url}/api/merges", headers=officer).json()
        assert (tie["kind"], tie["counts"]) == ("joined", False)
        assert tie["withdrawn_at"] > tie["known_at"]
        archive = said("person/archive", ann, officer)
        with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
            assert b"acme" in opened.read("events.ndjson")
        receipt = said("erasures", {**ann, "events": True}, officer).json()
        assert receipt["erasure"]["derived"] == [
            "cohort lookers", f"export of events to {server.scratch / 'out'}"]  # fmt: skip
        assert said("erasures", ann, officer).status_code == 404
        kept = httpx.get(f"{server.url}/api/erasures", headers=officer)
        assert [each["erasure"]["number"] for each in kept.json()] == [receipt["erasure"]["number"]]
        assert receipt["erasure"]["by"].startswith("token")
        lines = server.document("audit", "show")
        assert "POST /api/erasures" in [line["did"] for line in lines]
        assert "ann-the-visible" not in json.dumps(lines) + archive.headers["x-ethogram-subject"]


def test_erasing_is_the_owners() -> None:
    """No key opens the way to it, from outside there is none."""
    with served() as server:
        server.ready()
        for headers in (server.writing, server.reading):
            for path in ("/erasures", "/erased-entries"):
                said = httpx.post(f"{server.url}{path}", json=[], headers=headers)
                assert said.status_code in (404, 405)
