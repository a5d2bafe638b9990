"""The same commands and the same Python on a workspace that a server has."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, served

import ethogram as eg
from ethogram.events.errors import Invalid

STEPS = ["catalog", "cart", "payment_done"]


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A served workspace."""
    with served() as server:
        yield server.ready()


@pytest.fixture
def imported(server: Served, visits: list[str]) -> dict:
    """What the import of the six events through the server says, the first time or again."""
    return server.document(*visits)


def test_import_and_ask_go_through_the_server(server: Served, imported: dict) -> None:
    """What the command imports is visible to the question that follows it."""
    assert imported["accepted"] == 6
    answer = server.document("ask", '{"question": "funnel", "steps": ["catalog", "cart"]}')
    assert [step["people"] for step in answer["steps"]] == [3, 2]


def test_importing_twice_through_the_server_adds_nothing(imported: dict) -> None:
    """The server knows which rows are in."""
    assert (imported["accepted"], imported["duplicates"]) == (0, 6)


def test_verify_asks_the_server(server: Served) -> None:
    """Chain, lake and index agree while they are served."""
    verdict = server.document("verify")
    assert verdict["problems"] == []
    assert verdict["log"]["events"] == verdict["index"]["events"]


def test_errors_come_through_as_they_are(server: Served) -> None:
    """A name that is not there is answered as without a server."""
    done = server.command("ask", '{"question": "funnel", "steps": ["crt"]}')
    assert done.returncode == 1
    assert 'Did you mean "cart"?' in done.stderr


def test_python_opens_what_is_served(server: Served, monkeypatch) -> None:
    """`eg.open` appends and asks through the server; errors are of the same types."""
    for name in ("XDG_CONFIG_HOME", "TMPDIR"):
        monkeypatch.setenv(name, server.environment[name])
    with eg.open(server.folder) as shop:
        done = shop.append([eg.Event("catalog", user_id="zoe"), eg.Event("", user_id="zoe")])
        assert (done.accepted, [each.index for each in done.rejected]) == (1, [1])
        with pytest.raises(Invalid, match="crt"):
            shop.ask(eg.Funnel(["crt"]))


def test_a_visitors_cookie_opens_nothing_for_the_next(server: Served) -> None:
    """Who has signed in is answered; who asks after them, without a key, is not."""
    with httpx.Client(base_url=server.url, follow_redirects=True) as visitor:
        visitor.get("/", params={"key": server.keys["read"]})
        assert visitor.get("/api/status").status_code == 200
    assert httpx.get(f"{server.url}/api/status").status_code == 401


def test_the_write_key_does_not_read_nor_the_read_key_write(server: Served) -> None:
    """Each key opens its own side only."""
    asked = httpx.get(f"{server.url}/api/status", headers=server.writing)
    sent = httpx.post(f"{server.url}/v1/events", json=[], headers=server.reading)
    assert (asked.status_code, sent.status_code) == (401, 401)


def test_python_opens_a_folder(tmp_path: Path, monkeypatch) -> None:
    """As the README says: events that are appended are in the next answer, and in its frame."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with eg.open(tmp_path / "shop") as shop:
        names = ["catalog", "cart", "payment_done"]
        times = [f"2026-03-01T10:0{minute}:00Z" for minute in range(3)]
        shop.append(
            [eg.Event(name, user_id="7", timestamp=time, properties={"price": 20})
             for name, time in zip(names, times, strict=True)]
        )  # fmt: skip
        answer = shop.ask(eg.Funnel(STEPS, within="7d"))
        frame = answer.to_polars()
        assert frame["event"].to_list() == STEPS
        assert frame["people"].to_list() == [1, 1, 1]
        assert len(answer.people(step=2)) == 1
        assert answer.chart() is not None
