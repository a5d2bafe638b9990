"""One event of each dialect with holes to fill, and the batch around it: to say odd things in.

The holes are ``@name``, ``@user``, ``@id``, ``@time``, ``@odd`` (a property's value, as JSON), and
``@events`` and ``@sent`` in the batch.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.doors.hits import PAYLOAD, TP2, UNSTRUCTURED
from tests.doors.sent import KEY, Sent, iso, millis

JSON = {"content-type": "application/json"}
BEARER = JSON | {"authorization": f"Bearer {KEY}"}


@dataclass(frozen=True)
class Frame:
    """``odd`` is the property with the odd value, ``time`` writes times as the vendor's clients do.

    ``corrects``: whether a batch says when it was sent. ``inside`` is how the odd value is written.
    """

    path: str
    batch: str
    event: str
    headers: Mapping[str, str] = field(default_factory=JSON.copy)
    odd: str = "odd"
    time: Callable[[datetime], str] = iso
    corrects: bool = True
    inside: Callable[[bytes], bytes] = bytes

    def one(
        self, odd: bytes = b"1", *, name: str = "e", user: str = "person", id_: str = "id",
        at: datetime | None = None,
    ) -> bytes:  # fmt: skip
        """An event as its text."""
        said = self.event.replace("@name", name).replace("@user", user).replace("@id", id_)
        said = said.replace("@time", self.time(at or datetime.now(UTC)))
        return said.encode().replace(b"@odd", self.inside(odd))

    def sent(self, events: Sequence[bytes], at: datetime | None = None) -> Sent:
        """The request that has ``events``, sent by a clock that says ``at``."""
        sent = self.time(at or datetime.now(UTC))
        body = self.batch.encode().replace(b"@events", b",".join(events))
        body = body.replace(b"@sent", sent.encode())
        return Sent(self.path.replace("@sent", sent), body, self.headers)


def _inside_a_text(said: bytes) -> bytes:
    """``said`` as a part of a JSON text."""
    return said.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def _millis(at: datetime) -> str:
    return str(millis(at))


_DESCRIBED = json.dumps({"schema": UNSTRUCTURED, "data": {
    "schema": "iglu:com.shop/@name/jsonschema/1-0-0", "data": {"odd": "@@"}}})  # fmt: skip
_CALL = ('{"type":"track","event":"@name","userId":"@user","messageId":"@id","timestamp":"@time",'
         '"properties":{"odd":@odd}}')  # fmt: skip

FRAMES = {
    "native": Frame(
        "/v1/events", "[@events]",
        '{"event":"@name","user_id":"@user","event_id":"@id","timestamp":"@time",'
        '"properties":{"odd":@odd}}', BEARER, corrects=False),
    "segment": Frame(
        "/segment/v1/batch", '{"batch":[@events],"sentAt":"@sent","writeKey":"' + KEY + '"}',
        _CALL),
    "rudderstack": Frame(
        "/rudderstack/v1/batch", '{"batch":[@events],"sentAt":"@sent"}', _CALL,
        {"authorization": f"Basic {KEY}"}),
    "posthog": Frame(
        "/posthog/batch/", '{"api_key":"' + KEY + '","batch":[@events],"sent_at":"@sent"}',
        '{"event":"@name","distinct_id":"@user","uuid":"@id","timestamp":"@time",'
        '"properties":{"odd":@odd}}'),
    "mixpanel": Frame(
        f"/mixpanel/{KEY}/track?verbose=1&_=@sent", "[@events]",
        '{"event":"@name","properties":{"distinct_id":"@user","$insert_id":"@id","time":@time,'
        '"odd":@odd}}', time=_millis),
    "amplitude": Frame(
        "/amplitude/batch",
        '{"api_key":"' + KEY + '","client_upload_time":@sent,"events":[@events]}',
        '{"event_type":"@name","user_id":"@user","insert_id":"@id","time":@time,'
        '"event_properties":{"odd":@odd}}', time=_millis),
    "snowplow": Frame(
        f"/snowplow/{KEY}/{TP2}", f'{{"schema":"{PAYLOAD}","data":[@events]}}',
        '{"e":"ue","uid":"@user","eid":"@id","dtm":"@time","stm":"@sent","p":"web","tv":"t",'
        '"ue_pr":' + json.dumps(_DESCRIBED).replace('\\"@@\\"', "@odd") + "}",
        time=_millis, inside=_inside_a_text),
    "ga4": Frame(
        f"/ga4/mp/collect?api_secret={KEY}", '{"client_id":"c","events":[@events]}',
        '{"name":"@name","timestamp_micros":@time000,"params":{"odd":@odd}}', time=_millis,
        corrects=False),
    "matomo": Frame(
        "/matomo/matomo.php", '{"requests":[@events],"token_auth":"' + KEY + '"}',
        '{"idsite":"1","uid":"@user","e_c":"c","e_a":"@name","cdt":"@time","dimension1":@odd}',
        odd="dimension1", corrects=False),
    "cloudevents": Frame(
        f"/cloudevents/{KEY}", "[@events]",
        '{"specversion":"1.0","id":"@id","source":"/s","type":"@name","time":"@time",'
        '"userid":"@user","data":{"odd":@odd}}',
        {"content-type": "application/cloudevents-batch+json"}, corrects=False),
    "otlp": Frame(
        "/otlp/v1/logs", '{"resourceLogs":[{"scopeLogs":[{"logRecords":[@events]}]}]}',
        '{"eventName":"@name","timeUnixNano":"@time000000","attributes":['
        '{"key":"user.id","value":{"stringValue":"@user"}},'
        '{"key":"odd","value":{"stringValue":@odd}}]}',
        BEARER, time=_millis, corrects=False),
}  # fmt: skip
