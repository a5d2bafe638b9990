"""A served workspace answers whatever its OpenAPI document allows as the document says."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.doors.story import story
from tests.doors.tellers import TELLERS
from tests.serving import SECONDS, Served, served

from ethogram.show.api.document import written
from ethogram.show.api.native_door import PATH as DOOR

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
REQUESTS = 8
"""For each route."""
ENDLESS = "/api/live"
"""A stream, which has tests of its own."""
ROUTES = [
    (path, method)
    for path, methods in msgspec.json.decode(written())["paths"].items()
    for method in methods
    if path != ENDLESS
]


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(load_every=0.5) as server:
        native = TELLERS[0]
        for sent in native.told(story("native", 20)):
            one = sent.by(server.keys["write"])
            answer = httpx.post(server.url + one.path, content=one.body, headers=dict(one.headers))
            assert answer.is_success
        yield server.ready()


@pytest.fixture(scope="module")
def described(server: Served) -> Any:
    return schemathesis.openapi.from_url(f"{server.url}/api/openapi.json", headers=server.reading)


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_every_route_keeps_its_word(server: Served, described: Any, path: str, method: str) -> None:
    """No failure of the server, and status, content type and body as documented."""

    @settings(
        max_examples=REQUESTS, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip
    @given(described[path][method].as_strategy())
    def keeps(case: Case) -> None:
        headers = server.writing if path == DOOR else server.reading
        answer = case.call(headers=headers, timeout=SECONDS)
        case.validate_response(answer, checks=CHECKS)

    keeps()
    assert (path, method) in ROUTES
