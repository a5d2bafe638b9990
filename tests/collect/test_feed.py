"""The log over HTTP: every entry once, in order, as soon as it is there."""

import asyncio

import msgspec
import pyarrow as pa
import pytest

from ethogram.collect.admission import Refusal
from ethogram.collect.door import Step
from ethogram.collect.group import Group
from ethogram.collect.protocols.native import claim
from ethogram.events.errors import Invalid
from ethogram.events.event import Event
from ethogram.events.times import now


def run(scenario) -> None:
    """Run a scenario to its end."""
    asyncio.run(asyncio.wait_for(scenario(), 60))


def events(count: int, start: int = 0) -> list[Event]:
    """Events e0, e1, …"""
    more = {"tags": ["a"], "no": None}
    return [
        Event("e", user_id="u", event_id=f"e{i}", properties={"n": i, **more})
        for i in range(start, start + count)
    ]


def take_rows(project, count: int) -> None:
    """The same events as `events` gives, as an import brings them."""
    at = now()
    rows = range(count)
    table = pa.table({
        "event": ["e"] * count,
        "user_id": ["u"] * count,
        "timestamp": pa.array([at] * count, pa.timestamp("us", "UTC")),
        "event_id": [f"e{i}" for i in rows],
        "p_n_number": pa.array(rows, pa.float64()),
        "p_tags_json": ['["a"]'] * count,
        "p_no_null": [True] * count,
    })  # fmt: skip
    group = Group()
    project.door.admit_table(group, table, at, Step("import:x", 0, count), keyed=False)
    project.door.close_group(group)
    project.door.commit(group)
    project.door.settle(group)


async def read(client, query: str = "", status: int = 200, **more):
    """A page of the feed."""
    more.setdefault("headers", client.project.key("read"))
    answer = await client.send("GET", f"/v1/log?{query}", **more)
    assert answer.status == status, answer.body
    return answer.json


async def move(client, consumer: str, position: int | None):
    """A consumer moves its cursor."""
    body = msgspec.json.encode({"consumer": consumer, "position": position})
    return await client.post(body, "/v1/log", headers=client.project.key("read"))


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_give_every_entry_once(project, serving, limit: int) -> None:
    """Page by page, also from inside a record, every entry comes once and in order."""
    project.take(events(5))
    project.take([Refusal(Invalid("bad", "Bad."), b"raw"), *events(2, 5)])
    take_rows(project, 6)
    project.take(events(3, 20))

    async def scenario() -> None:
        async with serving() as client:
            after, found = 0, []
            while page := (await read(client, f"after={after}&limit={limit}"))["entries"]:
                assert len(page) <= limit
                after = page[-1]["position"]
                found += page
            assert [e["position"] for e in found] == list(range(1, project.log.end + 1))
            ids = [e["entry"]["event_id"] for e in found if e["kind"] == "event"]
            assert ids == [f"e{i}" for i in (*range(7), *range(6), 20, 21, 22)]
            assert [e["entry"]["code"] for e in found if e["kind"] == "dead_letter"] == ["bad"]

    run(scenario)


def test_an_entry_looks_the_same_however_it_came(project, serving) -> None:
    """An imported row and a sent event with the same content differ in nothing but their times."""
    project.take(events(1))
    take_rows(project, 1)

    async def scenario() -> None:
        async with serving() as client:
            sent, imported = (e["entry"] for e in (await read(client))["entries"])
            assert sent["properties"] == {"n": 0, "tags": ["a"], "no": None}
            for entry in (sent, imported):
                assert abs(entry.pop("timestamp") - now()) < 60_000_000
                entry.pop("received_at")
            assert sent == imported

    run(scenario)


def test_a_long_poll_wakes_when_something_comes(project, serving) -> None:
    """A reader that waits at the end hears of the next event, without waiting to the end."""

    async def scenario() -> None:
        async with serving() as client:
            waiting = asyncio.create_task(read(client, "after=0&wait=50"))
            await asyncio.sleep(0)
            assert not waiting.done()
            await client.post(msgspec.json.encode(events(2)))
            page = await waiting
            assert [e["position"] for e in page["entries"]] == [1, 2]
            assert page["next"] == 2

    run(scenario)


def test_what_comes_between_looking_and_waiting_is_heard(project, serving) -> None:
    """An event that is kept right after the reader looked wakes it too."""

    async def scenario() -> None:
        async with serving() as client:
            loop, look = asyncio.get_running_loop(), project.log.read

            def look_then_append(after: int, limit: int):
                found, project.log.read = look(after, limit), look
                posted = client.post(msgspec.json.encode(events(1)))
                asyncio.run_coroutine_threadsafe(posted, loop).result(20)
                return found

            project.log.read = look_then_append
            assert len((await read(client, "after=0&wait=50"))["entries"]) == 1

    run(scenario)


def test_a_long_poll_ends(project, serving) -> None:
    """When nothing comes the answer is an empty page that goes on where it began."""
    project.take(events(3))

    async def scenario() -> None:
        async with serving() as client:
            assert await read(client, "after=3&wait=0.05") == {"entries": [], "next": 3}

    run(scenario)


def test_a_stream_goes_on_where_it_was(project, serving) -> None:
    """Server-sent events carry positions; a client that comes back gets what it has not had."""
    project.take(events(2))

    async def scenario() -> None:
        async with serving() as client:
            heard, leave = bytearray(), asyncio.Event()

            async def gone():
                await leave.wait()
                return {"type": "http.disconnect"}

            def hear(chunk: bytes) -> None:
                heard.extend(chunk)
                if b"id: 4\n" in heard:
                    leave.set()

            key = client.project.key("read") | {"accept": "text/event-stream"}
            asked = key | {"last-event-id": "1", "origin": "https://shop"}
            streaming = asyncio.create_task(
                client.send("GET", "/v1/log", [], asked, after=gone, heard=hear)
            )
            while b"id: 2\n" not in heard:
                await asyncio.sleep(0)
            await client.post(msgspec.json.encode(events(2, 2)))
            answer = await streaming
            assert answer.headers["content-type"] == "text/event-stream"
            assert answer.headers["access-control-allow-origin"] == "https://shop"
            sent = [part.split(b"\n") for part in bytes(heard).split(b"\n\n") if b"data" in part]
            assert [lines[0] for lines in sent] == [b"id: 2", b"id: 3", b"id: 4"]
            assert {lines[1] for lines in sent} == {b"event: event"}
            ids = [msgspec.json.decode(lines[2][6:])["event_id"] for lines in sent]
            assert ids == ["e1", "e2", "e3"]

    run(scenario)


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_what_was_trimmed_is_a_clear_error(project, serving, accept: str) -> None:
    """A reader that comes too late is told from where it can read, also before a stream begins."""
    project.take(events(3))
    project.take(events(2, 5))
    project.log.trim(3)

    async def scenario() -> None:
        async with serving() as client:
            headers = client.project.key("read") | {"accept": accept}
            said = await read(client, "after=1", 404, headers=headers)
            assert said["error"]["code"] == "log_trimmed"
            assert "after 3" in said["error"]["hint"]
            assert len((await read(client, "after=3"))["entries"]) == 2

    run(scenario)


def test_a_consumer_goes_on_where_it_was(project, serving, make_project) -> None:
    """A named consumer's cursor is durable, its own, and moved only by itself."""
    project.take(events(5))

    async def scenario() -> None:
        async with serving() as client:
            body = msgspec.json.encode({"consumer": "crm", "position": 3})
            moved = await client.post(body, "/v1/log", headers=client.project.key("read"))
            assert (moved.status, moved.json["position"]) == (200, 3)
            assert (await read(client, "consumer=crm"))["entries"][0]["position"] == 4
            assert (await read(client, "consumer=crm&after=1"))["entries"][0]["position"] == 2
            assert (await read(client, "consumer=other"))["entries"][0]["position"] == 1

    run(scenario)
    assert make_project().log.cursors() == {"feed:crm": 3}


@pytest.mark.parametrize("query", [
    "after=x", "after=-1", "limit=0", "limit=10001", "wait=61", "wait=-1", "after=1.5", "wait=nan",
])  # fmt: skip
def test_a_bad_question_is_refused(project, serving, query: str) -> None:
    """A number that is none, or out of bounds, is said so."""

    async def scenario() -> None:
        async with serving() as client:
            assert (await read(client, query, 400))["error"]["code"] == "bad_query"

    run(scenario)


@pytest.mark.parametrize("body", [
    b"", b"{}", b"\xff", b'{"consumer":"x"}', b'{"consumer":"x","position":-1}',
    b'{"consumer":"x","position":6}', b"[" * 5_000,
])  # fmt: skip
def test_a_cursor_stays_in_the_log(project, serving, body: bytes) -> None:
    """A cursor can only be moved to where the log is."""
    project.take(events(5))

    async def scenario() -> None:
        async with serving() as client:
            answer = await client.post(body, "/v1/log", headers=client.project.key("read"))
            assert (answer.status, answer.code) == (400, "bad_cursor")

    run(scenario)


@pytest.mark.parametrize("name", ["", "a" * 65, "a b", "ann@example.org", "feed:x", "a\n"])
def test_a_consumer_has_a_plain_name(project, serving, name: str) -> None:
    """Names of consumers are short and say nothing strange."""

    async def scenario() -> None:
        async with serving() as client:
            answer = await move(client, name, 0)
            assert (answer.status, answer.code) == (400, "bad_cursor")

    run(scenario)


def test_consumers_are_few(project, serving) -> None:
    """A read key cannot fill the log with cursors, not even all at once; known ones go on."""
    project.take(events(1))

    async def scenario() -> None:
        async with serving() as client:
            asked = (move(client, f"c{i}", 0) for i in range(80))
            answers = await asyncio.gather(*asked)
            kept = [i for i, answer in enumerate(answers) if answer.status == 200]
            assert len(kept) == len(project.log.cursors()) == 64
            assert {a.code for a in answers if a.status != 200} == {"too_many_consumers"}
            assert (await move(client, f"c{kept[0]}", 1)).status == 200
            assert (await move(client, f"c{kept[1]}", None)).json["position"] is None
            assert f"feed:c{kept[1]}" not in project.log.cursors()
            assert (await move(client, "new", 1)).status == 200
            lake = b'{"consumer":"lake","position":null}'
            assert (await client.post(lake, "/cursors", local=True)).status == 400

    run(scenario)


def test_reading_needs_a_read_key(project, serving) -> None:
    """A write key reads nothing and moves nothing."""

    async def scenario() -> None:
        async with serving() as client:
            for key in (client.project.key("write"), {}):
                assert (await client.send("GET", "/v1/log", headers=key)).status == 401
                assert (await client.post(b"{}", "/v1/log", headers=key)).status == 401

    run(scenario)


def test_dead_letters_come_closed(project, serving) -> None:
    """The feed shows why an event was refused, not what was in it."""
    project.take([claim(b'{"event":"e","user_id":"ann","x-y":1}')])

    async def scenario() -> None:
        async with serving() as client:
            (entry,) = (await read(client))["entries"]
            assert entry["entry"]["code"] == "unknown_field"
            assert "ann" not in str(entry)

    run(scenario)
