"""Segment's HTTP tracking API.

Facts are from the SDKs' sources: the key comes as Basic user name or as ``writeKey``, an event
without ``timestamp`` may have ``originalTimestamp``. The browser client asks for its settings
before it starts, and may send metrics of its own doing, which nobody here asked for.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from ethogram.collect.admission import Claim
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import Alone, Reply, Request, basic, bearer, refused
from ethogram.collect.protocols.segment_calls import alone, called, claims, key_inside
from ethogram.collect.protocols.segment_event import Reading
from ethogram.events.errors import EthogramError
from ethogram.events.event import Json

_READING = Reading("segment")
_SETTINGS = re.compile(r"/?v1/projects/([^/]+)/settings")


class Segment:
    """See the module."""

    name = "segment"
    methods = frozenset({"GET", "POST"})
    key_inside = True
    largest_body = 0

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: the browser client's settings; and it may keep its metrics."""
        if asked := _SETTINGS.fullmatch(request.path):
            return _settings(asked[1], request.headers)
        return _taken() if called(request.path) == "m" else None

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: the user of Basic, Bearer, or ``writeKey`` in the body."""
        return basic(request.headers) or bearer(request.headers) or key_inside(request.body)

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`. Raises `NotFound` for a call that Segment does not have."""
        return claims(request, _READING)

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`."""
        return alone(request)

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: any 2xx is success; what was rejected is said beside."""
        return _taken(rejected=outcome.rejected) if outcome.rejected else _taken()

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: the status is all that clients look at."""
        return refused(error)


def _taken(**beside: Json) -> Reply:
    return Reply(200, msgspec.json.encode({"success": True, **beside}))


def _settings(key: str, headers: Mapping[str, str]) -> Reply:
    """Where to send, so that the address of the settings is the only one that a page names."""
    site = {
        "apiKey": key,
        "apiHost": f"{headers.get('host', '')}/segment/v1",
        "protocol": headers.get("x-forwarded-proto", "http"),
        "unbundledIntegrations": [],
        "addBundledMetadata": True,
        "maybeBundledConfigIds": {},
    }
    open_plan = {"__default": {"enabled": True, "integrations": {}}}
    said = {
        "integrations": {"Segment.io": site},
        "plan": {"track": open_plan, "identify": open_plan, "group": open_plan},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "remotePlugins": [],
        "analyticsNextEnabled": True,
    }
    return Reply(200, msgspec.json.encode(said), {"cache-control": "no-cache"})
