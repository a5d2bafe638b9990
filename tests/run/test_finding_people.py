"""``ethogram people find`` and ``POST /api/people/find``: who said a sealed value of themselves."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, served

from ethogram.run.installed import SOUGHT_AN_HOUR

EVENTS = [
    {"event": "cart", "user_id": "ann", "properties": {"email": "ann@example.org", "sex": "f"}},
    {"event": "$identify", "user_id": "ann", "anonymous_id": "web", "identity_links": [
        {"kind": "identify", "a": "web", "b": "ann", "a_kind": "anonymous", "b_kind": "user"}]},
    {"event": "cart", "user_id": "ben", "properties": {"email": "ben@example.org"}},
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A served workspace of Ann and Ben."""
    with served() as server:
        said = httpx.post(f"{server.url}/v1/events", json=EVENTS, headers=server.writing).json()
        assert said["rejected"] == []
        yield server.ready()


@pytest.fixture
def folder(empty: Served, tmp_path: Path) -> Served:
    """The same two in a folder that nobody serves."""
    lines = tmp_path / "events.jsonl"
    lines.write_text("\n".join(json.dumps(event) for event in EVENTS))
    empty.document("import", str(lines))
    return empty


def _found(shop: Served) -> None:
    (ann,) = shop.document("people", "find", "Ann@Example.org", "--property", "$email")["people"]
    assert ann["person"] == shop.document("people", "show", "user:ann")["person"]
    assert len(ann["ids"]) == 2
    assert shop.document("people", "find", "n@n.org", "--property", "email")["people"] == []
    done = shop.command("people", "find", "f", "--property", "sex", "--json")
    assert json.loads(done.stdout)["error"]["code"] == "not_findable"
    told = json.dumps(shop.document("audit", "show"))
    assert "people" in told
    assert "find" in told
    assert "example.org" not in told.lower()


def test_somebody_is_found_in_a_folder(folder: Served, tmp_path: Path) -> None:
    """The audit says that it was looked for, and not what; who is erased is found no more."""
    _found(folder)
    folder.document("people", "export", "user:ann", "-o", str(tmp_path / "ann.zip"))
    with zipfile.ZipFile(tmp_path / "ann.zip") as archive:
        assert json.loads(archive.read("profile.json"))["found_by_values"] == 1
    folder.document("people", "erase", "user:ann")
    words = ("people", "find", "ann@example.org", "--property", "email")
    assert folder.document(*words)["people"] == []
    assert "0 people" in folder.command(*words).stdout


def test_somebody_is_found_by_a_server(server: Served) -> None:
    """As soon as the event was answered."""
    _found(server)
    event = {"event": "cart", "user_id": "dora", "properties": {"phone": "+49 30 123456"}}
    httpx.post(f"{server.url}/v1/events", json=event, headers=server.writing)
    found = server.document("people", "find", "0049-30-123456", "--property", "phone")
    assert len(found["people"]) == 1


def test_nobody_tries_out_addresses(server: Served) -> None:
    """Who may see personal data may look so often; who may not, never."""
    sought = {"property": "email", "value": "ann@example.org"}
    url = f"{server.url}/api/people/find"
    assert httpx.post(url, json=sought, headers=server.reading).status_code == 403
    made = server.document("tokens", "add", "desk", "personal")
    headers = {"authorization": f"Bearer {made['token']}"}
    answers = [httpx.post(url, json=sought, headers=headers) for _ in range(SOUGHT_AN_HOUR + 3)]
    assert {answer.status_code for answer in answers[:SOUGHT_AN_HOUR]} == {200}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 10
