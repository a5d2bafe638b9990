"""Requests that cannot be taken: each dialect says so as its vendor does, and nothing is kept.

Which status makes whose client give up, and which makes it come back for ever, is in the words of
each dialect's module.
"""

import asyncio
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.collect.conftest import Answer
from tests.doors.frames import FRAMES
from tests.doors.golden import GOLDEN
from tests.doors.sent import Sent
from tests.fuzz.wire import dialect_of

from ethogram.collect.app import Limits
from ethogram.collect.protocols.texts import MOST_EVENTS
from ethogram.protect.vault import Vault


@dataclass(frozen=True)
class Words:
    """The statuses of a dialect's refusals.

    ``key``: the key is wrong or not there; ``body``: what was sent cannot be taken apart;
    ``large``: there is too much of it; ``empty``: a batch of nothing is a success.
    """

    key: int = 401
    body: int = 400
    large: int = 413
    empty: int = 200
    said: Callable[[Any], Any] = field(default=lambda said: said["error"]["code"])


def _rudder(said: Any) -> Any:
    return said["code"] and said["message"]


WORDS = {
    "native": Words(),
    "segment": Words(),
    "rudderstack": Words(said=_rudder),
    "posthog": Words(said=lambda said: said["type"] and said["code"] and said["detail"]),
    "mixpanel": Words(said=lambda said: said["status"] == 0 and said["error"]),
    "amplitude": Words(key=400, said=lambda said: said["code"] in (400, 413) and said["error"]),
    "snowplow": Words(large=400),
    "ga4": Words(empty=204),
    "matomo": Words(),
    "cloudevents": Words(empty=204),
    "otlp": Words(said=lambda said: said["code"] and said["message"]),
}


@pytest.fixture(params=WORDS.items(), ids=lambda item: item[0])
def words(request: pytest.FixtureRequest) -> tuple[str, Words]:
    return request.param


@pytest.fixture
def answered(serving):
    """Sends requests, one after the other, and gives what each was answered with."""

    def send(*sent: Sent) -> list[Answer]:
        async def scenario() -> list[Answer]:
            async with serving() as client:
                return [
                    await client.send(each.method, each.path, each.body, each.headers)
                    for each in sent
                ]

        return asyncio.run(asyncio.wait_for(scenario(), 60))

    return send


def refused(answer: Answer, words: Words, status: int) -> None:
    """The answer has the status, and says why as the vendor does."""
    assert answer.status == status, answer.body
    if answer.headers["content-type"] == "application/json":
        assert words.said(answer.json), answer.json


def test_a_key_that_does_not_fit(project, answered, tmp_path: Path, words) -> None:
    """Every way in, by every place for the key: nothing is kept, and clients give up."""
    name, said = words
    other = Vault(tmp_path / "other.sqlite", b"o" * 32)
    own = project.vault.keyring
    keys = ["", "eg_write_" + "x" * 22, own.access("read"), other.keyring.access("write")]
    other.close()
    for answer in answered(*(each.by(key) for each in GOLDEN[name] for key in keys)):
        refused(answer, said, said.key)
    assert project.log.end == 0


def bad_bodies(body: bytes) -> dict[str, bytes]:
    """Bodies that are no events, by what is wrong with them."""
    packed = gzip.compress(body)
    return {
        "nothing": b"",
        "blank": b" \n ",
        "no JSON": b"these are no events",
        "a number": b"5",
        "cut": body[: len(body) // 2],
        "no UTF-8": b"\xff\xfe\xfd",
        "gzip, cut": packed[: len(packed) // 2],
        "gzip, and more": packed + b"more",
        "gzip, broken": packed[:12] + b"\0\0\0\0" + packed[16:],
        "Zstandard, broken": b"\x28\xb5\x2f\xfd" + b"\0" * 20,
        "two thousand levels": b"[" * 2000 + b"]" * 2000,
    }


INSIDE = {"segment", "posthog", "amplitude", "matomo"}
"""Whose key stood in the body that is gone."""
ALONE = {"a number", "two thousand levels"}
"""What may be one event, or an array of one, and is then refused for itself."""


def test_a_body_that_is_no_events(project, answered, words) -> None:
    """What cannot be taken apart is refused whole, with a status that is not sent again."""
    name, said = words
    good = FRAMES[name].sent([FRAMES[name].one()]).by(project.vault.keyring.access("write"))
    bad = bad_bodies(good.body)
    answers = answered(*(Sent(good.path, body, good.headers) for body in bad.values()))
    for case, answer in zip(bad, answers, strict=True):
        if answer.status == 200:
            assert case in ALONE
            assert answer.json["rejected"]
        else:
            refused(answer, said, said.key if answer.status == 401 else said.body)
            assert answer.status != 401 or name in INSIDE
    assert project.events == []


def test_an_empty_batch_is_a_success(project, answered, words) -> None:
    """Nothing was sent, and it has arrived."""
    name, said = words
    (answer,) = answered(FRAMES[name].sent([]).by(project.vault.keyring.access("write")))
    assert answer.status == said.empty, answer.body
    assert project.log.end == 0


def test_a_body_beyond_the_limit(project, answered, words) -> None:
    """As it was sent, and when it is unpacked: a bomb is not unpacked to its end."""
    name, said = words
    good = FRAMES[name].sent([FRAMES[name].one()]).by(project.vault.keyring.access("write"))
    most = dialect_of(name).largest_body or Limits().body
    long = good.body + b" " * most
    bomb = gzip.compress(good.body + b" " * (most + (64 << 20)), 1)
    for answer in answered(*(Sent(good.path, body, good.headers) for body in (long, bomb))):
        refused(answer, said, said.large)
    assert project.log.end == 0


def test_more_events_than_can_be(project, answered, words) -> None:
    """Forty thousand of the smallest are refused whole; GA4 has 25, and refuses the others."""
    name, said = words
    sent = FRAMES[name].sent([b"{}"] * (MOST_EVENTS + 1))
    (answer,) = answered(sent.by(project.vault.keyring.access("write")))
    refused(answer, said, said.large)
    assert project.log.end == 0


OWN_MOST = {"mixpanel": 2_000, "amplitude": 2_000}


@pytest.mark.parametrize("name", OWN_MOST)
def test_more_events_than_the_vendor_takes(project, answered, name: str) -> None:
    """As many as the vendor takes are taken; with one more its clients send fewer at a time."""
    frame, most = FRAMES[name], OWN_MOST[name]
    events = [frame.one(id_=str(i)) for i in range(most + 1)]
    key = project.vault.keyring.access("write")
    few, many = answered(frame.sent(events[:-1]).by(key), frame.sent(events).by(key))
    assert (few.status, many.status) == (200, 413)
    assert len(project.events) == most


OWN_LARGEST = {"posthog": 1 << 20, "mixpanel": 1 << 20, "amplitude": 1 << 20,
               "cloudevents": 64 << 10, "ga4": 130_000}  # fmt: skip


def test_an_event_beyond_the_limit(project, answered, words) -> None:
    """The vendor's own where it takes more than 32 KB; what is larger is refused alone."""
    name, _ = words
    frame, most = FRAMES[name], OWN_LARGEST.get(name, 32 << 10)
    key = project.vault.keyring.access("write")
    sizes = (most - 1_000, most + 1_000)
    events = [frame.one(b'"' + b"x" * size + b'"', id_=str(size)) for size in sizes]
    for answer in answered(*(frame.sent([event]).by(key) for event in events)):
        assert answer.status < 300 or name == "amplitude", answer.body
    (kept,) = project.events
    assert len(kept.properties[frame.odd]) == most - 1_000
    (letter,) = project.letters
    assert letter.code == "event_too_large"
