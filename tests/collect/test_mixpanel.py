"""Mixpanel's requests become canonical events, and nothing that was said is lost."""

import base64
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
from ethogram.collect.protocols.mixpanel import CALLS, Mixpanel
from ethogram.collect.protocols.mixpanel_events import NOBODY
from ethogram.events.errors import Busy, EthogramError, Invalid, NotFound, TooLarge
from ethogram.events.event import Event, Exposure, Group, Link, ProfileChange
from ethogram.events.times import SECOND, now, parse

READ = Mixpanel()
DEVICE = "5a321f05-ea06-4918-acb9-7692f2479fba"
WEB = {"event": "Viewed", "properties": {
    "mp_lib": "web", "$lib_version": "2.83.0", "$insert_id": "7ntkl3xw6bg96f1v",
    "time": 1772366400.043, "distinct_id": f"$device:{DEVICE}", "$device_id": DEVICE,
    "sign": "a+b", "token": "k"}}  # fmt: skip
"""As the browser client sends it of a visitor."""


def request(call: str, body: object = b"", query: dict | None = None, **headers: str) -> Request:
    """A request whose body is ``body``, or its JSON."""
    text = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Request(call, headers, query or {}, text)


def one(message: dict[str, Any], call: str = "track/") -> Event:
    """The event that ``message`` becomes."""
    (claim,) = READ.claims(request(call, [message]))
    assert isinstance(claim, Event), claim.error
    return claim


def said(event: str, **properties: Any) -> Event:
    """What a client says with these properties."""
    return one({"event": event, "properties": properties})


def engaged(operations: dict[str, Any], **more: Any) -> Event:
    """A change of Ann's profile."""
    return one({"$token": "k", "$distinct_id": "ann", **operations, **more}, "engage")


def test_the_browser_client_is_read() -> None:
    """A visitor is a device; ids leave the properties, which are kept otherwise."""
    event = one(WEB)
    assert (event.event, event.kind, event.event_id) == ("Viewed", "track", "7ntkl3xw6bg96f1v")
    assert (event.user_id, event.anonymous_id) == (None, f"$device:{DEVICE}")
    assert (event.device_id, event.timestamp) == (DEVICE, 1772366400.043)
    assert event.properties == {"mp_lib": "web", "$lib_version": "2.83.0", "sign": "a+b"}
    assert event.source is not None
    assert (event.source.sdk, event.source.sdk_version) == ("web", "2.83.0")


def test_data_is_written_in_many_ways() -> None:
    """A form with JSON or base64, its pluses escaped or not, the query, JSON, or lines of it."""
    text = msgspec.json.encode({"event": "e", "properties": {"distinct_id": "ü~>?", "token": "k"}})
    coded = base64.b64encode(text)
    assert b"+" in coded
    asked = [
        request("track", text),
        request("track", b"[" + text + b"]"),
        request("track", text + b"\n\n" + text),
        request("track", b"\n" + text.replace(b",", b",\n")),
        request("track", b"data=" + coded),
        request("track", b"verbose=1&data=" + quote(coded, safe="").encode()),
        request("track", b"data=" + quote(text).encode() + b"&ip=0"),
        request("track", query={"data": coded.decode()}),
        request("track", query={"data": coded.decode().replace("+", " ")}),
    ]
    for each in asked:
        event = READ.claims(each)[0]
        assert isinstance(event, Event)
        assert event.user_id == "ü~>?"
        assert READ.key(each) == "k"


@pytest.mark.parametrize(("asked", "key"), [
    (request("track", [{"properties": {"token": "k1"}}]), "k1"),
    (request("engage", {"$token": "k2", "$set": {}}), "k2"),
    (request("eg_write_k3/track"), "eg_write_k3"),
    (request("import", authorization="Basic " + base64.b64encode(b"eg_write_k4:").decode()),
     "eg_write_k4"),
    (request("import", [{"properties": {"token": "k5"}}],
             authorization="Basic " + base64.b64encode(b"service.account:secret").decode()), "k5"),
    (request("import", query={"api_key": "eg_write_k6"}), "eg_write_k6"),
    (request("track", [{"properties": {"token": 5}}]), None),
    (request("track", []), None),
    (request("track"), None),
])  # fmt: skip
def test_the_key_comes_in_many_ways(asked: Request, key: str | None) -> None:
    """In the path, as the user of Basic, in the query, or as the first event's token."""
    assert READ.key(asked) == key


def test_user_and_device_in_one_event_are_tied() -> None:
    """The simplified merge: the event has both, the device under its own distinct id."""
    event = said("e", **{"distinct_id": "ann", "$user_id": "ann", "$device_id": DEVICE})
    assert (event.user_id, event.anonymous_id) == ("ann", f"$device:{DEVICE}")
    assert event.device_id == DEVICE
    assert said("e", **{"$device_id": DEVICE, "distinct_id": DEVICE}).anonymous_id == DEVICE
    event = said("e", distinct_id="ann")
    assert (event.user_id, event.anonymous_id, event.properties) == ("ann", None, {})


@pytest.mark.parametrize(("before", "kind"), [(f"$device:{DEVICE}", "anonymous"), (DEVICE, "user")])
@pytest.mark.parametrize("names", [("distinct_id", "$anon_distinct_id"),
                                   ("$identified_id", "$anon_id")])  # fmt: skip
def test_identify_ties_what_a_client_made_up(before: str, kind: Any, names: Any) -> None:
    """A device's id may have been sent by a server too, as if it were a person's."""
    event = said("$identify", **dict(zip(names, ("ann", before), strict=True)))
    assert (event.kind, event.user_id, event.anonymous_id) == ("identify", "ann", before)
    assert event.identity_links == [Link("identify", before, "ann", a_kind=kind)]
    assert event.properties == {}


def test_identify_ties_no_two_people() -> None:
    """Who follows another at one browser is not the other."""
    event = said("$identify", **{"distinct_id": "ben", "$anon_distinct_id": "ann"})
    assert (event.user_id, event.anonymous_id, event.identity_links) == ("ben", None, [])


def test_alias_and_merge_tie_any_two_ids() -> None:
    """An alias leads to the id that was there; a merge has no direction."""
    event = said("$create_alias", distinct_id="ann", alias="older")
    assert event.identity_links == [Link("alias", "older", "ann", True, "either", "either")]
    pair = {"$distinct_ids": ["ann", f"$device:{DEVICE}"]}
    (event,) = READ.claims(request("import", [{"event": "$merge", "properties": pair}]))
    assert isinstance(event, Event)
    assert (event.kind, event.user_id) == ("alias", "ann")
    link = Link("merge", f"$device:{DEVICE}", "ann", False, "anonymous", "either")
    assert event.identity_links == [link]


def test_an_event_of_nobody_counts_nobody() -> None:
    """Mixpanel takes events that do not say who it was."""
    event = said("e")
    assert (event.user_id, event.anonymous_id, event.personless) == (None, NOBODY, True)


def test_money_and_experiments_have_their_places() -> None:
    """Revenue and its currency; which variant was shown."""
    event = said("Paid", distinct_id="u", revenue="12.5", currency="EUR", order_id="o1")
    assert (event.value, event.currency, event.order_id) == (12.5, "EUR", "o1")
    assert event.properties["revenue"] == "12.5"
    shown = {"Experiment name": "cta", "Variant name": "blue"}
    event = said("$experiment_started", distinct_id="u", **shown)
    assert (event.kind, event.exposure) == ("exposure", Exposure("cta", "blue", "blue"))
    assert said("$mp_web_page_view", distinct_id="u").kind == "page"


def test_each_operation_keeps_its_name() -> None:
    """Several stand in one message; names alone are an object of nothing."""
    event = engaged({"$set": {"a": 1}, "$add": {"n": 2}, "$union": {"l": [1]}, "$unset": ["b"]})
    assert (event.event, event.kind, event.user_id) == ("$set", "profile", "ann")
    assert event.profile_ops == [
        ProfileChange("set", {"a": 1}), ProfileChange("add", {"n": 2}),
        ProfileChange("union", {"l": [1]}), ProfileChange("unset", {"b": None}),
    ]  # fmt: skip
    assert engaged({"$delete": ""}).profile_ops == [ProfileChange("delete", {})]
    assert engaged({"$unset": "b"}).profile_ops == [ProfileChange("unset", {"b": None})]
    assert engaged({"$set": {}}, **{"$ip": 0}).ip_policy == "ignore"


def test_a_charge_is_revenue() -> None:
    """Of the time that it says."""
    charge = {"$amount": 29.99, "$time": "2026-03-01T12:00:00"}
    event = engaged({"$append": {"$transactions": charge}}, **{"$time": 5.0})
    assert (event.kind, event.value, event.timestamp) == ("revenue", 29.99, charge["$time"])
    assert event.profile_ops == [ProfileChange("append", {"$transactions": charge})]


def test_a_groups_profile_is_nobodys() -> None:
    """The group stands for itself, and counts no person."""
    event = one({"$token": "k", "$group_key": "company", "$group_id": 7, "$set": {"seats": 5}},
                "groups")  # fmt: skip
    assert (event.kind, event.groups) == ("group", [Group("company", "7")])
    assert (event.anonymous_id, event.personless) == ("group:company:7", True)
    assert event.profile_ops == [ProfileChange("set", {"seats": 5}, "group")]


def test_the_same_event_is_the_same_only_with_all_of_its_key(project) -> None:
    """Name, time, who and ``$insert_id`` together; without the last nothing is a repetition."""
    base = {"distinct_id": "u", "time": 1772366400, "$insert_id": "i"}
    for change in ({}, {}, {"time": 1772366401}, {"distinct_id": "v"}):
        event = {"event": "e", "properties": {**base, **change}}
        project.take(READ.claims(request("track", [event])), "mixpanel")
    project.take(READ.claims(request("track", [{"event": "f", "properties": base}])), "mixpanel")
    assert len(project.events) == 4
    bare = [{"event": "e", "properties": {"distinct_id": "u", "time": 1772366400}}] * 2
    assert project.take(READ.claims(request("track", bare)), "mixpanel").accepted == 2


def test_a_change_is_the_same_only_with_a_fine_time(project) -> None:
    """A second increment within a millisecond may be meant."""
    for time, kept in ((1772366400.123456, 1), (1772366400, 2), (1772366400.123, 2)):
        change = {"$token": "k", "$distinct_id": "u", "$add": {"n": 1}, "$time": time}
        outcome = project.take(READ.claims(request("engage", [change] * 2)), "mixpanel")
        assert outcome.accepted == kept


def test_times_are_corrected_by_when_they_were_sent(project) -> None:
    """The browser says when in the query; imported times are as they are."""
    received = parse("2026-03-01T12:00:00Z")
    ahead = parse("2027-03-01T12:00:00Z")
    message = {"event": "e", "properties": {"distinct_id": "u", "time": ahead // 1000}}
    sent = {"_": str(ahead // 1000 + 5_000)}
    text = {"event": "e", "properties": {"distinct_id": "u", "time": "1400000000"}}
    asked = [request("track", [message], sent), request("track", b"data=" + msgspec.json.encode(
             [message]) + b"&_=" + sent["_"].encode()), request("track", [message]),
             request("import", [text], sent)]  # fmt: skip
    for each in asked:
        project.take(READ.claims(each), "mixpanel", at=received)
    at = [event.timestamp for event in project.events]
    assert at == [received - 5 * SECOND, received - 5 * SECOND, received, parse(1_400_000_000)]


@pytest.mark.parametrize(("call", "message", "code"), [
    ("track", {"event": 5.5, "properties": {}}, "wrong_type"),
    ("track", {"event": "e", "properties": []}, "wrong_type"),
    ("track", {"event": "e", "properties": {"distinct_id": {}}}, "wrong_type"),
    ("track", {"event": "e", "properties": {"time": True}}, "wrong_type"),
    ("track", {"event": "$merge", "properties": {"$distinct_ids": ["a"]}}, "wrong_type"),
    ("import", {"event": "e", "properties": {"distinct_id": "u"}}, "missing_field"),
    ("engage", {"$distinct_id": "u"}, "unknown_operation"),
    ("engage", {"$distinct_id": "u", "$set": 5}, "wrong_type"),
    ("groups", {"$group_key": "company", "$set": {}}, "no_id"),
    ("track", {"event": "e", "properties": {"a": "x" * (1 << 20)}}, "event_too_large"),
])  # fmt: skip
def test_what_is_wrong_is_refused_alone(call: str, message: dict[str, Any], code: str) -> None:
    """A message that is no event says why."""
    (claim,) = READ.claims(request(call, [message]))
    assert isinstance(claim, Refusal)
    assert claim.error.code == code


def test_one_bad_event_fails_no_batch(project) -> None:
    """NaN, half a character, no time at all and what is no object: the others are kept."""
    good = b'{"event":"e","properties":{"distinct_id":"u","n":9223372036854775807}}'
    bad = [b'{"event":"e","properties":{"a":NaN}}', b"5", b'{"event":"\\ud800"}',
           b'{"event":"e","properties":{"time":"soon"}}', b"{}"]  # fmt: skip
    body = b"[" + b",".join([good, *bad, good]) + b"]"
    outcome = project.take(READ.claims(request("track", body)), "mixpanel")
    assert outcome.accepted == 2
    assert [each.code for each in outcome.rejected] == [
        "bad_json", "wrong_type", "bad_text", "bad_time", "bad_event_name"]  # fmt: skip
    assert project.events[0].properties == {"n": 2**63 - 1}


@pytest.mark.parametrize("body", [b"", b"{", b"data=", b"data=%", b"\xff", b"ip=1", b"[1}"])
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    """A body that cannot be taken apart raises `Invalid`, or has nothing that is an event."""
    with suppress(Invalid):
        assert all(isinstance(claim, Refusal) for claim in READ.claims(request("track", body)))


def test_a_request_has_mixpanels_number_of_events() -> None:
    """Two thousand; the browser halves what it hears is too large."""
    message = {"event": "e", "properties": {"distinct_id": "u"}}
    assert len(READ.claims(request("track", [message] * 2_000))) == 2_000
    with pytest.raises(TooLarge):
        READ.claims(request("track", [message] * 2_001))


@pytest.mark.parametrize("body", [b"[" + b"1," * 1_000_001 + b"1]", b"a=1&" * 65, b"{}\n" * 4_001])
def test_what_was_made_to_cost_is_refused_early(body: bytes) -> None:
    """Many values, fields or lines are counted before they are taken apart."""
    with pytest.raises((TooLarge, Invalid)) as refused:
        READ.claims(request("track", body))
    assert refused.value.code in ("too_many_values", "bad_form", "too_many_events")


def test_ids_and_keys_stay_out_of_the_log(project) -> None:
    """Nothing that a client says of who it is can be read in the log's file."""
    ids = {"distinct_id": "user-inmost", "$user_id": "user-inmost", "$device_id": "device-inmost",
           "$insert_id": "i", "token": "key-inmost", "ip": "10.11.12.13"}  # fmt: skip
    for call, message in (
        ("track", {"event": "Seen", "properties": ids}),
        ("track", {"event": "$identify", "properties": {**ids, "$anon_distinct_id": "a-inmost"}}),
        ("track", {"event": "$create_alias", "properties": {**ids, "alias": "old-inmost"}}),
        ("track", {"event": "$merge", "properties": {"$distinct_ids": ["a-inmost", "b-inmost"]}}),
        ("engage", {"$token": "key-inmost", "$distinct_id": "user-inmost",
                    "$set": {"$email": "inmost@example.org"}}),
        ("groups", {"$group_key": "company", "$group_id": "group-inmost", "$set": {"seats": 5}}),
    ):  # fmt: skip
        assert project.take(READ.claims(request(call, [message])), "mixpanel").accepted == 1
    written = b"".join(path.read_bytes() for path in project.folder.iterdir())
    assert b"Seen" in written
    assert [word for word in (b"inmost", b"10.11.12") if word in written] == []


def test_success_is_said_in_mixpanels_words() -> None:
    """The text 1, or JSON where more words are asked for, in the query or in the form."""
    good = Outcome(accepted=1)
    reply = READ.answer(request("track", b"data=e30"), [], good)
    assert (reply.body, reply.content_type) == (b"1", "text/plain")
    for asked in (request("track/", b"data=e30", {"verbose": "1"}),
                  request("import", b"data=e30&verbose=1")):  # fmt: skip
        said = msgspec.json.decode(READ.answer(asked, [], good).body)
        assert said == {"status": 1, "error": None}


@pytest.mark.parametrize(("query", "status"), [({}, 200), ({"strict": "1"}, 400)])
def test_an_import_hears_of_each(query: dict[str, str], status: int) -> None:
    """How many are in, and which are not, why; with strict=1 these make it a 400."""
    claims = [Event("e", user_id="u"), Event("e", event_id="i")]
    outcome = Outcome(1, 0, [Rejected(1, "no_id", "m", "$.user_id", "h")])
    reply = READ.answer(request("import", b"[{}]", query), claims, outcome)
    said = msgspec.json.decode(reply.body)
    assert (reply.status, said["code"], said["num_records_imported"]) == (status, status, 1)
    record = {"index": 1, "insert_id": "i", "field": "$.user_id", "message": "m"}
    assert said["failed_records"] == [record]


def test_no_error_looks_like_success() -> None:
    """The Python client needs JSON with a status; the one for Node takes only 1 for success."""
    reply = READ.refused(request("track"), Busy("queue_full", "Later.", retry_after=3))
    said = msgspec.json.decode(reply.body)
    assert (reply.status, said["status"], said["error"]) == (503, 0, "Later.")
    assert reply.headers["retry-after"] == "3"


def test_clients_are_told_that_nothing_is_set() -> None:
    """Settings and flags are empty; other calls are not known."""
    for call in ("settings/", "flags/", "decide"):
        told = READ.told(request(call))
        assert told is not None
        assert told.status == 200
    assert READ.told(request("track/")) is None
    with pytest.raises(NotFound):
        READ.told(request("record/"))


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
INNER = st.sampled_from(
    ["distinct_id", "$device_id", "$user_id", "$insert_id", "time", "alias", "$distinct_ids",
     "$anon_distinct_id", "$session_id", "revenue", "items", "token", "Experiment name"]
)  # fmt: skip
OUTER = st.sampled_from(
    ["event", "properties", "$set", "$append", "$unset", "$delete", "$time", "$distinct_id",
     "$group_key", "$group_id", "$ip", "$device_id"]
)  # fmt: skip
NAMES = st.sampled_from(["$identify", "$merge", "$create_alias", "$experiment_started"])
MESSAGES = st.dictionaries(OUTER, JSONS, max_size=6) | st.fixed_dictionaries(
    {"event": NAMES | JSONS, "properties": st.dictionaries(INNER, JSONS, max_size=6) | JSONS}
)


@given(st.lists(MESSAGES | JSONS, min_size=1, max_size=5), st.sampled_from(CALLS))
def test_every_event_is_kept_or_refused(messages: list[Any], call: str) -> None:
    """As many claims as messages, whatever they are, and each passes or is refused."""
    claims = READ.claims(request(call, messages))
    assert len(claims) == len(messages)
    for claim in claims:
        if isinstance(claim, Event):
            with suppress(EthogramError):
                assert check(claim, now(), Rules()).timestamp >= 0


@given(st.binary() | st.binary().map(lambda b: b"data=" + b) | st.binary().map(base64.b64encode))
def test_no_bytes_crash(body: bytes) -> None:
    """Whatever comes is claims or an error of ours."""
    with suppress(EthogramError):
        assert all(
            isinstance(each, Event | Refusal) for each in READ.claims(request("track", body))
        )
    with suppress(EthogramError):
        assert READ.key(request("track", body)) != ""
