"""The collector as a client meets it: one error shape, limits that hold, keys that fit."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable

import pyarrow as pa
import pytest

from ethogram.collect.app import Limits
from ethogram.events.errors import Busy
from ethogram.store.log.entries import pack_table

GOOD = b'{"event":"cart","user_id":"ann"}'
TABLE = pack_table(pa.table({
    "event": ["e"], "user_id": ["u"], "event_id": ["1"],
    "timestamp": pa.array([5], pa.timestamp("us", "UTC")),
}))  # fmt: skip


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario to its end."""
    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_what_was_kept_is_said(project, serving) -> None:
    """The answer counts what was accepted, repeated and rejected, and why; all is in the log."""

    async def scenario() -> None:
        async with serving() as client:
            event = b'{"event":"e","user_id":"u","event_id":"1"}'
            answer = await client.post(b"[" + event + b"," + event + b',{"event":"e"}]')
            assert answer.status == 200
            said = answer.json
            assert list(said) == ["accepted", "duplicates", "rejected"]
            assert (said["accepted"], said["duplicates"]) == (1, 1)
            (rejected,) = said["rejected"]
            assert (rejected["index"], rejected["code"]) == (2, "no_id")

    run(scenario)
    assert len(project.events) == len(project.letters) == 1


def test_a_body_may_come_in_pieces(project, serving) -> None:
    """A packed body in many chunks is one body."""

    async def scenario() -> None:
        async with serving() as client:
            packed = gzip.compress(b"[" + GOOD + b"]")
            answer = await client.post([packed[i : i + 7] for i in range(0, len(packed), 7)])
            assert answer.json["accepted"] == 1

    run(scenario)


@pytest.mark.parametrize(("headers", "code"), [
    ({}, "no_key"),
    ({"authorization": "Bearer"}, "no_key"),
    ({"authorization": "Bearer eg_write_nobody"}, "unknown_key"),
    ({"authorization": "Bearer \xff\xfe"}, "unknown_key"),
    ("read", "unknown_key"),
])  # fmt: skip
def test_without_the_write_key_nothing_is_taken(project, serving, headers, code: str) -> None:
    """No key, a wrong one or a read key gives 401, before the body is looked at."""

    async def scenario() -> None:
        async with serving() as client:
            said = project.key("read") if headers == "read" else headers
            answer = await client.post(b"not even JSON", headers=said)
            assert (answer.status, answer.code) == (401, code)
            assert answer.headers["www-authenticate"] == "Bearer"

    run(scenario)
    assert project.log.end == 0


@pytest.mark.parametrize("path", ["/v1/events", "/v1/log", "/segment/v1/batch"])
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer eg_write_nobody"}])
def test_a_key_comes_before_the_body(serving, path: str, headers: dict[str, str]) -> None:
    """Without a key that fits no body is waited for, but where the key may be in the body."""

    async def scenario() -> None:
        async with serving(Limits(seconds=0.1)) as client:

            async def never():
                await asyncio.Event().wait()
                return {}

            answer = await client.post([b"["], path, headers=headers, after=never)
            may_be_inside = path.startswith("/segment") and not headers
            assert answer.status == (408 if may_be_inside else 401)

    run(scenario)


def test_who_shows_no_key_fills_no_queue(project, serving) -> None:
    """Slow bodies that may have their key inside take a share of their own, and no more."""

    async def scenario() -> None:
        async with serving(Limits(seconds=5, body=1_000, waiting=8_000)) as client:
            go, path = asyncio.Event(), "/segment/v1/track"

            async def rest():
                await go.wait()
                return {"type": "http.request", "body": b"", "more_body": False}

            key = project.vault.keyring.access("write").encode()
            inside = b'{"event":"e","userId":"u","writeKey":"' + key + b'"}'
            slow = [asyncio.create_task(client.post([inside + b" " * 500], path, headers={},
                                                    after=rest)) for _ in range(20)]  # fmt: skip
            await asyncio.sleep(0)
            turned_away = await client.post(inside + b" " * 500, path, headers={})
            assert (turned_away.status, turned_away.code) == (503, "queue_full")
            assert (await client.post(GOOD + b" " * 900)).json["accepted"] == 1
            go.set()
            assert sorted(answer.status for answer in await asyncio.gather(*slow))[0] == 200
            assert (await client.post(inside, path, headers={})).status == 200

    run(scenario)


def test_a_large_body_passes_when_nothing_else_waits(project, serving) -> None:
    """What the dialect takes is taken, though it is more than may wait, with its key inside too."""
    key = project.vault.keyring.access("write")
    event = f'{{"event":"e","distinct_id":"u","api_key":"{key}"}}'.encode()

    async def scenario() -> None:
        async with serving(Limits(body=1_000, waiting=2_000)) as client:
            go, body = asyncio.Event(), event + b" " * 100_000

            async def rest():
                await go.wait()
                return {"type": "http.request", "body": b"", "more_body": False}

            first = asyncio.create_task(client.post([body], "/posthog/e/", headers={}, after=rest))
            await asyncio.sleep(0)
            assert (await client.post(body, "/posthog/e/", headers={})).status == 503
            go.set()
            assert (await first).status == 200
            assert (await client.post(body, "/posthog/e/", headers={})).status == 200

    run(scenario)
    assert len(project.events) == 2


def test_a_key_may_come_in_the_query(project, serving) -> None:
    """Where a client cannot set headers, the key may stand in the address."""

    async def scenario() -> None:
        async with serving() as client:
            key = project.vault.keyring.access("write")
            answer = await client.post(GOOD, f"/v1/events?key={key}", headers={})
            assert answer.json["accepted"] == 1

    run(scenario)


@pytest.mark.parametrize(("method", "path", "allow"), [
    ("GET", "/v1/events", "POST, OPTIONS"),
    ("PUT", "/v1/events", "POST, OPTIONS"),
    ("DELETE", "/v1/log", "GET, POST, OPTIONS"),
    ("HEAD", "/segment/v1/batch", "GET, POST, OPTIONS"),
])  # fmt: skip
def test_another_method_is_not_allowed(serving, method: str, path: str, allow: str) -> None:
    """405 says which methods there are."""

    async def scenario() -> None:
        async with serving() as client:
            answer = await client.send(method, path)
            assert (answer.status, answer.code) == (405, "method_not_allowed")
            assert answer.headers["allow"] == allow

    run(scenario)


@pytest.mark.parametrize("body", [b"", b"{", b"[1,", b"nope", b"\xff"])
@pytest.mark.parametrize("path", ["/v1/events", "/segment/v1/batch"])
def test_what_cannot_be_decoded_is_400(serving, path: str, body: bytes) -> None:
    """Broken JSON is refused whole with code, place and hint."""

    async def scenario() -> None:
        async with serving() as client:
            answer = await client.post(body, path)
            assert answer.status == 400
            assert answer.code in ("bad_json", "empty_body")

    run(scenario)


@pytest.mark.parametrize("body", [
    b"[" + b" " * 2_000 + b"]", gzip.compress(b"[" + b" " * 2_000 + b"]"), [b"x" * 600] * 2,
], ids=["plain", "packed", "in pieces"])  # fmt: skip
def test_a_body_over_the_limit_is_413(project, serving, body) -> None:
    """The limit holds before and after decompression, whatever Content-Length says."""

    async def scenario() -> None:
        async with serving(Limits(body=1_000)) as client:
            for length in ("1", "5000", "-1", "x"):
                headers = project.key() | {"content-length": length}
                answer = await client.post(body, headers=headers)
                assert (answer.status, answer.code) == (413, "body_too_large")

    run(scenario)


def test_a_body_that_stalls_is_408(project, serving) -> None:
    """A body that does not arrive in time is given up, and others are served meanwhile."""

    async def scenario() -> None:
        async with serving(Limits(seconds=0.2)) as client:

            async def never():
                await asyncio.Event().wait()
                return {}

            stalled = [asyncio.create_task(client.post([b"["], after=never)) for _ in range(200)]
            await asyncio.sleep(0)
            assert (await client.post(GOOD)).json["accepted"] == 1
            for answer in await asyncio.gather(*stalled):
                assert (answer.status, answer.code) == (408, "body_too_slow")

    run(scenario)


def test_a_connection_that_ends_in_the_body_keeps_nothing(project, serving) -> None:
    """What came of a body that was cut off is not taken for the whole."""

    async def scenario() -> None:
        async with serving() as client:

            async def gone():
                return {"type": "http.disconnect"}

            answer = await client.post([GOOD], after=gone)
            assert (answer.status, answer.code) == (400, "body_cut_off")

    run(scenario)
    assert project.log.end == 0


def test_what_waits_is_bounded(project, serving) -> None:
    """Bodies that are still coming count; beyond the bound a request is told to come back."""

    async def scenario() -> None:
        async with serving(Limits(seconds=5, waiting=1_000)) as client:
            go = asyncio.Event()

            async def rest():
                await go.wait()
                return {"type": "http.request", "body": b"", "more_body": False}

            slow = asyncio.create_task(client.post([GOOD + b" " * 900], after=rest))
            await asyncio.sleep(0)
            answer = await client.post(GOOD + b" " * 100)
            assert (answer.status, answer.code) == (503, "queue_full")
            assert int(answer.headers["retry-after"]) >= 1
            go.set()
            assert (await slow).json["accepted"] == 1
            assert (await client.post(GOOD + b" " * 900)).json["accepted"] == 1

    run(scenario)


def test_what_is_packed_waits_as_what_it_holds(project, serving) -> None:
    """A small body that opens to a large one counts as the large one, beside what waits."""

    async def scenario() -> None:
        async with serving(Limits(waiting=10_000)) as client:
            go = asyncio.Event()

            async def rest():
                await go.wait()
                return {"type": "http.request", "body": b"", "more_body": False}

            slow = asyncio.create_task(client.post([GOOD], after=rest))
            await asyncio.sleep(0)
            answer = await client.post(gzip.compress(b"[" + b" " * 20_000 + b"]"))
            assert (answer.status, answer.code) == (503, "queue_full")
            go.set()
            assert (await slow).json["accepted"] == 1

    run(scenario)


def test_a_disk_that_refuses_is_503(project, serving) -> None:
    """A full disk is said, with when to come back; the same events are taken afterwards."""

    async def scenario() -> None:
        async with serving() as client:
            working, project.door.commit = project.door.commit, full
            answer = await client.post(b'{"event":"e","user_id":"u","event_id":"1"}')
            assert (answer.status, answer.code) == (503, "disk_full")
            assert int(answer.headers["retry-after"]) >= 1
            project.door.commit = working
            again = await client.post(b'{"event":"e","user_id":"u","event_id":"1"}')
            assert again.json["accepted"] == 1

    def full(_: object) -> None:
        raise Busy("disk_full", "The disk is full.")

    run(scenario)


def test_too_many_events_are_429(project, serving) -> None:
    """Above the project's allowance a request is told when to come back; nothing of it is kept."""

    async def scenario() -> None:
        async with serving(rate=10) as client:
            batch = b"[" + b",".join([GOOD] * 25) + b"]"
            assert (await client.post(batch)).json["accepted"] == 25
            answer = await client.post(GOOD)
            assert (answer.status, answer.code) == (429, "too_many_events")
            assert answer.headers["retry-after"] == "2"
            assert (await client.post(GOOD, local=True)).json["accepted"] == 1

    run(scenario)
    assert len(project.events) == 26


def test_browsers_of_any_site_may_send(project, serving) -> None:
    """A preflight is allowed what it asks for; answers and errors echo the origin."""

    async def scenario() -> None:
        async with serving() as client:
            asked = {"origin": "https://shop.example", "access-control-request-method": "POST",
                     "access-control-request-headers": "authorization, x-retry-count"}  # fmt: skip
            answer = await client.send("OPTIONS", "/segment/v1/t", headers=asked)
            assert (answer.status, answer.body) == (204, b"")
            assert "content-length" not in answer.headers
            assert answer.headers["access-control-allow-origin"] == "https://shop.example"
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert answer.headers["access-control-allow-headers"] == "authorization, x-retry-count"
            assert "POST" in answer.headers["access-control-allow-methods"]
            refused = await client.post(GOOD, headers={"origin": "https://shop.example"})
            assert refused.status == 401
            assert refused.headers["access-control-allow-origin"] == "https://shop.example"
            assert refused.headers["vary"] == "Origin"
            assert "access-control-allow-origin" not in (await client.post(GOOD)).headers

    run(scenario)


@pytest.mark.parametrize("path", [
    "/", "/v1/eventsx", "/v1/events/", "/v1/events/x", "/v1/logs", "/segment", "/cursors",
    "/claims", "/cursors/", "/api/ask", "//v1/events",
])  # fmt: skip
def test_other_paths_are_passed_on(serving, path: str) -> None:
    """What is no door's goes to the application behind, the owner's paths among them."""

    async def scenario() -> None:
        async with serving() as client:
            assert (await client.post(GOOD, path)).status == 299

    run(scenario)


def test_the_owners_socket_needs_no_key(project, serving) -> None:
    """Through the workspace's own socket a project is named instead."""

    async def scenario() -> None:
        async with serving() as client:
            named = {"x-ethogram-project": "default"}
            for headers in ({}, named):
                answer = await client.post(GOOD, headers=headers, local=True)
                assert answer.json["accepted"] == 1
            other = {"x-ethogram-project": "defalt"}
            answer = await client.post(GOOD, headers=other, local=True)
            assert (answer.status, answer.code) == (404, "unknown_project")
            assert "default" in answer.json["error"]["hint"]
            assert (await client.post(GOOD, headers=named)).status == 401

    run(scenario)


def test_the_owner_moves_cursors_and_imports(project, serving) -> None:
    """Cursors of any name and tables of claims are there for the own socket."""

    async def scenario() -> None:
        async with serving() as client:
            path = "/claims?mark=import:x&since=0&rows=1&form=table&keyed=false"
            answer = await client.post(TABLE, path, local=True)
            assert answer.json["accepted"] == 1
            marked = await client.send("GET", "/claims?mark=import:x", local=True)
            assert marked.json == {"rows": 1}
            moved = b'{"consumer":"lake","position":1}'
            assert (await client.post(moved, "/cursors", local=True)).status == 200
            again = await client.post(TABLE, path, local=True)
            assert (again.status, again.code) == (400, "import_elsewhere")
            path = path.replace("since=0&rows=1", "since=1&rows=4").replace("table", "events")
            lines = b"\n".join([b"[1]", GOOD, b" "])
            answer = await client.post(lines, path, local=True)
            assert answer.json["accepted"] == 1
            assert [each["index"] for each in answer.json["rejected"]] == [0, 2]
            marked = await client.send("GET", "/claims?mark=import:x", local=True)
            assert marked.json == {"rows": 4}
            path = path.replace("since=1&rows=4", "since=4&rows=5").replace("events", "table")
            bad = await client.post(b"x", path, local=True)
            assert (bad.status, bad.code) == (400, "bad_claims")

    run(scenario)
    assert project.log.cursors() == {"lake": 1}


@pytest.mark.parametrize("server", [("127.0.0.1", 8000), ("::1", 8000), None])
def test_a_client_without_an_address_is_not_the_owner(project, serving, server) -> None:
    """A connection that was reset has no address; that opens nothing."""

    async def scenario() -> None:
        async with serving() as client:
            scope = {"client": None, "server": server}
            assert (await client.post(GOOD, headers={}, scope=scope)).status == 401
            assert (await client.post(TABLE, "/claims", headers={}, scope=scope)).status == 299

    run(scenario)
    assert project.log.end == 0
