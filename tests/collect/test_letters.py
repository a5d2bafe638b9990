"""What is refused can come in again by its own dialect, as if it had been taken at once."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.collect.admission import Claim, Refusal, Rules
from ethogram.collect.cleaning.facts import Sender
from ethogram.collect.cleaning.steps import Options, cleaning
from ethogram.collect.door import Letter
from ethogram.collect.group import Group
from ethogram.collect.letters import (
    AT_ONCE,
    BYTES_AT_ONCE,
    MOST_BESIDE,
    Replayed,
    batches,
    replayable,
    take_letters,
)
from ethogram.collect.protocols.catalog import BY_NAME, DIALECTS
from ethogram.collect.protocols.dialect import LARGEST_EVENT, Request
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Recorded
from ethogram.events.plan import Plan, read
from ethogram.events.times import MINUTE, parse
from ethogram.store.log.entries import DeadLetter, unpack_controls

AT = parse("2026-03-01T12:00:00Z")
SHUT = read('mode = "reject"\nclosed = true')


@dataclass(frozen=True)
class Said:
    """Two events of one request of a dialect: the texts of both, and what stands around them."""

    path: str
    texts: tuple[str, ...]
    before: str = "["
    after: str = "]"
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    between: str = ","

    @property
    def request(self) -> Request:
        """The request that says all of them."""
        body = self.before + self.between.join(self.texts) + self.after
        return Request(self.path, self.headers, self.query, body.encode())


SAID = {
    "native": Said(
        "",
        ('{"event":"cart","user_id":"ann","event_id":"1","timestamp":"2026-03-01T11:00:00Z"}',
         '{"event":"pay","user_id":"ann","properties":{"price":1e2}}'),
    ),
    "segment": Said(
        "v1/batch",
        ('{"type":"track","event":"cart","userId":"ann","messageId":"1",'
         '"timestamp":"2026-03-01T11:00:00Z"}',
         '{"type":"page","name":"Home","anonymousId":"a","messageId":"2","context":{"ip":"::1"}}'),
        '{"writeKey":"eg_write_x","context":{"locale":"de","page":{"url":"u"}},'
        '"sentAt":"2026-03-01T11:58:00Z","batch":[',
        "]}",
    ),
    "rudderstack": Said(
        "/v1/batch",
        ('{"type":"track","event":"cart","userId":"ann","messageId":"1",'
         '"originalTimestamp":"2026-03-01T11:00:00Z"}',
         '{"type":"identify","userId":"ann","messageId":"2","context":{"traits":{"plan":"a"}}}'),
        '{"sentAt":"2026-03-01T11:58:00Z","batch":[',
        "]}",
    ),
    "posthog": Said(
        "batch/",
        ('{"event":"cart","distinct_id":"ann","uuid":"0195","timestamp":"2026-03-01T11:00:00Z"}',
         '{"event":"pay","distinct_id":"ann","properties":{"price":2}}'),
        '{"api_key":"eg_write_x","sent_at":"2026-03-01T11:58:00Z","batch":[',
        "]}",
        {"posthog-sdk-info": "posthog-python/7.0", "authorization": "Bearer eg_write_x"},
    ),
    "mixpanel": Said(
        "track",
        ('{"event":"cart","properties":{"distinct_id":"ann","$insert_id":"1","time":1772362800}}',
         '{"event":"pay","properties":{"distinct_id":"ann","$insert_id":"2","token":"t"}}'),
        query={"_": "1772366280000", "ip": "0", "verbose": "1"},
    ),
    "amplitude": Said(
        "2/httpapi",
        ('{"event_type":"cart","user_id":"ann","insert_id":"1","time":1772362800000}',
         '{"event_type":"pay","device_id":"devices","insert_id":"2"}'),
        '{"api_key":"eg_write_x","options":{"min_id_length":1},'
        '"client_upload_time":"2026-03-01T11:58:00Z","events":[',
        "]}",
    ),
    "snowplow": Said(
        "com.snowplowanalytics.snowplow/tp2",
        ('{"e":"pv","url":"https://a.example","eid":"1","duid":"d","dtm":"1772362800000",'
         '"stm":"1772366280000"}',
         '{"e":"se","se_ca":"shop","se_ac":"add","eid":"2","uid":"ann"}'),
        '{"schema":"iglu:x","data":[',
        "]}",
        {"user-agent": "Firefox", "cookie": "sp=net-1", "x-other": "y"},
    ),
    "ga4": Said(
        "mp/collect",
        ('{"name":"cart","params":{"session_id":"1","price":2}}',
         '{"name":"purchase","params":{"transaction_id":"7","value":9,"currency":"EUR"}}'),
        '{"client_id":"c","user_id":"ann","timestamp_micros":"1772362800000000",'
        '"user_properties":{"tier":{"value":"gold"}},"more":1,"events":[',
        "]}",
        query={"measurement_id": "G-1", "api_secret": "eg_write_x"},
    ),
    "cloudevents": Said(
        "",
        ('{"specversion":"1.0","type":"cart","source":"/shop","id":"1","userid":"ann",'
         '"time":"2026-03-01T11:00:00Z"}',
         '{"specversion":"1.0","type":"pay","source":"/shop","id":"2","data":{"price":1}}'),
        headers={"content-type": "application/cloudevents-batch+json"},
    ),
    "matomo": Said(
        "matomo.php",
        ('"?idsite=1&rec=1&url=https://a.example/&uid=ann&cdt=1772362800"',
         '"?idsite=1&rec=1&e_c=shop&e_a=add&_id=0123456789abcdef"'),
        '{"token_auth":"eg_write_x","requests":[',
        "]}",
    ),
}  # fmt: skip
GTAG = Said(
    "eg_write_x/g/collect", ("en=cart&epn.price=2", "en=page_view&_et=9"), "", "",
    query={"v": "2", "cid": "c", "uid": "ann"}, between="\n",
)  # fmt: skip
EVERY = [*SAID.items(), ("ga4", GTAG)]


def test_every_dialect_is_told_here() -> None:
    """Whoever adds a dialect shows that its events can be said alone, or that they cannot."""
    assert SAID.keys() | {"otlp"} == {dialect.name for dialect in DIALECTS.values()}
    assert BY_NAME["otlp"].alone(Request("v1/logs", {}, {}, b"{}")) is None


@pytest.mark.parametrize(("name", "said"), EVERY)
def test_an_event_said_alone_is_the_event_of_its_batch(name: str, said: Said) -> None:
    """What a request says beside its events goes with each; keys in headers do not."""
    dialect = BY_NAME[name]
    whole = dialect.claims(said.request)
    alone = dialect.alone(said.request)
    assert alone is not None
    assert len(whole) == len(said.texts)
    assert all(isinstance(claim, Event) for claim in whole)
    for text, claim in zip(said.texts, whole, strict=True):
        again = alone(text.encode())
        assert "authorization" not in again.headers
        kept = msgspec.msgpack.decode(msgspec.msgpack.encode(again), type=Request)
        assert dialect.claims(kept) == [claim]


def test_a_single_call_and_a_pixel_are_alone_already() -> None:
    """Calls that say one event say the same once more."""
    call = b'{"event":"cart","userId":"ann","sentAt":"2026-03-01T11:00:00Z"}'
    pixel = {"e": "pv", "url": "https://a.example", "eid": "1", "duid": "d"}
    hit = {"idsite": "1", "rec": "1", "url": "https://a.example", "uid": "ann"}
    for name, request in (
        ("segment", Request("v1/track", {}, {}, call)),
        ("rudderstack", Request("beacon/v1/track", {}, {}, call)),
        ("snowplow", Request("i", {"user-agent": "F"}, pixel, b"", method="GET")),
        ("matomo", Request("matomo.php", {}, hit, b"", method="GET")),
    ):
        dialect = BY_NAME[name]
        alone = dialect.alone(request)
        assert alone is not None
        said = call if request.method == "POST" else b""
        assert dialect.claims(alone(said)) == dialect.claims(request)


def test_a_binary_cloudevent_is_kept_as_a_structured_one() -> None:
    """Its attributes are headers, which a refusal writes into one document with the data."""
    dialect = BY_NAME["cloudevents"]
    headers = {"ce-specversion": "1.0", "ce-type": "cart", "ce-source": "/s", "ce-id": "1",
               "ce-time": "2026-03-01T11:00:00Z", "content-type": "application/json"}  # fmt: skip
    body = b'{"price":2}'
    (claim,) = dialect.claims(Request("", headers, {}, body))
    (refused,) = dialect.claims(Request("", headers, {}, body + b" " * 70_000))
    assert isinstance(claim, Event)
    assert isinstance(refused, Refusal)
    alone = dialect.alone(Request("", headers, {}, body))
    assert alone is not None
    (again,) = dialect.claims(replace(alone(refused.raw), largest=1 << 20))
    assert again == claim


def letters(project) -> list[Letter]:
    """Every dead letter of the log, as a replay is given it."""
    return [
        Letter(position, entry.received_at, entry.protocol, entry.form, entry.sealed)
        for record in project.log.read(0, 1_000_000)
        if record.kind == "control"
        for position, entry in enumerate(unpack_controls(record.payload), record.position)
        if isinstance(entry, DeadLetter)
    ]


def replayed(project, found: list[Letter], largest: int = LARGEST_EVENT) -> Replayed:
    """What became of ``found``, durably."""
    group = Group()
    done = take_letters(project.door, group, found, largest)
    project.door.close_group(group)
    project.door.commit(group)
    project.door.settle(group)
    return done


def plain(event: Recorded) -> dict:
    """All of an event but what is random."""
    said = msgspec.structs.asdict(event)
    return {key: said[key] for key in said if key not in ("event_id", "sealed")}


@pytest.mark.parametrize("name", SAID)
def test_what_the_plan_refused_is_what_would_have_been_taken(
    name: str, make_project: Callable, tmp_path
) -> None:
    """Ids, corrected times and properties are those of an event that was taken at once."""
    dialect, said = BY_NAME[name], SAID[name]
    claims = replayable(dialect.claims(said.request), dialect, said.request)
    project = make_project(SHUT)
    assert len(project.take(claims, name, AT).rejected) == len(claims)
    project = make_project(Plan())
    done = replayed(project, letters(project))
    assert (done.accepted, done.rejected) == (len(claims), [])
    late = project.events
    assert project.take(claims, name, AT).duplicates == sum(bool(key(each)) for each in claims)
    twin = [replace_ids(each) for each in claims]
    project.take(twin, name, AT)
    assert [plain(each) for each in late] == [plain(each) for each in project.events[-len(twin) :]]


def key(claim: Claim) -> str | None:
    """What the client says to be told apart by."""
    assert isinstance(claim, Event)
    return claim.dedup_key or claim.event_id


def replace_ids(claim: Claim) -> Claim:
    """The same event under another id."""
    return msgspec.structs.replace(claim, event_id=None, dedup_key=None)


def test_a_refusal_is_said_to_its_dialect_again(make_project: Callable) -> None:
    """What could not be read comes in once it can, with what its batch said beside it."""
    beside = SAID["segment"]
    long = json.dumps(
        {
            "type": "track",
            "event": "cart",
            "userId": "ann",
            "messageId": "9",
            "timestamp": "2026-03-01T11:00:00Z",
            "properties": {"x": "y" * 40_000},
        }
    )
    request = replace(beside, texts=(*beside.texts, long)).request
    dialect = BY_NAME["segment"]
    project = make_project()
    claims = replayable(dialect.claims(request), dialect, request)
    assert [each.code for each in project.take(claims, "segment", AT).rejected] == [
        "event_too_large"
    ]
    (letter,) = letters(project)
    assert letter.form == "request"
    assert [each.code for each in replayed(project, [letter]).rejected] == ["event_too_large"]
    assert replayed(project, [letter], 1 << 20).accepted == 1
    event = project.events[-1]
    assert event.timestamp == parse("2026-03-01T11:00:00Z") + 2 * MINUTE
    assert event.context["locale"] == "de"
    assert replayed(project, [letter], 1 << 20).already == 1


def test_a_record_that_cannot_stand_alone_says_so(make_project: Callable) -> None:
    """A log record's resource is not with it: the letter stays, and can be opened."""
    record = {"attributes": [{"key": "user.id", "value": {"boolValue": True}}]}
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    request = Request(
        "v1/logs", {"content-type": "application/json"}, {}, json.dumps(body).encode()
    )
    dialect, project = BY_NAME["otlp"], make_project()
    claims = replayable(dialect.claims(request), dialect, request)
    project.take(claims, "otlp", AT)
    (stayed,) = replayed(project, letters(project)).rejected
    assert stayed.code == "not_repeatable"
    assert json.loads(project.raw(project.letters[0])) == record


def test_letters_of_before_come_in_where_they_hold_an_event(make_project: Callable) -> None:
    """Older letters do not say what they hold; one of ours is known by its shape."""
    project = make_project(SHUT)
    project.take([Event("cart", user_id="ann", event_id="1")], "segment", AT)
    (letter,) = letters(project)
    assert letter.form == "event"
    project = make_project(Plan())
    old = msgspec.structs.replace(letter, form="bytes")
    assert replayed(project, [old]).accepted == 1
    assert project.events[0].received_at == AT


def test_a_letter_comes_in_from_who_sent_it(make_project: Callable) -> None:
    """A program stays one, whether its event was refused for that, for the plan or for its size."""
    strict = Rules(SHUT, cleaning=cleaning(Options(bots="refuse")))
    marking = Rules(cleaning=cleaning(Options()))
    bot = Sender("Mozilla/5.0 (compatible; Googlebot/2.1)", "198.51.100.7", "198.51.100.7")
    headers = {"user-agent": bot.agent, "authorization": "Bearer eg_write_x"}
    text = '{"event":"cart","user_id":"ann","properties":{"x":"%s"}}' % ("y" * 40_000)
    request = Request("", headers, {"key": "eg_write_x"}, text.encode(), address=bot.address)
    dialect, project = BY_NAME["native"], make_project()
    claims = replayable(dialect.claims(request), dialect, request)
    project.door._rules = lambda: strict
    group = Group()
    project.door.admit(group, [Event("cart", user_id="ann"), *claims], AT, "native", bot)
    project.door.close_group(group)
    project.door.commit(group)
    project.door.settle(group)
    held = letters(project)
    assert [each.code for each in replayed(project, held).rejected] == ["bot", "event_too_large"]
    assert not any(b"eg_write_x" in project.raw(each) for each in project.letters)
    project.door._rules = lambda: marking
    assert replayed(project, held, 1 << 20).accepted == 2
    assert [each.properties["bot"] for each in project.events] == [True, True]


def test_the_same_letter_twice_in_one_group_comes_in_once(make_project: Callable) -> None:
    """Two replays that meet in one commit take an event without an id once."""
    project = make_project(SHUT)
    project.take([Event("cart", user_id="ann")], "native", AT)
    project = make_project(Plan())
    (letter,) = letters(project)
    done = replayed(project, [letter, letter])
    assert (done.accepted, done.already, len(project.events)) == (1, 1, 1)
    project = make_project(Plan())
    assert replayed(project, [letter]).already == 1


def test_a_replay_that_was_not_kept_may_be_tried_again(make_project: Callable) -> None:
    """Where the commit fails, the letter has not come in."""
    project = make_project(SHUT)
    project.take([Event("cart", user_id="ann", event_id="1")], "native", AT)
    project = make_project(Plan())
    group = Group()
    assert take_letters(project.door, group, letters(project), LARGEST_EVENT).accepted == 1
    project.door.close_group(group)
    project.door.release(group)
    assert replayed(project, letters(project)).accepted == 1
    assert len(project.events) == 1


def test_what_is_kept_beside_refusals_is_bounded() -> None:
    """Beside a large context the first of very many bad events keep it, up to a bound."""
    big = b'{"sent_at":"%b","batch":[' % (b"x" * 20_000)
    dialect = BY_NAME["posthog"]
    for count, least in ((50, 50), (1000, 50)):
        request = Request("batch/", {}, {}, big + b",".join([b"1"] * count) + b"]}")
        claims = replayable([Refusal(Invalid("x", "x"), b"1")] * count, dialect, request)
        kept = [each.alone is not None for each in claims if isinstance(each, Refusal)]
        assert kept == sorted(kept, reverse=True)
        assert sum(kept) >= least
        sizes = [len(each.alone or b"") for each in claims if isinstance(each, Refusal)]
        assert sum(sizes) <= MOST_BESIDE + count


def test_a_refused_request_makes_the_log_grow_by_a_few_times_its_size(
    make_project: Callable, tmp_path
) -> None:
    """A megabyte of bad events beside a common context is not written hundreds of times."""
    common = '{"context":{"app":"%s"},"batch":[' % ("x" * 5000)
    bad = json.dumps({"type": "no such call", "properties": {"text": "y" * 800}})
    body = (common + ",".join([bad] * 1000) + "]}").encode()
    request = Request("v1/batch", {}, {}, body)
    dialect, project = BY_NAME["segment"], make_project()
    claims = replayable(dialect.claims(request), dialect, request)
    assert len(project.take(claims, "segment").rejected) == 1000
    (record,) = [each for each in project.log.read(0, 10_000) if each.kind == "control"]
    assert len(record.payload) < 4 * len(body)


@given(sizes=st.lists(st.integers(1, BYTES_AT_ONCE * 2) | st.just(1), max_size=40))
def test_what_one_commit_takes_of_letters_is_bounded(sizes: list[int]) -> None:
    """Large letters come in few at a time, small ones many, and none is left behind."""
    sizes = sizes + [1] * (AT_ONCE + 1)
    letters = [Letter(at, AT, "native", "event", bytes(size)) for at, size in enumerate(sizes)]
    found = list(batches(letters))
    assert [each.position for batch in found for each in batch] == [*range(len(sizes))]
    for batch, after in zip(found, [*found[1:], None], strict=True):
        assert len(batch) <= AT_ONCE
        held = sum(len(each.sealed) for each in batch)
        assert len(batch) == 1 or held <= BYTES_AT_ONCE
        more = after is None or held + len(after[0].sealed) > BYTES_AT_ONCE
        assert more or len(batch) == AT_ONCE


@given(name=st.sampled_from(sorted(BY_NAME)), body=st.binary(max_size=200))
def test_no_body_keeps_a_refusal_from_its_letter(name: str, body: bytes) -> None:
    """Whatever a dialect could take apart once, it can take apart for its refusals."""
    dialect = BY_NAME[name]
    request = Request(SAID[name].path if name in SAID else "v1/logs", {}, {}, body)
    try:
        claims = dialect.claims(request)
    except Exception:  # noqa: BLE001 - what has no events has no refusals
        return
    assert len(replayable(claims, dialect, request)) == len(claims)


def test_rules_are_asked_at_each_request(make_project: Callable) -> None:
    """A plan that changes holds for the next event."""
    project = make_project()
    rules = [Rules(SHUT), Rules()]
    project.door._rules = rules.pop
    assert project.take([Event("cart", user_id="ann")]).accepted == 1
    assert len(project.take([Event("cart", user_id="ann")]).rejected) == 1
