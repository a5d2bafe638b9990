"""The live stream: every event and every reason, in order, from where the reader was."""

import asyncio
import json

import pytest

from ethogram.show.api import live
from ethogram.show.api.ports import LiveEvent


def event(position: int) -> LiveEvent:
    """An accepted event."""
    at = "2026-01-01T00:00:00Z"
    return LiveEvent(position, "cart", "1", at, at, {}, False)


def parsed(text: str) -> list[dict[str, str]]:
    """Server-sent events as a browser reads them."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]


async def always() -> bool:
    """The listener may listen."""
    return True


def test_events_and_rejects_are_streamed(client):
    """Both kinds come under their names, with the position as id and one line of data."""
    response = client.get("/api/live")
    assert response.headers["content-type"].startswith("text/event-stream")
    accepted, rejected = parsed(response.text)
    assert (accepted["event"], accepted["id"]) == ("event", "8")
    assert json.loads(accepted["data"])["properties"] == {"note": "a\n\nb"}
    assert json.loads(accepted["data"])["sealed"] is True
    assert (rejected["event"], rejected["id"]) == ("rejected", "9")
    assert json.loads(rejected["data"])["hint"] == "Write ISO 8601."


@pytest.mark.parametrize(
    ("query", "last", "after"),
    [("", None, None), ("?after=5", None, 5), ("?after=5", "7", 7), ("", "x", None)],
)
def test_a_reader_goes_on_where_it_was(client, ports, query, last, after):
    """The browser's Last-Event-ID goes before ``after``; without both the server chooses."""
    client.get(f"/api/live{query}", headers={"Last-Event-ID": last} if last else {})
    assert ports.asked_after == after


async def never():
    """Wait without end."""
    await asyncio.Event().wait()


def test_silence_is_filled_with_comments(monkeypatch):
    """A reader hears something even when nothing happens, and leaves when it likes."""
    monkeypatch.setattr(live, "HEARTBEAT", 0.01)
    heard, enough = [], asyncio.Event()

    async def items():
        await never()
        yield event(1)

    async def send(message):
        heard.append(message.get("body", b""))
        if heard.count(b": still here\n\n") == 3:
            enough.set()

    async def receive():
        await enough.wait()
        return {"type": "http.disconnect"}

    asyncio.run(asyncio.wait_for(live.LiveStream(items(), always)({}, receive, send), 10))
    assert heard.count(b": still here\n\n") >= 3


def test_a_slow_reader_holds_a_bounded_number(monkeypatch):
    """While a reader takes nothing, no more than the bound is fetched for it; closing tells."""
    fetched, closed, stuck = [], [], asyncio.Event()

    async def items():
        try:
            for position in range(10 * live.WAITING):
                fetched.append(position)
                if position == live.WAITING:
                    stuck.set()
                yield event(position)
        finally:
            closed.append(True)

    async def send(message):
        if message.get("body"):
            await never()

    async def receive():
        await stuck.wait()
        for _ in range(100):
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    async def scene() -> None:
        await live.LiveStream(items(), always)({}, receive, send)
        assert closed == [True]

    asyncio.run(asyncio.wait_for(scene(), 10))
    assert live.WAITING <= len(fetched) <= live.WAITING + 2


def test_a_stream_ends_with_the_right_that_opened_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that is revoked, a session that is over: nothing more is told."""
    monkeypatch.setattr(live, "LOOK", 0.01)
    told, looked = 0, iter([True, True, False])

    async def holds() -> bool:
        return next(looked)

    async def items():
        while True:
            await asyncio.sleep(0.001)
            yield live.Rejected(9, "no", "", "", "", "", "")

    async def receive() -> dict:
        await asyncio.Event().wait()
        return {}

    async def send(message: dict) -> None:
        nonlocal told
        told += message["type"] == "http.response.body"

    asyncio.run(asyncio.wait_for(live.LiveStream(items(), holds)({}, receive, send), 30))
    assert told > 1
    assert next(looked, None) is None
