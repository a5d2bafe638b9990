"""The doors of RudderStack, CloudEvents, OpenTelemetry, GA4 and Matomo, through the collector."""

import asyncio
import base64
import gzip
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import msgspec
import pytest

EVENT = {"specversion": "1.0", "id": "i", "source": "/s", "type": "e", "subject": "u"}
LOGS = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"eventName": "e"}]}]}]}
BASIC = "Basic {key}"
BEARER = "Bearer {key}"
JSON = "application/json"


@dataclass
class Call:
    """A request whose ``{key}`` is the write key, and what it is answered with."""

    path: str
    body: object
    status: int
    type_: str = JSON
    authorization: str = ""
    answer: str = ""
    method: str = "POST"

    def headers(self, key: str) -> dict[str, str]:
        """Its headers."""
        said = {"content-type": self.type_, "authorization": self.authorization}
        return {name: value.replace("{key}", key) for name, value in said.items() if value}

    def sent(self, key: str) -> bytes:
        """Its body."""
        text = self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)
        return text.replace(b"{key}", key.encode())


BATCH = {"batch": [{"event": "e", "userId": "u"}]}
ZIPPED = gzip.compress(msgspec.json.encode(BATCH))
FORM = "application/x-www-form-urlencoded"
CALLS = [
    Call("/rudderstack/v1/batch", BATCH, 200, JSON, BASIC, JSON),
    Call("/rudderstack/v1/batch", ZIPPED, 200, FORM, BASIC, JSON),
    Call("/rudderstack/beacon/v1/batch?writeKey={key}", BATCH, 200, "text/plain", "", JSON),
    Call("/segment/v1/t", {"event": "e", "userId": "u", "writeKey": "{key}"}, 200, "text/plain", "",
         JSON),
    Call("/cloudevents/", EVENT, 204, "application/cloudevents+json", BEARER),
    Call("/cloudevents/{key}", [EVENT], 204, "application/cloudevents-batch+json"),
    Call("/otlp/v1/logs", LOGS, 200, JSON, BEARER, JSON),
    Call("/otlp/{key}/v1/logs", LOGS, 200, JSON, "", JSON),
    Call("/otlp/v1/logs", b"", 200,
         "application/x-protobuf", BEARER),
    Call("/ga4/mp/collect?measurement_id=G&api_secret={key}",
         {"client_id": "c", "events": [{"name": "e"}]}, 204),
    Call("/ga4/{key}/g/collect?v=2&cid=c&en=e", b"", 204, "text/plain"),
    Call("/ga4/{key}/g/collect?v=2&cid=c&en=e", b"", 204, "", method="GET"),
    Call("/matomo/{key}/matomo.php?idsite=1&rec=1&_id=a&e_c=c&e_a=e", b"", 200, "", "",
         "image/gif", "GET"),
    Call("/matomo/matomo.php", b"idsite=1&_id=a&e_c=c&e_a=e&send_image=0&token_auth={key}", 204,
         FORM),
    Call("/matomo/matomo.php",
         {"requests": ["?idsite=1&_id=a&e_c=c&e_a=e"], "token_auth": "{key}"}, 200, JSON, "", JSON),
]  # fmt: skip


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run ``scenario`` to its end."""
    asyncio.run(asyncio.wait_for(scenario(), 60))


def credentials(key: str, headers: Mapping[str, str]) -> dict[str, str]:
    """``headers``, with what Basic wants."""
    basic = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    return {name: basic if value == f"Basic {key}" else value for name, value in headers.items()}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}"[:50])
def test_each_door_answers_in_its_own_words(project, serving, call: Call) -> None:
    """The right key brings the event in; a wrong one and none are 401, whatever the dialect."""
    right = project.vault.keyring.access("write")

    async def scenario() -> None:
        async with serving() as client:
            for key, status in ((right, call.status), ("eg_write_wrong", 401), ("", 401)):
                answer = await client.send(
                    call.method, call.path.replace("{key}", key), call.sent(key),
                    credentials(key, call.headers(key)),
                )  # fmt: skip
                assert answer.status == status, answer.body
                if status == call.status:
                    assert answer.headers.get("content-type", "") == call.answer

    run(scenario)
    kept = [] if call.type_ == "application/x-protobuf" else ["e"]
    assert [event.event for event in project.events] == kept


def test_browsers_of_other_sites_may_send(serving) -> None:
    """A preflight is answered with what was asked for, also where the page sends credentials."""

    async def scenario() -> None:
        async with serving() as client:
            for path in ("/ga4/k/g/collect", "/matomo/k/matomo.php", "/rudderstack/v1/track"):
                asked = {
                    "origin": "https://a.example",
                    "access-control-request-headers": "authorization, anonymousid",
                }
                answer = await client.send("OPTIONS", path, headers=asked)
                assert answer.status == 204
                assert answer.headers["access-control-allow-origin"] == "https://a.example"
                assert answer.headers["access-control-allow-credentials"] == "true"
                assert "anonymousid" in answer.headers["access-control-allow-headers"]

    run(scenario)


def test_who_asks_whether_it_may_send_may(serving) -> None:
    """CloudEvents' handshake names the one that asks; a browser's preflight is answered beside."""
    asked = {"webhook-request-origin": "events.example.com", "origin": "https://a.example"}

    async def scenario() -> None:
        async with serving() as client:
            for path in ("/cloudevents/", "/cloudevents/eg_write_k"):
                answer = await client.send("OPTIONS", path, headers=asked)
                assert (answer.status, answer.body) == (204, b"")
                assert answer.headers["webhook-allowed-origin"] == "events.example.com"
                assert answer.headers["webhook-allowed-rate"] == "*"
                assert answer.headers["access-control-allow-origin"] == "https://a.example"
            answer = await client.send("OPTIONS", "/cloudevents/", headers={})
            assert "webhook-allowed-origin" not in answer.headers

    run(scenario)
