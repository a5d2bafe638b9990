"""What the client sends, and what it does about each answer."""

import gzip
import json

import pytest

from ethogram.events.errors import Invalid
from ethogram.events.event import Event
from ethogram.send.courier import BATCH, SMALL, Courier, Post
from ethogram.send.outbox import Outbox

KEPT = b'{"accepted": 1, "duplicates": 0, "rejected": []}'


@pytest.fixture
def heard():
    """What ``on_error`` was told: codes and JSON."""
    return []


@pytest.fixture
def courier(tmp_path, heard):
    """A courier with an empty outbox."""
    made = Courier(Outbox(tmp_path), "key", lambda error, raw: heard.append((error.code, raw)))
    yield made
    made.close()


def events_of(post: Post) -> list[dict]:
    """The events of a request."""
    compressed = post.headers.get("content-encoding") == "gzip"
    return json.loads(gzip.decompress(post.body) if compressed else post.body)


def test_an_event_has_its_id_and_time_before_it_is_sent(courier):
    """So that it is the same one however often it is sent; when it is sent is said then."""
    said = courier.take(Event("cart", user_id="7"))
    first, second = events_of(courier.next()), events_of(courier.next())
    assert first[0]["event_id"] == second[0]["event_id"] == said
    assert first[0]["timestamp"] == second[0]["timestamp"]
    assert first[0]["sent_at"] >= first[0]["timestamp"]


def test_what_the_caller_says_stands(courier):
    """Id and time are the caller's where given; when it is sent is not the caller's to say."""
    courier.take(Event("cart", user_id="7", event_id="mine", timestamp="2026-01-01"))
    (event,) = events_of(courier.next())
    assert (event["event_id"], event["timestamp"]) == ("mine", "2026-01-01")
    with pytest.raises(Invalid) as error:
        courier.take(Event("cart", user_id="7", sent_at=1))
    assert error.value.at == "$.sent_at"


def test_success_ends_an_event_s_way(courier, heard):
    """What was rejected is told, once, with its JSON."""
    for name in "ab":
        courier.take(Event(name, user_id="7"))
    said = {"index": 1, "code": "no_id", "message": "m", "at": "$", "hint": "h"}
    assert courier.answered(courier.next(), 200, {}, json.dumps({"rejected": [said]}).encode()) == 0
    assert courier.next() is None
    ((code, raw),) = heard
    assert (code, json.loads(raw)["event"]) == ("no_id", "b")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_trouble_is_waited_out(courier, heard, status):
    """Longer each time, as long as the server says at least, never a minute over."""
    courier.take(Event("cart", user_id="7"))
    waits = [courier.answered(courier.next(), status, {}, b"") for _ in range(12)]
    assert 0 < waits[0] <= 0.5
    assert 30 <= waits[-1] <= 60
    assert courier.answered(courier.next(), status, {"retry-after": "90"}, b"") == 90
    assert courier.next() is not None
    assert heard == []


def test_no_answer_is_waited_out(courier):
    """The events are sent again."""
    courier.take(Event("cart", user_id="7"))
    post = courier.next()
    assert courier.failed(OSError()) > 0
    assert courier.next().lot.lines == post.lot.lines


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_loses_nothing(courier, heard, status):
    """It is told, and tried again much later."""
    courier.take(Event("cart", user_id="7"))
    assert courier.answered(courier.next(), status, {}, b"") >= 30
    assert [code for code, _ in heard] == ["key_refused"]
    assert courier.next() is not None


def test_the_one_event_that_spoils_a_batch_is_found(courier, heard):
    """By halves; the others arrive, and it is told."""
    for i in range(20):
        courier.take(Event("bad" if i == 13 else "good", user_id="7", event_id=str(i)))
    arrived = []
    while (post := courier.next()) is not None:
        events = events_of(post)
        spoilt = any(event["event"] == "bad" for event in events)
        courier.answered(post, 400 if spoilt else 200, {}, KEPT)
        arrived += [] if spoilt else [event["event_id"] for event in events]
    assert arrived == [str(i) for i in range(20) if i != 13]
    ((code, raw),) = heard
    assert (code, json.loads(raw)["event_id"]) == ("event_refused", "13")


def test_batches_have_a_size_and_are_compressed(courier):
    """At most so many events; small ones are left as they are."""
    for _ in range(BATCH + 1):
        courier.take(Event("cart", user_id="7"))
    first = courier.next()
    assert len(events_of(first)) == BATCH
    assert len(first.body) < 100 * BATCH
    courier.answered(first, 200, {}, KEPT)
    last = courier.next()
    assert len(events_of(last)) == 1
    assert len(last.body) < SMALL
    assert "content-encoding" not in last.headers
