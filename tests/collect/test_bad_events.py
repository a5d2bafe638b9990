"""One odd event among good ones, in every dialect: it is kept as it was said, or refused alone.

What is refused lies in the dead letters with a code and a reason, the others are kept, and the
client is answered with its vendor's success: it must not send again what will never be taken.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.collect.conftest import Answer, Project
from tests.doors.frames import FRAMES, Frame

from ethogram.events.times import SECOND, parse

SUCCESS = {"ga4": 204, "cloudevents": 200}
"""Where it is not 200: GA4 says nothing, and CloudEvents' 204 has no room for what was refused."""


@pytest.fixture(params=FRAMES.items(), ids=lambda item: item[0])
def frame(request: pytest.FixtureRequest) -> tuple[str, Frame]:
    return request.param


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run ``scenario`` to its end."""
    asyncio.run(asyncio.wait_for(scenario(), 60))


def sent(project: Project, serving, frame: Frame, events: list[bytes], **how: datetime) -> Answer:
    """The answer to a batch of ``events``."""
    asked = frame.sent(events, **how).by(project.vault.keyring.access("write"))
    answers: list[Answer] = []

    async def scenario() -> None:
        async with serving() as client:
            answers.append(await client.post(asked.body, asked.path, headers=asked.headers))

    run(scenario)
    return answers[0]


KEPT = {
    "emoji": '"😀 👩‍👩‍👧"'.encode(),
    "escaped emoji": b'"\\ud83d\\ude00"',
    "zero": b'"a\\u0000b"',
    "beyond 2^53": b"9007199254740993",
    "2^63": b"9223372036854775808",
    "2^64": b"18446744073709551616",
    "10^40": b"1" + b"0" * 40,
    "the largest float": b"1.7976931348623157e308",
    "minus zero": b"-0.0",
    "null": b"null",
    "nulls": b'{"a":null,"b":[null]}',
    "empty": b'{"":[]}',
    "thirty levels": b"[" * 30 + b"]" * 30,
}


@pytest.mark.parametrize("odd", KEPT.values(), ids=KEPT.keys())
def test_what_is_odd_but_sound_is_kept(project, serving, frame, odd: bytes) -> None:
    """To the last digit and character, between its neighbours."""
    name, said = frame
    events = [said.one(id_=str(i), odd=each) for i, each in enumerate([b"1", odd, b"2"])]
    answer = sent(project, serving, said, events)
    assert 200 <= answer.status < 300
    kept = [event.properties.get(said.odd) for event in project.events]
    assert len(kept) == 3
    value = msgspec.json.decode(odd)
    if name == "matomo" and not isinstance(value, str):
        value = odd.decode()  # whose values are texts
    assert kept[1] == value
    assert type(kept[1]) is type(value)


REFUSED = {
    "half a character": (b'"\\ud800"', "bad_text"),
    "the other half": (b'{"a":"\\udc00\\ud800"}', "bad_text"),
    "half a name": (b'{"\\ud800":1}', "bad_text"),
    "no UTF-8": (b'"\xff\xfe"', "bad_text"),
    "NaN": (b"NaN", "bad_json"),
    "infinity": (b"-Infinity", "bad_json"),
    "1e400": (b"1e400", "wrong_type"),
    "two thousand levels": (b"[" * 2000 + b"]" * 2000, "too_deep"),
}


@pytest.mark.parametrize(("odd", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_unsound_is_refused_alone(project, serving, frame, odd: bytes, code: str) -> None:
    """It lies in the dead letters as it was sent, with a code and a reason."""
    name, said = frame
    events = [said.one(id_=str(i), odd=each) for i, each in enumerate([b"1", odd, b"2"])]
    answer = sent(project, serving, said, events)
    assert answer.status == SUCCESS.get(name, 200), answer.body
    assert [event.properties.get(said.odd) for event in project.events] in ([1, 2], ["1", "2"])
    (letter,) = project.letters
    assert (letter.code, letter.protocol) == (code, name)
    assert letter.message
    assert said.inside(odd) in project.raw(letter)


NO_EVENTS = (b"5", b"null", b"[]", b'"x"', b"{}", b"true")


@pytest.mark.parametrize("odd", NO_EVENTS)
def test_what_is_no_event_is_refused_alone(project, serving, frame, odd: bytes) -> None:
    """A number, nothing or an empty object in a batch costs its neighbours nothing."""
    name, said = frame
    answer = sent(project, serving, said, [said.one(id_="1"), odd, said.one(id_="2")])
    assert answer.status == SUCCESS.get(name, 200), answer.body
    if name == "otlp" and odd == b"{}":
        assert [event.event for event in project.events] == ["e", "log", "e"]
        return
    assert [event.event for event in project.events] == ["e", "e"]
    (letter,) = project.letters
    assert letter.code in EMPTY
    assert letter.message
    assert odd == b"{}" or project.raw(letter) == odd


EMPTY = {"wrong_type", "missing_field", "no_id", "bad_event_name", "unknown_type",
         "missing_parameter", "unknown_version"}  # fmt: skip

LENGTHS = {
    "no name": ({"name": ""}, {"bad_event_name", "missing_attribute", "bad_schema"}),
    "a long name": ({"name": "n" * 201}, {"bad_event_name"}),
    "a long id of a person": ({"user": "u" * 513}, {"id_too_long"}),
    "a long id": ({"id_": "i" * 513}, {"id_too_long"}),
    "forty levels": ({"odd": b"[" * 40 + b"]" * 40}, {"too_deep"}),
}
TAKEN = {
    ("ga4", "a long id of a person"), ("ga4", "a long id"), ("matomo", "a long id"),
    ("otlp", "a long id"), ("otlp", "no name"), ("matomo", "no name"), ("matomo", "forty levels"),
}  # fmt: skip
"""What has no place for it, or another meaning without it: an event all the same."""


@pytest.mark.parametrize("case", LENGTHS)
def test_names_and_ids_have_their_lengths(project, serving, frame, case: str) -> None:
    """What is too long or empty is refused alone, and not cut."""
    name, said = frame
    changed, codes = LENGTHS[case]
    events = [said.one(id_="first"), said.one(**{"id_": "second", **changed}), said.one(id_="3rd")]
    answer = sent(project, serving, said, events)
    assert 200 <= answer.status < 300, answer.body
    taken = (name, case) in TAKEN
    assert len(project.events) == 2 + taken
    assert all(letter.code in codes and letter.message for letter in project.letters)
    assert len(project.letters) == 1 - taken


YEAR = timedelta(days=365)
FAR = {"a year ahead": YEAR, "a year behind": -YEAR}


@pytest.mark.parametrize("off", FAR.values(), ids=FAR.keys())
def test_a_clock_that_is_a_year_off_is_corrected(project, serving, frame, off: timedelta) -> None:
    """Where the batch says when it was sent: what happened a minute before is a minute old.

    Where it does not, what lies ahead has just happened, and what lies behind is believed.
    """
    _, said = frame
    sending = datetime.now(UTC).replace(microsecond=0) + off
    happened = sending - timedelta(minutes=1)
    answer = sent(project, serving, said, [said.one(at=happened)], at=sending)
    assert 200 <= answer.status < 300, answer.body
    (event,) = project.events
    if said.corrects:
        wanted = event.received_at - 60 * SECOND
    else:
        wanted = event.received_at if off > timedelta() else parse(happened)
    assert abs(event.timestamp - wanted) < 10 * SECOND
    if event.timestamp != parse(happened):
        assert abs(event.extra["timestamp_client"] - parse(happened)) < SECOND


IMPOSSIBLE = [datetime(1969, 12, 31, tzinfo=UTC), datetime(2100, 1, 2, tzinfo=UTC)]


@pytest.mark.parametrize("at", IMPOSSIBLE, ids=lambda at: str(at.year))
def test_a_time_that_cannot_be_is_refused_alone(project, serving, frame, at: datetime) -> None:
    """It is no time at which anybody did anything."""
    _, said = frame
    events = [said.one(id_="1"), said.one(id_="2", at=at), said.one(id_="3")]
    answer = sent(project, serving, said, events)
    assert 200 <= answer.status < 300, answer.body
    assert len(project.events) == 2
    assert [letter.code for letter in project.letters] in (["time_out_of_range"], ["bad_time"])
