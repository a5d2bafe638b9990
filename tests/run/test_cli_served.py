"""The same commands and the same Python on a workspace that a server has."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import Served, eventually, served, unserved

import ethogram as eg
from ethogram.events.errors import Invalid

STEPS = ["catalog", "cart", "payment_done"]


@pytest.fixture(scope="module")
def server(visits: list[str]) -> Iterator[Served]:
    """A served workspace, with six events imported through its server."""
    with served() as server:
        server.ready()
        assert server.document(*visits)["accepted"] == 6
        yield server


def test_what_is_imported_is_in_the_next_answer(server: Served) -> None:
    """The import through the server returned when its rows could be asked for."""
    answer = server.document("ask", '{"question": "funnel", "steps": ["catalog", "cart"]}')
    assert [step["people"] for step in answer["steps"]] == [3, 2]


def test_importing_twice_through_the_server_adds_nothing(server: Served, visits: list[str]) -> None:
    """The server knows which rows are in."""
    again = server.document(*visits)
    assert (again["accepted"], again["duplicates"]) == (0, 6)


def test_a_log_that_has_grown_brings_what_is_new(server: Served, tmp_path: Path) -> None:
    """Through the server too, and once more when it was rotated and packed."""
    line = '10.0.0.1 - - [0{}/Mar/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 5 "-" "Firefox"\n'
    path = tmp_path / "access.log"
    for days, accepted in ((3, 3), (5, 2)):
        path.write_text("".join(line.format(day) for day in range(1, days + 1)))
        done = server.document("import", str(path), "--preset", "access-log")
        assert (done["accepted"], done["duplicates"]) == (accepted, days - accepted)
    (tmp_path / "access.log.1.gz").write_bytes(gzip.compress(path.read_bytes()))
    done = server.document("import", str(tmp_path / "access.log.1.gz"), "--preset", "access-log")
    assert (done["accepted"], done["duplicates"]) == (0, 5)


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


def test_people_are_merged_and_parted_through_the_server(server: Served) -> None:
    """Two users become one person and two again; each is seen at once, and said with its links."""
    ends = ["user:ann", "user:ben"]
    assert server.document("people", "merge", *ends) == {"merged": True}
    for _ in eventually("they are one person"):
        one, other = (server.document("people", "show", end) for end in ends)
        if one["person"] == other["person"]:
            break
    assert [tie["kind"] for tie in one["links"] if tie["counts"]] == ["joined"]
    assert server.document("people", "unmerge", ends[0], "--from", ends[1]) == {"links": 1}
    for _ in eventually("they are two again"):
        one, other = (server.document("people", "show", end) for end in ends)
        if one["person"] != other["person"]:
            break
    done = server.command("people", "show", "anonymous:ann")
    assert done.returncode == 1 and "There is user:ann." in done.stderr


def test_python_opens_what_is_served(server: Served, monkeypatch) -> None:
    """`eg.open` appends and asks through the server; errors are of the same types."""
    for name in ("XDG_CONFIG_HOME", "TMPDIR"):
        monkeypatch.setenv(name, server.environment[name])
    with eg.open(server.folder) as shop:
        done = shop.append([eg.Event("catalog", user_id="zoe"), eg.Event("", user_id="zoe")])
        assert (done.accepted, [each.index for each in done.rejected]) == (1, [1])
        with pytest.raises(Invalid, match="crt"):
            shop.ask(eg.Funnel(["crt"]))
        by_price = shop.ask(eg.Trends(["cart"], interval="all", by=["price"])).to_polars()
        assert by_price.select("price", "value").rows() == [(20, 1), (35, 1)]


def test_a_second_server_is_told_what_stands_in_its_way(server: Served, tmp_path: Path) -> None:
    """Neither the workspace that another server has, nor its address, is taken from it."""
    same = server.command_apart("serve", "--port", str(server.port + 1))
    assert (same.returncode, "log_in_use" in same.stderr) == (1, True)
    other = Served(tmp_path, {}).command_apart("serve", "--port", str(server.port))
    assert (other.returncode, "no_address" in other.stderr) == (1, True)
    assert str(server.port) in other.stderr


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
    assert (asked.status_code, sent.status_code) == (403, 401)


def test_personal_values_are_told_to_be_there_and_no_more(server: Served) -> None:
    """The live stream says that an event has some; neither value nor name is in it."""
    after = httpx.get(f"{server.url}/api/status", headers=server.reading).json()["positions"]["log"]
    events = [
        {"event": "cart", "user_id": "kim", "properties": {"price": 5, "shoe_box_email": "k@x.eu"}},
        {"event": "cart", "user_id": "kim", "properties": {"price": 6}},
    ]
    httpx.post(f"{server.url}/v1/events", json=events, headers=server.writing)
    live = f"{server.url}/api/live?after={after}"
    with httpx.stream("GET", live, headers=server.reading, timeout=60) as stream:
        told = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        first, second = next(told), next(told)
    assert (first["properties"], first["sealed"]) == ({"price": 5}, True)
    assert (second["properties"], second["sealed"]) == ({"price": 6}, False)
    assert "email" not in json.dumps(first)


def test_the_live_stream_begins_with_what_came_last(server: Served) -> None:
    """Who opens it after an event sees the event; nobody need be quicker."""
    event = {"event": "seen_late", "user_id": "kim"}
    httpx.post(f"{server.url}/v1/events", json=[event], headers=server.writing)
    live = f"{server.url}/api/live"
    with httpx.stream("GET", live, headers=server.reading, timeout=60) as stream:
        told = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        assert "seen_late" in (one.get("event") for one in told)


def test_the_live_stream_names_what_was_planned_and_refused(server: Served) -> None:
    """A refused event whose name the plan has says it; another name may hold anything."""
    plan = 'mode = "reject"\nclosed = true\n[events.bought.properties]\n'
    file = server.folder.parent / "plan.toml"
    file.write_text(plan + 'price = { type = "number", required = true }\n')
    server.document("plan", "set", str(file))
    after = httpx.get(f"{server.url}/api/status", headers=server.reading).json()["positions"]["log"]
    events = [{"event": name, "user_id": "kim"} for name in ("bought", "k@x.eu")]
    sent = httpx.post(f"{server.url}/v1/events", json=events, headers=server.writing).json()
    file.write_text('mode = "warn"\n')
    server.document("plan", "set", str(file))
    assert len(sent["rejected"]) == 2
    live = f"{server.url}/api/live?after={after}"
    with httpx.stream("GET", live, headers=server.reading, timeout=60) as stream:
        told = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        assert [next(told)["event"], next(told)["event"]] == ["bought", ""]


def test_a_server_that_is_told_to_stop_leaves_nothing_behind(visits: list[str]) -> None:
    """SIGTERM ends both processes, silently, with 0; note and sockets go, and the folder opens."""
    with served() as server:
        for _ in eventually("the server says where it is"):
            if "Ready in" in server.said():
                break
        before = server.said()
        assert server.stop() == 0, server.said()
        assert server.said() == before
        assert server.family() == []
        assert not (server.folder / "serve.json").exists()
        assert list(server.scratch.glob("ethogram-*")) == []
        assert server.document(*visits)["accepted"] == 6


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


def test_another_project_is_used_without_the_server(server: Served, visits: list[str]) -> None:
    """What is imported into it is in its answers, and in none of the server's."""
    served_events = server.document("verify")["log"]["events"]
    other = ("--project", "other")
    assert server.document(*visits, *other)["accepted"] == 6
    answer = server.document("ask", '{"question": "funnel", "steps": ["catalog"]}', *other)
    assert [step["people"] for step in answer["steps"]] == [3]
    assert server.document("verify")["log"]["events"] == served_events


def test_every_project_is_served_and_each_for_itself(visits: list[str]) -> None:
    """Projects that stand, and one that is made meanwhile; a key opens its own and no other."""
    with unserved() as server:
        server.document(*visits, "--project", "other")
        server.start().ready()
        server.document(*visits, "--project", "third")
        for project, people in (("default", 0), ("other", 3), ("third", 3)):
            keys = server.document("keys", "--project", project)
            asked = httpx.post(
                f"{server.url}/api/ask",
                json={"question": "trends", "series": [{"event": "catalog", "measure": "people"}],
                      "interval": "all"},
                headers={"authorization": f"Bearer {keys['read']}"}, timeout=60,
            )  # fmt: skip
            assert asked.is_success == bool(people), asked.text
            if people:
                assert asked.json()["series"][0]["points"][0][1] == people
        sent = httpx.post(
            f"{server.url}/v1/events", json=[{"event": "cart", "user_id": "ann"}],
            headers={"authorization": f"Bearer {keys['write']}"},
        )  # fmt: skip
        assert sent.json()["accepted"] == 1
        logs = [server.document("verify", "--project", name)["log"]["events"]
                for name in ("default", "other", "third")]  # fmt: skip
        assert logs == [0, 6, 7]
