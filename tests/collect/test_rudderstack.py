"""RudderStack's calls become canonical events, and its clients are answered in their own words."""

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ethogram.collect.admission import Refusal
from ethogram.collect.door import Outcome, Rejected
from ethogram.collect.protocols.dialect import Request
from ethogram.collect.protocols.rudderstack import RudderStack
from ethogram.events.errors import Broken, Busy, EthogramError, Invalid, NotFound, Refused
from ethogram.events.event import Event, Group, Link, ProfileChange
from ethogram.events.times import DAY, parse

READ = RudderStack()

PYTHON: dict[str, Any] = {
    "batch": [
        {"integrations": {"All": True}, "anonymousId": "a", "type": "identify", "userId": "u",
         "timestamp": "2026-11-22T15:40:06.577495+00:00", "messageId": "m1", "channel": "server",
         "context": {"traits": {"plan": "x"},
                     "library": {"name": "analytics-python", "version": "2.1.9"}}},
        {"integrations": {"All": True}, "anonymousId": None, "userId": "u", "type": "track",
         "properties": {"revenue": 5.5, "currency": "EUR", "n": 2**60}, "event": "Order",
         "timestamp": "2026-11-22T15:40:06.577779+00:00", "messageId": "m2", "channel": "server",
         "context": {"library": {"name": "analytics-python", "version": "2.1.9"}}},
        {"integrations": {"All": True}, "previousId": "old", "userId": "new", "type": "alias",
         "timestamp": "2026-11-22T15:40:06.578132+00:00", "messageId": "m3", "anonymousId": None,
         "context": {"library": {"name": "analytics-python", "version": "2.1.9"}},
         "channel": "server"},
    ],
    "sentAt": "2026-11-22T15:40:07.073823+00:00",
}  # fmt: skip
"""As rudder-sdk-python 2.1.9 sends it."""

NODE: dict[str, Any] = {
    "batch": [
        {"userId": "u", "groupId": "g", "traits": {"size": 4}, "type": "group",
         "context": {"library": {"name": "analytics-node", "version": "3.0.13"}},
         "channel": "server", "_metadata": {"nodeVersion": "20.20.2"}, "messageId": "m4",
         "originalTimestamp": "2026-11-22T15:40:07.839Z", "sentAt": "2026-11-22T15:40:07.922Z"},
        {"anonymousId": "a", "event": "T", "timestamp": "2020-01-01T00:00:00.000Z",
         "type": "track", "context": {"library": {"name": "analytics-node", "version": "3.0.13"}},
         "channel": "server", "_metadata": {"nodeVersion": "20.20.2"}, "messageId": "m5",
         "originalTimestamp": "2026-11-22T15:40:07.839Z", "sentAt": "2026-11-22T15:40:07.922Z"},
    ],
    "timestamp": "2026-11-22T15:40:07.922Z",
    "sentAt": "2026-11-22T15:40:07.922Z",
}  # fmt: skip
"""As @rudderstack/rudder-sdk-node 3.0.13 sends it."""


def request(call: str, body: object, **headers: str) -> Request:
    """A request whose body is ``body``, or its JSON."""
    text = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Request(call, headers, {}, text)


def events(body: object, call: str = "v1/batch") -> list[Event]:
    """The events of ``body``, all of which are sound."""
    claims = READ.claims(request(call, body))
    assert not [claim for claim in claims if isinstance(claim, Refusal)]
    return [claim for claim in claims if isinstance(claim, Event)]


def test_what_the_python_client_sends_is_understood() -> None:
    """Identify's traits stand in its context alone; ids, times and revenue have their places."""
    identify, order, alias = events(PYTHON)
    assert (identify.kind, identify.user_id, identify.anonymous_id) == ("identify", "u", "a")
    assert identify.profile_ops == [ProfileChange("set", {"plan": "x"})]
    assert identify.context == {"library": {"name": "analytics-python", "version": "2.1.9"}}
    assert identify.sent_at == "2026-11-22T15:40:07.073823+00:00"
    assert (order.event, order.event_id, order.value, order.currency) == ("Order", "m2", 5.5, "EUR")
    assert order.properties["n"] == 2**60
    assert order.x == {"rudderstack": {"integrations": {"All": True}, "channel": "server"}}
    assert order.source is not None
    assert (order.source.protocol, order.source.sdk) == ("rudderstack", "analytics-python")
    assert alias.identity_links == [Link("alias", "old", "new", a_kind="either")]


def test_what_the_node_client_sends_is_understood(project) -> None:
    """``originalTimestamp`` is corrected; a ``timestamp`` beside it is the caller's, and stands."""
    group, track = events(NODE)
    assert (group.groups, group.timestamp) == ([Group("company", "g")], "2026-11-22T15:40:07.839Z")
    assert group.profile_ops == [ProfileChange("set", {"size": 4}, "group")]
    assert (track.timestamp, track.time_is_true) == ("2020-01-01T00:00:00.000Z", True)
    received = parse("2026-11-22T15:40:17.922Z")
    project.take(READ.claims(request("v1/batch", NODE)), "rudderstack", at=received)
    assert [event.timestamp for event in project.events] == [
        parse("2026-11-22T15:40:17.839Z"), parse("2020-01-01")
    ]  # fmt: skip


def test_a_batch_that_waited_was_sent_when_it_says() -> None:
    """A queue on disk renews the batch's time of sending and leaves its events' as it was."""
    stale = [NODE["batch"][0] | {"sentAt": "2026-11-22T15:00:00Z"}]
    (event,) = events(NODE | {"batch": stale})
    assert event.sent_at == "2026-11-22T15:40:07.922Z"
    (event,) = events({"batch": stale})
    assert event.sent_at == "2026-11-22T15:00:00Z"


def test_a_clock_a_year_off_is_corrected(project) -> None:
    """The time between happening and sending counts, whatever year the client believes in."""
    received = parse("2026-11-22T15:40:07Z")
    for year in ("2025", "2027"):
        body = {"sentAt": f"{year}-11-22T15:40:07Z", "batch": [
            {"event": "e", "userId": "u", "timestamp": f"{year}-11-22T15:39:07Z"}]}  # fmt: skip
        project.take(READ.claims(request("v1/batch", body)), "rudderstack", at=received)
    assert [event.timestamp for event in project.events] == [received - DAY // 1440] * 2


def test_traits_outside_win_over_those_in_the_context() -> None:
    """The node client sends identify's traits twice; other calls keep theirs in the context."""
    both = {"type": "identify", "userId": "u", "traits": {"a": 1},
            "context": {"traits": {"a": 2, "b": 3}}}  # fmt: skip
    (event,) = events({"batch": [both]})
    assert event.profile_ops == [ProfileChange("set", {"a": 1, "b": 3})]
    (event,) = events({"batch": [both | {"type": "page"}]})
    assert event.context == {"traits": {"a": 2, "b": 3}}


@pytest.mark.parametrize("path", ["v1/batch", "beacon/v1/batch", "/v1/batch/"])
def test_beacons_are_batches(path: str) -> None:
    """The browser's beacon has a path of its own, and its key in the address."""
    assert [event.event for event in events(NODE, path)] == ["group", "T"]
    asked = Request(path, {}, {"writeKey": "k"}, b"")
    assert READ.key(asked) == "k"


@pytest.mark.parametrize("call", ["track", "identify", "page", "screen", "group", "alias"])
def test_each_call_has_its_path(call: str) -> None:
    """One event, whose kind the path says."""
    (event,) = events({"userId": "u", "event": "e", "messageId": "m"}, f"v1/{call}")
    assert (event.kind, event.event_id) == (call, "m")


def test_the_key_is_the_user_of_basic() -> None:
    """As both clients send it."""
    said = "Basic " + base64.b64encode(b"k1:").decode()
    assert READ.key(request("v1/batch", b"", authorization=said)) == "k1"
    assert READ.key(request("v1/batch", b"")) is None


def test_success_is_exactly_200() -> None:
    """202 and 204 would be sent again; what was rejected must not be."""
    asked = request("v1/batch", {})
    assert READ.answer(asked, [], Outcome(accepted=1)).status == 200
    reply = READ.answer(asked, [], Outcome(rejected=[Rejected(0, "no_id", "m", "$", "h")]))
    assert reply.status == 200
    assert msgspec.json.decode(reply.body)["rejected"][0]["code"] == "no_id"


@pytest.mark.parametrize("error", [Invalid("bad_json", "It is none."), Refused("bad_key", "No."),
                                   NotFound("unknown_call", "None."), Busy("busy", "Later."),
                                   Broken("broken", "Oh.")])  # fmt: skip
def test_every_refusal_has_a_code_and_a_message(error: EthogramError) -> None:
    """Without them outermost, the Python client sends a refused batch again, ten times."""
    reply = READ.refused(request("v1/batch", {}), error)
    said = msgspec.json.decode(reply.body)
    assert (said["code"], said["message"]) == (error.code, error.message)
    assert said["error"] == error.as_dict()["error"]
    assert reply.status == error.status


def test_a_body_that_came_too_slowly_is_sent_again() -> None:
    """Its clients send nothing again after 408."""

    class Slow(EthogramError):
        status = 408

    assert READ.refused(request("v1/batch", {}), Slow("body_too_slow", "Slow.")).status == 503


def test_the_browser_client_is_told_its_source() -> None:
    """It starts with an id, a configuration, and nobody else to send to."""
    reply = READ.told(Request("sourceConfig/", {}, {}, b"", method="GET"))
    assert reply is not None
    source = msgspec.json.decode(reply.body)["source"]
    assert (source["enabled"], source["destinations"]) == (True, [])
    assert source["config"]["statsCollection"]["errors"] == {"enabled": False}
    assert READ.told(request("v1/batch", NODE)) is None


def test_one_bad_event_fails_no_batch(project) -> None:
    """Wrong types, NaN, half a character and what is too large; the others are kept."""
    good = b'{"event":"e","userId":"u"}'
    bad = [b'{"event":"e","userId":"u","properties":{"a":NaN}}', b"[]", b'{"event":"\\ud800"}',
           b'{"event":"e","userId":"u","context":{"traits":5},"type":"identify"}',
           b'{"event":"' + b"x" * 40_000 + b'","userId":"u"}',
           b'{"userId":"u","type":"merge"}']  # fmt: skip
    body = b'{"batch":[' + b",".join([good, *bad, good]) + b"]}"
    outcome = project.take(READ.claims(request("v1/batch", body)), "rudderstack")
    assert outcome.accepted == 2
    assert [each.code for each in outcome.rejected] == [
        "bad_json", "wrong_type", "bad_text", "wrong_type", "event_too_large", "unknown_type"
    ]  # fmt: skip


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
names = st.sampled_from(
    """
    type event name category messageId timestamp originalTimestamp sentAt userId anonymousId
    previousId groupId properties traits context writeKey channel revenue library device
    """.split()  # noqa: SIM905
)
messages = st.dictionaries(names, values | st.dictionaries(names, values), max_size=8)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(messages | values, max_size=4))
def test_every_event_is_kept_or_refused(batch: list[Any]) -> None:
    """However oddly a batch is made, each of its elements is a claim."""
    assert len(READ.claims(request("v1/batch", {"batch": batch}))) == len(batch)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200) | st.text().map(lambda text: b'{"batch":[' + text.encode()))
def test_no_bytes_crash_the_reading(body: bytes) -> None:
    """What cannot be read is `Invalid`, and nothing else is raised."""
    try:
        READ.claims(request("v1/batch", body))
    except Invalid as error:
        assert error.code in ("bad_json", "bad_batch", "bad_text", "too_deep")
