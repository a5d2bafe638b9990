"""The story as SDKs send it that batch calls: ours, Segment's, RudderStack's, PostHog's, ….

Each function takes moments and what they are called, and gives requests.
"""

import gzip
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.doors.sent import KEY, Sent, iso, millis, text
from tests.doors.story import Moment, What

Names = Mapping[What, str]
JSON = {"content-type": "application/json"}
BASIC = {"authorization": f"Basic {KEY}"}
BATCH = 50


def native(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """Our own events."""
    kinds = {"identify": "identify", "join": "group"}
    events = [
        {
            "event": names[each.what],
            "kind": kinds.get(each.what, "track"),
            "user_id": each.user,
            "anonymous_id": each.device,
            "timestamp": iso(each.at),
            "event_id": each.id,
            "properties": paid(each),
            "groups": [{"type": "company", "id": each.company}] if each.company else [],
        } | ({"value": float(each.price), "currency": "EUR"} if each.price else {})
        for each in moments
    ]  # fmt: skip
    headers = JSON | {"authorization": f"Bearer {KEY}"}
    return [Sent("/v1/events", text(batch), headers) for batch in batches(events)]


def segment(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """analytics-node: JSON, the key as the user of Basic, an id and a time for each."""
    return [
        Sent("/segment/v1/batch", text({"batch": batch, "sentAt": _now()}), JSON | BASIC)
        for batch in batches([_spoken(each, names) for each in moments])
    ]


def rudderstack(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """rudder-sdk-node: packed JSON that says it is a form; times have another name."""
    events = [_spoken(each, names) | {"channel": "server"} for each in moments]
    for event in events:
        event["originalTimestamp"] = event.pop("timestamp")
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "content-encoding": "gzip",
        **BASIC,
    }
    return [
        Sent("/rudderstack/v1/batch", text({"batch": batch, "sentAt": _now()}), headers,
             pack=gzip.compress)
        for batch in batches(events)
    ]  # fmt: skip


def _spoken(moment: Moment, names: Names) -> dict[str, Any]:
    """A call of Segment's specification."""
    said: dict[str, Any] = {
        "type": {"identify": "identify", "join": "group"}.get(moment.what, "track"),
        "messageId": moment.id,
        "anonymousId": moment.device,
        "userId": moment.user,
        "timestamp": iso(moment.at),
        "context": {"library": {"name": "@segment/analytics-node", "version": "3.1.0"}},
        "integrations": {},
    }
    if said["type"] == "track":
        return said | {"event": names[moment.what], "properties": paid(moment)}
    return (
        said | {"traits": {"plan": "pro"}} | ({"groupId": moment.company} if moment.company else {})
    )


def posthog(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """posthog-js: packed JSON as plain text, whose events have their key and their device."""
    path = f"/posthog/i/v0/e/?ip=1&_={millis(datetime.now(UTC))}&compression=gzip-js"
    return [
        Sent(path, text(batch), {"content-type": "text/plain"}, pack=gzip.compress)
        for batch in batches([_captured(each, names) for each in moments])
    ]


def _captured(moment: Moment, names: Names) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "token": KEY,
        "distinct_id": moment.user or moment.device,
        "$device_id": moment.device,
        "$is_identified": bool(moment.user),
        "$process_person_profile": bool(moment.user),
        "$lib": "web",
        **paid(moment),
    }
    if moment.what == "identify":
        properties |= {"$anon_distinct_id": moment.device, "$user_id": moment.user}
    if moment.company:
        properties |= {"$group_type": "company", "$group_key": moment.company}
    return {
        "uuid": moment.id,
        "event": names[moment.what],
        "properties": properties,
        "timestamp": iso(moment.at),
    }


def mixpanel(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """mixpanel-browser: base64 in a form."""
    return [
        Sent(
            f"/mixpanel/track/?verbose=1&ip=1&_={millis(datetime.now(UTC))}",
            text(batch),
            {"content-type": "application/x-www-form-urlencoded"},
            pack=lambda body: b"data=" + quote(b64encode(body)).encode(),
        )
        for batch in batches([_tracked(each, names) for each in moments])
    ]


def _tracked(moment: Moment, names: Names) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "token": KEY,
        "time": moment.at.timestamp(),
        "$insert_id": moment.id,
        "$device_id": moment.device,
        "distinct_id": moment.user or f"$device:{moment.device}",
        "mp_lib": "web",
        **paid(moment),
    }
    if moment.user:
        properties["$user_id"] = moment.user
    if moment.what == "identify":
        properties["$anon_distinct_id"] = f"$device:{moment.device}"
    return {"event": names[moment.what], "properties": properties}


def amplitude(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """analytics-browser: the key, the events, and when they were sent."""
    return [
        Sent("/amplitude/2/httpapi",
             text({"api_key": KEY, "events": batch, "options": {}, "client_upload_time": _now()}),
             JSON)
        for batch in batches([_logged(each, names) for each in moments])
    ]  # fmt: skip


def _logged(moment: Moment, names: Names) -> dict[str, Any]:
    said: dict[str, Any] = {
        "event_type": names[moment.what],
        "device_id": moment.device,
        "user_id": moment.user,
        "time": millis(moment.at),
        "insert_id": moment.id,
        "session_id": -1,
        "library": "amplitude-ts/2.48.1",
        "ip": "$remote",
    }
    if moment.what == "identify":
        said["user_properties"] = {"$set": {"plan": "pro"}}
    if moment.company:
        said["groups"] = {"company": moment.company}
    if moment.price:
        said |= {"price": float(moment.price), "quantity": 1, "currency": "EUR"}
    return said


def paid(moment: Moment) -> dict[str, Any]:
    """What was paid, as properties in the words that most vendors have."""
    return {"revenue": float(moment.price), "currency": "EUR"} if moment.price else {}


def batches(events: Sequence[Any], size: int = BATCH) -> Iterator[Sequence[Any]]:
    """``events``, so many at a time."""
    return (events[start : start + size] for start in range(0, len(events), size))


def _now() -> str:
    return iso(datetime.now(UTC))
