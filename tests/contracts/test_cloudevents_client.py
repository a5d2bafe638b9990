"""What CloudEvents' Python SDK makes arrives once, also where its sender must send it again."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from tests.contracts.arrived import START, arrived, assert_minutes
from tests.contracts.faulty import BROKEN, BUSY, CUT, faulty
from tests.serving import Served, accepting, eventually

EVENTS = 100


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with accepting() as server:
        yield server


def made(name: str, i: int) -> HTTPMessage:
    """Event ``i`` in one of the SDK's two modes."""
    attributes = {
        "id": f"{name} {i}", "source": "/contracts", "type": name, "subject": f"user {i % 7}",
        "time": START + timedelta(minutes=i), "datacontenttype": "application/json",
    }  # fmt: skip
    return (to_binary_event, to_structured_event)[i % 2](CloudEvent(attributes, {"i": i}))


def delivered(sender: httpx.Client, server: Served, message: HTTPMessage) -> None:
    """Send ``message`` until it is taken; the SDK leaves that to its user."""
    for _ in eventually("the event is taken"):
        try:
            headers = message.headers | server.writing
            answer = sender.post("/cloudevents/", content=message.body, headers=headers)
        except httpx.TransportError:
            continue
        if answer.is_success:
            assert answer.status_code == 204, answer.text
            return
    raise AssertionError


def test_every_event_arrives_once(server: Served) -> None:
    """With the faults of a network, and a server that is killed and started again."""
    with faulty(server.url) as proxy, httpx.Client(base_url=proxy.url) as sender:
        for i in range(EVENTS):
            proxy.fail(*{10: [BUSY], 20: [BROKEN], 30: [CUT], 31: [CUT]}.get(i, ()))
            if i == EVENTS // 2:
                server.kill()
                server.start()
            delivered(sender, server, made("seen", i))
        assert proxy.failing == 0
    assert_minutes(server, "seen", EVENTS)


def test_a_batch_and_a_key_in_the_path(server: Served) -> None:
    """The SDK makes no batches; other senders do, and know nothing but an address."""
    messages = [made("batched", i) for i in range(1, 6, 2)]
    body = b"[" + b",".join(message.body for message in messages) + b"]"
    url = f"{server.url}/cloudevents/{server.keys['write']}"
    headers = {"content-type": "application/cloudevents-batch+json"}
    assert httpx.post(url, content=body, headers=headers).status_code == 204
    found = [each.id for each in arrived(server) if each.event == "batched"]
    assert found == ["batched 1", "batched 3", "batched 5"]
    wrong = httpx.post(url + "x", content=body, headers=headers)
    assert (wrong.status_code, msgspec.json.decode(wrong.content)["error"]["code"]) == (
        401, "unknown_key")  # fmt: skip
