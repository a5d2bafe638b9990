"""PostHog's requests become canonical events, and nothing that was said is lost."""

import asyncio
import base64
import gzip
import zlib
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.collect.admission import Refusal, Rules, check
from ethogram.collect.door import Outcome, Rejected
from ethogram.collect.protocols.dialect import Request
from ethogram.collect.protocols.posthog import CALLS, PostHog
from ethogram.events.errors import EthogramError, Invalid, NotFound, Refused, Throttled, TooLarge
from ethogram.events.event import Event, Exposure, Group, Link, ProfileChange
from ethogram.events.times import DAY, SECOND, now, parse

READ = PostHog()
UUID = "01a203fc-32ad-7991-b9c8-b5028131e2c1"
DEVICE = "01a203fc-2bf9-7280-b16e-8ec81e916686"
PYTHON = {
    "batch": [{
        "event": "Paid", "timestamp": "2026-03-01T12:00:00+00:00", "distinct_id": "ann",
        "uuid": UUID, "properties": {
            "revenue": 12.5, "currency": "EUR", "order_id": "o1", "$groups": {"company": "acme"},
            "$lib": "posthog-python", "$lib_version": "7.91.1", "$geoip_disable": True,
            "$is_server": True}}],
    "historical_migration": False, "sent_at": "2026-03-01T12:00:05+00:00", "api_key": "k",
}  # fmt: skip
"""As the Python client sends it."""
WEB = {"$device_id": DEVICE, "token": "k", "$session_id": "s1", "$window_id": "w1", "$lib": "web",
       "$is_identified": False, "$process_person_profile": False}  # fmt: skip
"""What the browser client puts into every event of a visitor."""


def request(call: str, body: object = b"", query: dict | None = None, **headers: str) -> Request:
    """A request whose body is ``body``, or its JSON."""
    text = body if isinstance(body, bytes) else msgspec.json.encode(body)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(call, headers, query or {}, text)


def one(message: dict[str, Any], call: str = "e/", **beside: Any) -> Event:
    """The event that ``message`` becomes."""
    (claim,) = READ.claims(request(call, {"batch": [message], **beside}))
    assert isinstance(claim, Event), claim.error
    return claim


def web(event: str, properties: dict[str, Any], **outer: Any) -> Event:
    """What the browser client sends."""
    return one({"event": event, "uuid": UUID, "properties": {**WEB, **properties}, **outer})


def test_the_python_client_is_read() -> None:
    """Ids leave the properties, which are kept otherwise; money and groups have their places."""
    (event,) = READ.claims(request("batch/", PYTHON))
    assert isinstance(event, Event)
    assert (event.event, event.kind, event.event_id) == ("Paid", "track", UUID)
    assert (event.user_id, event.anonymous_id, event.personless) == ("ann", None, False)
    assert (event.value, event.currency, event.order_id) == (12.5, "EUR", "o1")
    assert event.groups == [Group("company", "acme")]
    assert event.ip_policy == "ignore"
    assert event.source is not None
    assert (event.source.sdk, event.source.sdk_version) == ("posthog-python", "7.91.1")
    assert "$groups" not in event.properties
    assert event.properties["revenue"] == 12.5
    assert event.x == {}


@pytest.mark.parametrize("call", ["batch", "/batch/", "e/", "i/v0/e/", "capture/", "track",
                                  "i/v0/ai/batch/", "eg_write_k/batch/"])  # fmt: skip
def test_a_body_has_three_shapes(call: str) -> None:
    """A batch, an array, or one event, at any of the paths."""
    message = {"event": "cart", "distinct_id": "u", "api_key": "k"}
    for body in (message, [message], {"batch": [message], "api_key": "k"}):
        asked = request(call, body)
        (event,) = READ.claims(asked)
        assert isinstance(event, Event)
        assert (event.event, event.user_id, event.x) == ("cart", "u", {})
        assert READ.told(asked) is None


def test_a_body_is_written_in_many_ways() -> None:
    """JSON, a form with JSON or base64, plain base64, deflate, and the query of a GET."""
    text = msgspec.json.encode({"event": "e", "distinct_id": "ü~>?", "api_key": "k"})
    coded = base64.b64encode(text)
    asked = [
        request("e", text),
        request("e", b"data=" + quote(coded).encode() + b"&compression=base64"),
        request("e", b"compression=base64&data=" + coded),
        request("e", b"data=" + quote(text).encode()),
        request("e", coded),
        request("e", base64.urlsafe_b64encode(text).rstrip(b"=")),
        request("e", zlib.compress(text), content_encoding="deflate"),
        request("e", query={"data": coded.decode()}),
        request("e", query={"data": coded.decode().replace("+", " ")}),
    ]
    for each in asked:
        (event,) = READ.claims(each)
        assert isinstance(event, Event)
        assert event.user_id == "ü~>?"
        assert READ.key(each) == "k"


@pytest.mark.parametrize(("asked", "key"), [
    (request("batch", {"api_key": "k1", "batch": []}), "k1"),
    (request("batch", {"batch": [{"token": "k2"}, {"token": "k3"}]}), "k2"),
    (request("e", [{"properties": {"token": "k4"}}]), "k4"),
    (request("e", {"event": "e", "properties": {"token": "k5"}}), "k5"),
    (request("engage", {"$token": "k6", "$distinct_id": "u"}), "k6"),
    (request("i/v1/analytics/events", authorization="Bearer k7"), "k7"),
    (request("eg_write_k8/batch/"), "eg_write_k8"),
    (request("e", query={"api_key": "k9"}), "k9"),
    (request("batch", {"api_key": 5, "batch": []}), None),
    (request("batch"), None),
])  # fmt: skip
def test_the_key_comes_in_many_ways(asked: Request, key: str | None) -> None:
    """In the path, as Bearer, in the query, beside the batch, or in its first event."""
    assert READ.key(asked) == key


def test_a_visitor_is_a_device_until_it_is_identified() -> None:
    """A browser's id stands for the device; it counts, though no profile is made of it."""
    event = web("$pageview", {"distinct_id": DEVICE})
    assert (event.kind, event.user_id, event.anonymous_id) == ("page", None, DEVICE)
    assert (event.device_id, event.session_id, event.personless) == (DEVICE, "s1", False)
    known = {"distinct_id": "ann", "$is_identified": True, "$process_person_profile": True}
    event = web("Paid", {**known, "$user_id": "ann"})
    assert (event.user_id, event.anonymous_id) == ("ann", None)
    assert event.properties == {"$window_id": "w1", "$lib": "web", "$is_identified": True,
                                "$process_person_profile": True}  # fmt: skip


def test_identify_ties_the_device_to_the_person() -> None:
    """The device's id may have been sent by a server too, as if it were a person's."""
    known = {"$is_identified": True, "$process_person_profile": True}
    event = web("$identify", {"distinct_id": "ann", "$anon_distinct_id": DEVICE, **known},
                **{"$set": {"plan": "pro"}, "$set_once": {"first": "ad"}})  # fmt: skip
    assert (event.kind, event.user_id, event.anonymous_id) == ("identify", "ann", DEVICE)
    assert event.identity_links == [Link("identify", DEVICE, "ann")]
    assert event.profile_ops == [
        ProfileChange("set", {"plan": "pro"}), ProfileChange("set_once", {"first": "ad"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "id_", ["anonymous", "null", '"undefined"', "None", "0", "[object Object]"]
)
@pytest.mark.parametrize("event", ["$identify", "$create_alias"])
def test_ids_sent_by_mistake_tie_nobody(event: str, id_: str) -> None:
    """All who are called so would be one person; PostHog ties them to nothing either."""
    name = "alias" if event == "$create_alias" else "$anon_distinct_id"
    for distinct, other in ((id_, "ann"), ("ann", id_)):
        said = one({"event": event, "distinct_id": distinct, "properties": {name: other}})
        assert said.identity_links == []


def test_an_alias_has_no_direction() -> None:
    """Clients do not agree on which of the two ids comes first."""
    event = one({"event": "$create_alias", "distinct_id": "old",
                 "properties": {"distinct_id": "old", "alias": "new"}})  # fmt: skip
    assert event.identity_links == [Link("alias", "new", "old", False, "either", "either")]
    event = one({"event": "$merge_dangerously", "distinct_id": "a", "properties": {"alias": "b"}})
    assert event.identity_links == [Link("merge", "b", "a", False, "either", "either")]
    assert event.properties == {}


def test_a_device_that_is_taken_for_a_person_is_that_person() -> None:
    """Where a client uses the device's id on for the person, both kinds are one."""
    event = web("e", {"distinct_id": DEVICE, "$is_identified": True,
                      "$process_person_profile": True})  # fmt: skip
    assert event.user_id == DEVICE
    assert event.identity_links == [Link("identify", DEVICE, DEVICE, a_kind="anonymous")]


@pytest.mark.parametrize("properties", [
    {"$process_person_profile": False}, {"$cookieless_mode": True, "$device_id": None},
])  # fmt: skip
def test_who_lasts_no_longer_than_a_call_is_nobody(properties: dict[str, Any]) -> None:
    """A server's made-up id, or a browser without cookies, counts no person."""
    event = one({"event": "e", "distinct_id": "made up", "properties": properties})
    assert (event.user_id, event.anonymous_id, event.personless) == (None, "made up", True)


def test_a_profile_changes_unless_none_is_wanted() -> None:
    """Operations stand outside or inside the properties; without a profile they stay there."""
    event = one({"event": "$set", "distinct_id": "u", "$set": {"a": 1},
                 "properties": {"$set": {"a": 0, "b": 2}, "$unset": ["c"]}})  # fmt: skip
    assert event.kind == "profile"
    assert event.profile_ops == [
        ProfileChange("set", {"a": 1, "b": 2}),
        ProfileChange("unset", {"c": None}),
    ]
    event = web("e", {"distinct_id": DEVICE}, **{"$set_once": {"a": 1}})
    assert event.profile_ops == []
    assert event.properties["$set_once"] == {"a": 1}


def test_a_group_is_described_by_whomever_says_so() -> None:
    """The described group comes first; a client's stand-in for nobody counts nobody."""
    said = {"$group_type": "company", "$group_key": "acme", "$group_set": {"seats": 5}}
    event = one({"event": "$groupidentify", "distinct_id": "$company_acme", "properties": said})
    assert (event.kind, event.groups) == ("group", [Group("company", "acme")])
    assert (event.anonymous_id, event.personless) == ("$company_acme", True)
    assert event.profile_ops == [ProfileChange("set", {"seats": 5}, "group")]
    both = {**said, "$groups": {"team": 7, "company": "old", "none": None}}
    event = one({"event": "$groupidentify", "distinct_id": "ann", "properties": both})
    assert event.groups == [Group("company", "acme"), Group("team", "7")]
    assert (event.user_id, event.personless) == ("ann", False)


def test_a_flag_that_was_asked_for_is_an_exposure() -> None:
    """What the person was shown, and why; the properties are kept."""
    said = {"$feature_flag": "beta", "$feature_flag_response": "blue", "$feature_flag_version": 3,
            "$feature_flag_reason": "matched"}  # fmt: skip
    event = one({"event": "$feature_flag_called", "distinct_id": "u", "properties": said})
    assert event.kind == "exposure"
    assert event.exposure == Exposure("beta", "blue", "blue", "matched", "3")
    assert event.properties == said


def test_v1_says_the_same_elsewhere() -> None:
    """What v1 lifts out of the properties goes back; the client is named by a header."""
    message = {"event": "e", "uuid": UUID, "distinct_id": "u", "timestamp": "2026-03-01T12:00:00Z",
               "session_id": "s", "window_id": "w", "properties": {"$set": {"a": 1}},
               "options": {"process_person_profile": True,
                           "disable_skew_correction": True}}  # fmt: skip
    asked = request("i/v1/analytics/events", {"created_at": "x", "batch": [message]},
                    posthog_sdk_info="posthog-python/7.91.1", posthog_attempt="2")  # fmt: skip
    (event,) = READ.claims(asked)
    assert isinstance(event, Event)
    assert (event.session_id, event.sent_at) == ("s", None)
    assert event.properties == {"$window_id": "w", "$process_person_profile": True,
                                "$ignore_sent_at": True}  # fmt: skip
    assert event.profile_ops == [ProfileChange("set", {"a": 1})]
    assert event.source is not None
    said = (event.source.sdk, event.source.sdk_version, event.source.attempt)
    assert said == ("posthog-python", "7.91.1", 2)


def test_times_are_corrected_by_when_they_were_sent(project) -> None:
    """By the body, the query, or an age; unless the client is sure, or tells of history."""
    received = parse("2026-03-01T12:00:00Z")
    late = "2026-03-02T12:00:10Z"
    sent = {"sent_at": "2026-03-02T12:00:20Z"}
    message: dict[str, Any] = {"event": "e", "distinct_id": "u", "timestamp": late}
    sure = {**message, "properties": {"$ignore_sent_at": True}, "timestamp": "2026-03-01T09:00Z"}
    aged = {"event": "e", "distinct_id": "u", "offset": 4_000}
    millis = str(parse("2026-03-02T12:00:20Z") // 1000)
    past = {**message, "timestamp": "2014-05-13T16:53:20Z"}
    asked = [
        request("batch", {"batch": [message, sure, aged], **sent}),
        request("e", [message], {"_": millis}),
        request("e", [message], {"sent_at": millis}),
        request("batch", {"batch": [message], "sent_at": "no time"}),
        request("batch", {"batch": [past], "historical_migration": True}),
    ]
    for each in asked:
        project.take(READ.claims(each), "posthog", at=received)
    ago = [(received - event.timestamp) / SECOND for event in project.events]
    assert ago[:6] == [10, 3 * 3600, 4, 10, 10, 0]
    assert project.events[6].timestamp == parse("2014-05-13T16:53:20Z")


def test_an_age_alone_counts_from_now() -> None:
    """Where nobody says when it was sent, it was now."""
    event = one({"event": "e", "distinct_id": "u", "offset": 60_000})
    assert event.timestamp is not None
    assert abs(now() - 60 * SECOND - parse(event.timestamp)) < 30 * SECOND


@pytest.mark.parametrize("off", [-365 * DAY, 365 * DAY])
def test_a_clock_a_year_off_is_put_right(project, off: int) -> None:
    """The difference between both of the client's times is right all the same."""
    received = parse("2026-03-01T12:00:00Z")
    wrong = (received + off) // 1000
    body = {"batch": [{"event": "e", "distinct_id": "u", "timestamp": wrong - 5_000}],
            "sent_at": str(wrong)}  # fmt: skip
    project.take(READ.claims(request("batch", body)), "posthog", at=received)
    assert project.events[0].timestamp == received - 5 * SECOND


def test_what_has_no_place_is_kept_aside() -> None:
    """Every other field stands under x.posthog, but keys and what says nothing."""
    event = one({"event": "e", "distinct_id": 2**60, "token": "k", "type": "capture",
                 "library": "posthog-node", "library_version": "5", "lane": "ai",
                 "no": None})  # fmt: skip
    assert event.user_id == str(2**60)
    assert event.x == {"posthog": {"lane": "ai"}}
    assert event.source is not None
    assert event.source.sdk == "posthog-node"


@pytest.mark.parametrize(("message", "code", "at"), [
    ({"event": 5.5, "distinct_id": "u"}, "wrong_type", "$.event"),
    ({"event": "e", "distinct_id": {"a": 1}}, "wrong_type", "$.distinct_id"),
    ({"event": "e", "distinct_id": "u", "properties": []}, "wrong_type", "$.properties"),
    ({"event": "e", "distinct_id": "u", "timestamp": True}, "wrong_type", "$.timestamp"),
    ({"event": "e", "distinct_id": "u", "$set": "x"}, "wrong_type", "$.$set"),
    ({"event": "e", "distinct_id": "u", "properties": {"$groups": 5}}, "wrong_type", "$.$groups"),
    ({"event": "e", "distinct_id": "u", "properties": {"$session_id": {}}}, "wrong_type",
     "$.properties.$session_id"),
    ({"event": "e", "distinct_id": "u", "a": "x" * (1 << 20)}, "event_too_large", "$"),
])  # fmt: skip
def test_what_is_wrong_has_a_place(message: dict[str, Any], code: str, at: str) -> None:
    """A message that is no event says why and where."""
    (claim,) = READ.claims(request("batch", {"batch": [message]}))
    assert isinstance(claim, Refusal)
    assert (claim.error.code, claim.error.at) == (code, at)


def test_one_bad_event_fails_no_batch(project) -> None:
    """NaN, half a character, nobody and what is no object: the others are kept."""
    good = b'{"event":"e","distinct_id":"u"}'
    bad = [b'{"event":"e","distinct_id":"u","properties":{"a":NaN}}', b"5",
           b'{"event":"\\ud800","distinct_id":"u"}', b'{"event":"e"}',
           b'{"event":"e","distinct_id":"u","timestamp":"soon"}']  # fmt: skip
    body = b'{"api_key": "k", "batch": [' + b",".join([good, *bad, good]) + b"]}"
    asked = request("batch", body)
    assert READ.key(asked) == "k"
    outcome = project.take(READ.claims(asked), "posthog")
    assert outcome.accepted == 2
    assert [each.code for each in outcome.rejected] == [
        "bad_json", "wrong_type", "bad_text", "no_id", "bad_time"]  # fmt: skip


def test_the_same_uuid_is_one_event(project) -> None:
    """What is sent again is known by its ``uuid``; another dialect's is another's."""
    for _ in range(2):
        project.take(READ.claims(request("batch/", PYTHON)), "posthog")
    assert len(project.events) == 1
    project.take([Event("Paid", user_id="ann", event_id=UUID)], "segment")
    assert len(project.events) == 2


def test_large_numbers_arrive_whole(project) -> None:
    """Numbers beyond 2**53 are kept to the last digit."""
    large = 2**63 - 1
    body = {"event": "e", "distinct_id": "u", "properties": {"n": large}}
    project.take(READ.claims(request("e", body)), "posthog")
    assert project.events[0].properties == {"n": large}


@pytest.mark.parametrize("body", [b"", b"{", b"5", b"\xff", b"data=", b"data=%", b'{"batch":5}',
                                  b'{"batch":[1}', b"[1", b"&" * 100])  # fmt: skip
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    """A body that cannot be taken apart raises `Invalid`."""
    with pytest.raises(Invalid):
        READ.claims(request("batch", body))


def test_deflate_that_is_no_end_is_refused() -> None:
    """A few bytes that would become very many never do."""
    with pytest.raises(TooLarge):
        READ.claims(request("e", zlib.compress(b"[" + b" " * (30 << 20)),
                            content_encoding="deflate"))  # fmt: skip


def test_ids_and_keys_stay_out_of_the_log(project) -> None:
    """Nothing that a client says of who it is can be read in the log's file."""
    properties = {"distinct_id": "user-inmost", "$anon_distinct_id": "anon-inmost",
                  "$device_id": "device-inmost", "$session_id": "session-inmost",
                  "$user_id": "user-inmost", "token": "key-inmost", "$ip": "10.11.12.13",
                  "$groups": {"company": "group-inmost"},
                  "$set": {"email": "inmost@example.org"}}  # fmt: skip
    body = {"api_key": "key-inmost", "batch": [
        {"event": "$identify", "uuid": UUID, "properties": properties},
        {"event": "$create_alias", "distinct_id": "user-inmost",
         "properties": {"alias": "old-inmost"}}]}  # fmt: skip
    project.take(READ.claims(request("batch", body)), "posthog")
    written = b"".join(path.read_bytes() for path in project.folder.iterdir())
    assert b"$identify" in written
    assert [said for said in (b"inmost", b"10.11.12") if said in written] == []


def test_success_is_said_in_posthogs_words() -> None:
    """Old paths hear of a status; v1 hears of every event."""
    assert READ.answer(request("e"), [], Outcome(accepted=1)).body == b'{"status":1}'
    bad = Refusal(Invalid("wrong_type", "m"), b'{"uuid":"two","distinct_id":{}}')
    claims = [Event("e", user_id="u", event_id="one"), bad, Refusal(bad.error, b"5")]
    outcome = Outcome(1, 0, [Rejected(i, "wrong_type", "m", "$", "h") for i in (1, 2)])
    reply = READ.answer(request("i/v1/analytics/events"), claims, outcome)
    results = msgspec.json.decode(reply.body)["results"]
    dropped = {"result": "drop", "details": "wrong_type: m"}
    assert results == {"one": {"result": "ok"}, "two": dropped}
    assert READ.answer(request("batch"), claims, outcome).status == 200


def test_a_browser_is_told_to_come_back() -> None:
    """posthog-js drops what any 4xx refuses; servers wait for what a 429 says."""
    error = Throttled("slower", "m", retry_after=7)
    assert [READ.refused(request(call), error).status for call in ("e/", "i/v0/e", "batch/")] == [
        503, 503, 429]  # fmt: skip
    reply = READ.refused(request("batch"), Refused("unknown_key", "No such key."))
    said = msgspec.json.decode(reply.body)
    assert (reply.status, said["detail"], said["type"]) == (
        401, "No such key.", "authentication_error")  # fmt: skip


def test_clients_are_told_their_settings() -> None:
    """Browsers load no further scripts, and nobody has flags."""
    config = READ.told(request("array/k/config"))
    assert config is not None
    assert msgspec.json.decode(config.body)["supportedCompression"] == ["gzip", "gzip-js"]
    flags = READ.told(request("flags/", query={"v": "2"}))
    assert flags is not None
    assert msgspec.json.decode(flags.body)["flags"] == {}
    with pytest.raises(NotFound) as missing:
        READ.told(request("cature/"))
    assert '"capture"' in missing.value.hint


async def _sent(serving: Any, body: bytes, path: str, headers: dict[str, str]) -> Any:
    async with serving() as client:
        return await client.post(body, path, headers=headers)


def test_gzip_as_plain_text_is_read(serving, project) -> None:
    """As the browser sends it, without a word about what it is."""
    key = project.key()["authorization"].removeprefix("Bearer ")
    properties = {**WEB, "token": key, "distinct_id": DEVICE}
    text = msgspec.json.encode({"api_key": key, "batch": [{"event": "e", "uuid": UUID,
                                "properties": properties}]})  # fmt: skip
    headers = {"content-type": "text/plain", "origin": "https://a.example"}
    answer = asyncio.run(_sent(serving, gzip.compress(text), "/posthog/i/v0/e/", headers))
    assert (answer.status, answer.json) == (200, {"status": 1})
    assert answer.headers["access-control-allow-origin"] == "https://a.example"


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text() | st.sampled_from(
    ["event", "distinct_id", "timestamp", "offset", "sent_at", "uuid", "properties", "options",
     "$set", "$unset", "session_id"]
)  # fmt: skip
INNER = st.sampled_from(
    ["$device_id", "$groups", "$group_type", "$group_key", "$group_set", "$set", "alias", "token",
     "$anon_distinct_id", "$feature_flag", "revenue", "products", "$is_identified", "$session_id"]
)  # fmt: skip
PROPERTIES = st.dictionaries(INNER, JSONS, max_size=5)
MESSAGES = st.dictionaries(NAMES, JSONS, max_size=6) | st.fixed_dictionaries(
    {"event": st.sampled_from(["$identify", "$groupidentify", "$create_alias",
                               "$feature_flag_called"]) | JSONS,
     "distinct_id": JSONS, "properties": PROPERTIES | JSONS})  # fmt: skip


@given(st.lists(MESSAGES | JSONS, max_size=5), st.sampled_from(sorted(CALLS)))
def test_every_event_is_kept_or_refused(messages: list[Any], call: str) -> None:
    """As many claims as messages, whatever they are, and each passes or is refused."""
    claims = READ.claims(request(call, msgspec.json.encode({"batch": messages})))
    assert len(claims) == len(messages)
    for claim in claims:
        if isinstance(claim, Event):
            with suppress(EthogramError):
                assert check(claim, now(), Rules()).timestamp >= 0


@given(st.binary() | st.binary().map(lambda b: b"data=" + b) | st.binary().map(base64.b64encode),
       st.sampled_from(["", "deflate"]))  # fmt: skip
def test_no_bytes_crash(body: bytes, encoding: str) -> None:
    """Whatever comes is claims or an error of ours."""
    asked = request("e", body, content_encoding=encoding)
    with suppress(EthogramError):
        assert all(isinstance(each, Event | Refusal) for each in READ.claims(asked))
    with suppress(EthogramError):
        assert READ.key(asked) != ""
