"""RudderStack's HTTP API: Segment's calls with RudderStack's own answers.

Facts are from the sources of rudder-sdk-python and rudder-sdk-node. Both retry whatever is
neither 200 nor 4xx, and 429. The Python client also retries a 4xx whose body has no ``code`` and
``message``. The node client sends gzip as form data, and times an event by ``originalTimestamp``;
a ``timestamp`` beside it is the caller's own.
"""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from ethogram.collect.admission import Claim
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import Alone, Reply, Request, basic, bearer, refused
from ethogram.collect.protocols.segment_calls import alone, claims
from ethogram.collect.protocols.segment_event import Reading
from ethogram.events.errors import EthogramError
from ethogram.events.event import Json

_READING = Reading("rudderstack", stated=True, traits_inside=True, batch_first=True)
_RETRIED = {408: 503}
"""A body that came too slowly may come again, which its clients do for no other 4xx than 429."""
_OFF = {"enabled": False}
_SOURCE = {
    "id": "ethogram",
    "name": "Ethogram",
    "enabled": True,
    "workspaceId": "ethogram",
    "config": {"statsCollection": {"errors": _OFF, "metrics": _OFF}},
    "destinations": [],
}
"""A source of the browser client that passes events on to nobody else."""


class RudderStack:
    """See the module."""

    name = "rudderstack"
    methods = frozenset({"GET", "POST"})
    key_inside = False
    largest_body = 5 << 20
    """Its clients end a batch with the event that brings it to 4 MB."""

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: what the browser client asks before it starts."""
        if request.path.strip("/") == "sourceConfig":
            return Reply(200, msgspec.json.encode({"source": _SOURCE}))
        return None

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: the user of Basic, Bearer, or ``?writeKey=`` of a beacon."""
        sent = basic(request.headers) or bearer(request.headers)
        return sent or request.query.get("writeKey")

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`. Raises `NotFound` for a call that RudderStack does not have."""
        return claims(_addressed(request), _READING)

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`."""
        return alone(_addressed(request))

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: exactly 200, and "OK"; what was rejected is said instead."""
        said: Json = {"rejected": outcome.rejected} if outcome.rejected else "OK"
        return Reply(200, msgspec.json.encode(said))

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: ``code`` and ``message`` stand outermost, beside ours."""
        reply = refused(error)
        said = {"code": error.code, "message": error.message, **error.as_dict()}
        status = _RETRIED.get(reply.status, reply.status)
        return replace(reply, status=status, body=msgspec.json.encode(said))


def _addressed(request: Request) -> Request:
    """``request`` as the call that a beacon stands for."""
    return replace(request, path=request.path.strip("/").removeprefix("beacon/"))
