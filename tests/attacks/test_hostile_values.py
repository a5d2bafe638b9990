"""Values that hurt what reads them: JSON depth (orjson CVE-2024-27454, CVE-2025-67221), patterns
(ReDoS, uap-core CVE-2020-5243), decompression bombs (OpenTelemetry CVE-2024-36129).
"""

import gzip
from pathlib import Path

import httpx
import pytest
import zstandard
from tests.serving import Served

from ethogram.collect.cleaning.facts import Sender, facts_of
from ethogram.events.errors import TooLarge
from ethogram.events.event import Event

DOORS = ("/v1/events", "/segment/v1/track", "/posthog/batch/", "/mixpanel/track",
         "/amplitude/2/httpapi", "/cloudevents", "/otlp/v1/logs", "/matomo/matomo.php")  # fmt: skip
ROUTES = ("/api/ask", "/api/figure", "/api/people", "/api/person", "/api/sql", "/api/session")


@pytest.mark.parametrize("depth", [1_000, 100_000])
@pytest.mark.parametrize("shape", ['{"a":1}', "[1]"])
def test_depth_is_refused_at_every_door_and_route(shop: Served, depth: int, shape: str) -> None:
    """Whatever nests without end is somebody's mistake: told, and the server goes on."""
    opening, closing = shape.split("1")
    nested = opening * depth + "1" + closing * depth
    event = f'[{{"event": "e", "user_id": "1", "properties": {{"a": {nested}}}}}]'
    for path in DOORS:
        for body in (nested, event):
            said = httpx.post(shop.url + path, content=body, headers=shop.writing | {
                "content-type": "application/json"}, timeout=60)  # fmt: skip
            assert said.status_code < 500, (path, said.text[:200])
    for path in ROUTES:
        for body in (nested, f'{{"question": "funnel", "steps": {nested}}}'):
            said = httpx.post(shop.url + path, content=body, headers=shop.reading, timeout=60)
            assert 400 <= said.status_code < 500, (path, said.text[:200])
    assert httpx.get(f"{shop.url}/readyz").is_success


@pytest.mark.parametrize(
    "event",
    [
        Event("e", properties={"$user_agent": "x" * 100_000}),
        Event("e", context={"userAgent": "x" * 100_000}),
        Event("e"),
    ],
)
def test_no_agent_is_read_beyond_its_length(event: Event) -> None:
    """What patterns are matched against has at most 512 characters, whoever sends however much."""
    assert len(facts_of(event, Sender("x" * 100_000, "", "")).agent) == 512


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_what_unpacks_without_end_is_refused_while_it_unpacks(shop: Served, coding: str) -> None:
    """Much more than the limit in little: no more than the limit is ever held."""
    packed = {"gzip": gzip.compress, "zstd": zstandard.compress}[coding](b" " * (256 << 20))
    said = httpx.post(f"{shop.url}/v1/events", content=packed, timeout=60,
                      headers=shop.writing | {"content-encoding": coding})  # fmt: skip
    assert said.status_code == TooLarge.status
    lines = Path(f"/proc/{shop.process.pid}/status").read_text().splitlines()
    (peak,) = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    assert peak < 400 << 10
