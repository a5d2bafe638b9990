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


def test_what_is_odd_but_sound_is_kept(project, serving, frame) -> None:
    """To the last digit and character."""
    name, said = frame
    answer = sent(project, serving, said, [said.one(odd, id_=case) for case, odd in KEPT.items()])
    assert 200 <= answer.status < 300
    kept = [event.properties.get(said.odd) for event in project.events]
    for odd, value in zip(KEPT.values(), kept, strict=True):
        wanted = msgspec.json.decode(odd)
        if name == "matomo" and not isinstance(wanted, str):
            wanted = odd.decode()  # whose values are texts
        assert (value, type(value)) == (wanted, type(wanted))


REFUSED = {
    "half a character": (b'"\\ud800"', "bad_text"),
    "the other half": (b'{"a":"\\udc00\\ud800"}', "bad_text"),
    "half a name": (b'{"\\ud800":1}', "bad_text"),
    "no UTF-8": (b'"\xff\xfe"', "bad_text"),
    "NaN": (b"NaN", "bad_json"),
    "infinity": (b"-Infinity", "bad_json"),
    "1e400": (b"1e400", "number_out_of_range"),
    "two thousand levels": (b"[" * 2000 + b"]" * 2000, "too_deep"),
}


def test_what_is_unsound_is_refused_alone(project, serving, frame) -> None:
    """Each lies in the dead letters as it was sent, with a code and a reason."""
    name, said = frame
    odd = [said.one(odd, id_=case) for case, (odd, _) in REFUSED.items()]
    answer = sent(project, serving, said, [said.one(id_="first"), *odd, said.one(id_="last")])
    assert answer.status == SUCCESS.get(name, 200), answer.body
    assert [str(event.properties[said.odd]) for event in project.events] == ["1", "1"]
    for letter, (raw, code) in zip(project.letters, REFUSED.values(), strict=True):
        assert (letter.code, letter.protocol) == (code, name)
        assert letter.message
        assert said.inside(raw) in project.raw(letter)


NO_EVENTS = (b"5", b"null", b"[]", b'"x"', b"{}", b"true")


def test_what_is_no_event_is_refused_alone(project, serving, frame) -> None:
    """A number, nothing or an empty object in a batch costs its neighbours nothing."""
    name, said = frame
    odd = [each for each in NO_EVENTS if (name, each) != ("otlp", b"{}")]  # there it is a log
    answer = sent(project, serving, said, [said.one(id_="1"), *odd, said.one(id_="2")])
    assert answer.status == SUCCESS.get(name, 200), answer.body
    assert [event.event for event in project.events] == ["e", "e"]
    for letter, raw in zip(project.letters, odd, strict=True):
        assert letter.code in EMPTY
        assert letter.message
        assert raw == b"{}" or raw in project.raw(letter)


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


def test_names_and_ids_have_their_lengths(project, serving, frame) -> None:
    """What is too long or empty is refused alone, and not cut."""
    name, said = frame
    events = [said.one(**{"id_": case, **changed}) for case, (changed, _) in LENGTHS.items()]
    answer = sent(project, serving, said, [said.one(id_="first"), *events, said.one(id_="last")])
    assert 200 <= answer.status < 300, answer.body
    refused = [codes for case, (_, codes) in LENGTHS.items() if (name, case) not in TAKEN]
    assert len(project.events) == 2 + len(LENGTHS) - len(refused)
    for letter, codes in zip(project.letters, refused, strict=True):
        assert letter.code in codes
        assert letter.message


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


def test_a_time_that_cannot_be_is_refused_alone(project, serving, frame) -> None:
    """Before 1970 and after 2099 nobody did anything."""
    _, said = frame
    times = [datetime(1969, 12, 31, tzinfo=UTC), None, datetime(2100, 1, 2, tzinfo=UTC)]
    answer = sent(project, serving, said, [said.one(id_=str(at), at=at) for at in times])
    assert 200 <= answer.status < 300, answer.body
    assert len(project.events) == 1
    assert {letter.code for letter in project.letters} <= {"time_out_of_range", "bad_time"}
    assert len(project.letters) == 2
