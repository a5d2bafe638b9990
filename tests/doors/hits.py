"""The story as it is sent by what is no SDK of calls: Snowplow, GA4, Matomo, CloudEvents, OTLP.

Each function takes moments and what they are called, and gives requests.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from tests.doors.calls import JSON, Names, batches, paid
from tests.doors.sent import KEY, Sent, iso, millis, text
from tests.doors.story import Moment

TP2 = "com.snowplowanalytics.snowplow/tp2"
PAYLOAD = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
UNSTRUCTURED = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0"


def snowplow(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """snowplow-tracker: every value a text, events of our own as base64; a login is no event."""
    events = [_tracked(each, names) for each in moments if each.what != "identify"]
    headers = {"content-type": "application/json; charset=utf-8"}
    return [
        Sent(f"/snowplow/{KEY}/{TP2}", text({"schema": PAYLOAD, "data": batch}), headers)
        for batch in batches(events)
    ]


def _tracked(moment: Moment, names: Names) -> dict[str, str]:
    said = {
        "eid": moment.id,
        "dtm": str(millis(moment.at)),
        "stm": str(millis(datetime.now(UTC))),
        "duid": moment.device,
        "tv": "py-1.1.0",
        "p": "web",
        "aid": "shop",
    }
    if moment.user:
        said["uid"] = moment.user
    if moment.price:
        order = {"tr_id": f"order {moment.id}", "tr_tt": str(moment.price), "tr_cu": "EUR"}
        return said | {"e": "tr"} | order
    data = {"schema": f"iglu:com.shop/{names[moment.what]}/jsonschema/1-0-0", "data": {}}
    whole = {"schema": UNSTRUCTURED, "data": data}
    return said | {"e": "ue", "ue_px": urlsafe_b64encode(text(whole)).decode()}


def ga4(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """The Measurement Protocol: a request is of one client, and of one user."""
    whose = sorted(moments, key=lambda each: (each.device, each.user or ""))
    return [
        Sent(f"/ga4/mp/collect?measurement_id=G-AB12&api_secret={KEY}",
             text({"client_id": device, "events": [_measured(each, names) for each in of_one]}
                  | ({"user_id": user} if user else {})), JSON)
        for (device, user), of_one in groupby(whose, lambda each: (each.device, each.user))
    ]  # fmt: skip


def _measured(moment: Moment, names: Names) -> dict[str, Any]:
    sale = {"value": float(moment.price), "currency": "EUR", "transaction_id": moment.id} \
        if moment.price else {}  # fmt: skip
    micros = millis(moment.at) * 1000
    return {"name": names[moment.what], "timestamp_micros": micros, "params": sale}


def matomo(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """Many hits in one body, each a query; visitors are sixteen hexadecimal digits."""
    hits = [f"?{urlencode(_hit(each, names))}" for each in moments]
    return [
        Sent("/matomo/matomo.php", text({"requests": batch, "token_auth": KEY}))
        for batch in batches(hits)
    ]


def visitor(device: str) -> str:
    """Matomo's id of a device."""
    return sha256(device.encode()).hexdigest()[:16]


def _hit(moment: Moment, names: Names) -> Mapping[str, object]:
    said = {
        "idsite": 1,
        "rec": 1,
        "_id": visitor(moment.device),
        "cdt": round(moment.at.timestamp()),
    }
    if moment.user:
        said["uid"] = moment.user
    if moment.price:
        return said | {"idgoal": 0, "ec_id": moment.id, "revenue": moment.price}
    return said | {"e_c": "shop", "e_a": names[moment.what]}


def cloudevents(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """A batch of structured events."""
    events = [
        {
            "specversion": "1.0",
            "id": each.id,
            "source": "/shop",
            "type": names[each.what],
            "time": iso(each.at),
            "anonymousid": each.device,
            "data": paid(each),
        } | ({"userid": each.user} if each.user else {})
        for each in moments
    ]  # fmt: skip
    type_ = {"content-type": "application/cloudevents-batch+json"}
    return [Sent(f"/cloudevents/{KEY}", text(batch), type_) for batch in batches(events)]


def otlp(moments: Sequence[Moment], names: Names) -> list[Sent]:
    """An exporter's JSON; who is not known is a session."""
    headers = JSON | {"authorization": f"Bearer {KEY}"}
    return [
        Sent("/otlp/v1/logs", text({"resourceLogs": [{
            "resource": {"attributes": [_attribute("service.name", "shop")]},
            "scopeLogs": [{"logRecords": [_record(each, names) for each in batch]}],
        }]}), headers)
        for batch in batches(moments)
    ]  # fmt: skip


def _record(moment: Moment, names: Names) -> dict[str, Any]:
    said = {"session.id": moment.device, "user.id": moment.user} | paid(moment)
    return {
        "eventName": names[moment.what],
        "timeUnixNano": str(millis(moment.at) * 1_000_000),
        "attributes": [_attribute(name, value) for name, value in said.items() if value],
    }


def _attribute(name: str, value: str | float) -> dict[str, Any]:
    kind = "stringValue" if isinstance(value, str) else "doubleValue"
    return {"key": name, "value": {kind: value}}
