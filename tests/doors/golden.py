"""Requests of every kind that the doors know, by dialect; the story's are among them.

Each holds one event or more, and the key stands where the vendor's client puts it.
"""

from base64 import b64encode
from urllib.parse import quote

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from tests.doors.hits import PAYLOAD, TP2
from tests.doors.sent import KEY, Sent, text
from tests.doors.story import story
from tests.doors.tellers import TELLERS

FORM = {"content-type": "application/x-www-form-urlencoded"}
PLAIN = {"content-type": "text/plain"}
BASIC = {"authorization": f"Basic {KEY}"}
BEARER = {"authorization": f"Bearer {KEY}"}
CALL = {"type": "track", "event": "Paid", "userId": "ann", "anonymousId": "a", "messageId": "m",
        "timestamp": "2026-03-01T12:00:00Z", "properties": {"revenue": 9.5, "products": [{}]},
        "context": {"device": {"id": "d"}, "sessionId": 1, "groupId": "g", "traits": {"a": 1}},
        "previousId": "b", "groupId": "g", "traits": {"plan": "x"}, "name": "N",
        "category": "C", "originalTimestamp": "2026-03-01T12:00:00Z", "writeKey": KEY}  # fmt: skip
CAPTURE = {"api_key": KEY, "event": "$identify", "distinct_id": "ann", "offset": 10,
           "properties": {"$anon_distinct_id": "a", "$set": {"a": 1}, "$groups": {"c": "g"},
                          "$feature_flag": "f", "alias": "b", "$session_id": "s"},
           "$set": {"b": 2}, "$set_once": {"c": 3}, "$unset": ["d"]}  # fmt: skip
V1 = {"created_at": "2026-03-01T12:00:00Z", "batch": [
    {"event": "$pageview", "uuid": "01a203fc-32ad-7991-b9c8-b5028131e2c1", "distinct_id": "ann",
     "timestamp": "2026-03-01T12:00:00Z", "session_id": "s", "window_id": "w", "properties": {},
     "options": {"cookieless_mode": False, "disable_skew_correction": True}}]}  # fmt: skip
PROFILE = {"$token": KEY, "$distinct_id": "ann", "$time": 1772366400, "$ip": 0, "$set": {"a": 1},
           "$add": {"n": 1}, "$union": {"t": [1]}, "$unset": ["b"],
           "$append": {"$transactions": {"$amount": 9.5, "$time": "2026-03-01T12:00"}}}  # fmt: skip
GROUP = {"$token": KEY, "$group_key": "company", "$group_id": "g", "$set": {"seats": 5}}
MERGE = {"event": "$merge", "properties": {"token": KEY, "$distinct_ids": ["a", "b"]}}
LOGGED = {
    "api_key": KEY,
    "options": {"min_id_length": 1},
    "client_upload_time": "2026-03-01T12:00Z",
    "events": [
        {
            "event_type": "$identify",
            "user_id": "ann",
            "device_id": "d",
            "time": 1,
            "user_properties": {"$set": {"a": 1}, "$clearAll": "-", "x": 2},
            "groups": {"c": ["g", "h"]},
            "group_properties": {"$add": {"n": 1}},
        },
        {
            "event_type": "revenue_amount",
            "device_id": "d",
            "insert_id": "i",
            "event_properties": {"$price": 3, "$quantity": 2, "$productId": "p"},
        },
    ],
}
ENTITY = {"schema": "iglu:com.snowplowanalytics.snowplow/client_session/jsonschema/1-0-2",
          "data": {"userId": "a", "sessionId": "s"}}  # fmt: skip
TRACKED = {
    "e": "se",
    "se_ca": "c",
    "se_ac": "a",
    "se_va": "1.5",
    "eid": "i",
    "duid": "d",
    "dtm": "1772366400000",
    "stm": "1772366401000",
    "tv": "js-4",
    "p": "web",
    "tna": "t",
    "url": "https://shop.example/",
    "res": "10x20",
    "aid": KEY,
    "co": text({"schema": "iglu:a/contexts/jsonschema/1-0-1", "data": [ENTITY]}).decode(),
}
GTAG = (
    "v=2&tid=G-AB12&cid=1.2&uid=ann&sid=3&en=purchase&ep.transaction_id=T&epn.value=9.5&cu=EUR"
    "&pr1=id7~nmShoe~pr9.5~qt2&up.plan=pro&gcs=G111&dl=https%3A%2F%2Fshop.example&_et=5"
)
MEASURED = {"client_id": "1.2", "user_id": "ann", "user_properties": {"plan": {"value": "x"}},
            "consent": {"ad_user_data": "GRANTED"}, "events": [
                {"name": "purchase", "timestamp_micros": "1772366400000000", "params": {
                    "transaction_id": "T", "value": 9, "items": [{"item_id": "7"}]}}]}  # fmt: skip
CLOUD = {"specversion": "1.0", "id": "i", "source": "/s", "type": "e", "subject": "ann",
         "time": "2026-03-01T12:00:00Z", "data_base64": "eyJhIjoxfQ==", "authtype": "user",
         "authid": "ann", "datacontenttype": "application/json"}  # fmt: skip
CLOUD_TYPE = "application/cloudevents+json"
CLOUD_HEADERS = {f"ce-{name}": value for name, value in CLOUD.items() if name != "data_base64"} | {
    "content-type": "application/json"}  # fmt: skip
MATOMO = ("idsite=1&rec=1&_id=0123456789abcdef&uid=ann&url=https%3A%2F%2Fshop.example"
          "&action_name=Home&cdo=5&ec_id=o1&revenue=9.5&ec_items=%5B%5B%22s%22%2C%22n%22%2C%22c%22%2C1%2C2%5D%5D"
          "&dimension1=x&idgoal=0&search=q&ping=0&cip=127.0.0.1")  # fmt: skip


def _protobuf() -> bytes:
    export = ExportLogsServiceRequest()
    resource = export.resource_logs.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    record = resource.scope_logs.add().log_records.add(time_unix_nano=10**18, event_name="e")
    record.body.kvlist_value.values.add(key="a").value.double_value = float("nan")
    record.attributes.add(key="user.id").value.string_value = "ann"
    return export.SerializeToString()


def _form(value: object) -> bytes:
    return b"data=" + quote(b64encode(text(value))).encode() + b"&verbose=1&ip=1"


_MORE = {
    "native": [
        Sent("/v1/events", b'{"event":"e","user_id":"u"}\n{"event":"e","user_id":"u"}', BEARER),
        Sent(f"/v1/events?key={KEY}", b'{"event":"e","user_id":"ann","context":{"a":[1,{}]}}'),
    ],
    "segment": [Sent("/segment/v1/t", text(CALL), PLAIN), Sent("/segment/v1/i", text(CALL), BASIC)],
    "rudderstack": [
        Sent(f"/rudderstack/beacon/v1/batch?writeKey={KEY}", text({"batch": [CALL]}), PLAIN),
        Sent("/rudderstack/v1/identify", text(CALL), BASIC),
    ],
    "posthog": [
        Sent("/posthog/capture/", text(CAPTURE)),
        Sent("/posthog/e/?compression=base64", _form([CAPTURE]), FORM),
        Sent("/posthog/i/v1/analytics/events", text(V1), BEARER | {"posthog-attempt": "2"}),
        Sent("/posthog/engage/", text({"$token": KEY, "$distinct_id": "u", "$set": {"a": 1}})),
        Sent(f"/posthog/e/?data={quote(b64encode(text(CAPTURE)))}", method="GET"),
    ],
    "mixpanel": [
        Sent("/mixpanel/engage/?verbose=1", _form([PROFILE]), FORM),
        Sent("/mixpanel/groups", _form(GROUP), FORM),
        Sent("/mixpanel/import?strict=1", text([MERGE]), BASIC),
        Sent(f"/mixpanel/track?data={quote(b64encode(text(MERGE)))}", method="GET"),
    ],
    "amplitude": [
        Sent("/amplitude/batch", text(LOGGED)),
        Sent(f"/amplitude/{KEY}/2/httpapi", text(LOGGED)),
    ],
    "snowplow": [
        Sent(f"/snowplow/{TP2}", text({"schema": PAYLOAD, "data": [TRACKED]})),
        Sent(f"/snowplow/i?aid={KEY}&e=pv&p=web&tv=js&duid=d&cx=e30&url=a", method="GET"),
    ],
    "ga4": [
        Sent(f"/ga4/{KEY}/g/collect?{GTAG}", b"en=scroll&epn.percent=90\r\nen=page_view", PLAIN),
        Sent(f"/ga4/mp/collect?api_secret={KEY}", text(MEASURED)),
    ],
    "matomo": [
        Sent(f"/matomo/{KEY}/matomo.php?{MATOMO}", method="GET"),
        Sent("/matomo/matomo.php", f"{MATOMO}&send_image=0&token_auth={KEY}".encode(), FORM),
        Sent("/matomo/matomo.php", text({"requests": [{"idsite": 1}], "token_auth": KEY})),
    ],
    "cloudevents": [
        Sent("/cloudevents/", text(CLOUD), BEARER | {"content-type": CLOUD_TYPE}),
        Sent("/cloudevents/", b'{"a":1}', BEARER | CLOUD_HEADERS),
    ],
    "otlp": [
        Sent("/otlp/v1/logs", _protobuf(), BEARER | {"content-type": "application/x-protobuf"}),
    ],
}  # fmt: skip

GOLDEN = {
    teller.name: [*teller.told(story(teller.name, 1)), *_MORE[teller.name]] for teller in TELLERS
}
"""By the dialects' names."""
