"""Segment's HTTP tracking API.

Facts are from the SDKs' sources: the key comes as Basic user name or as ``writeKey``, an event
without ``timestamp`` may have ``originalTimestamp``.
"""

from collections.abc import Sequence

import msgspec

from ethogram.collect.admission import Claim
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import Reply, Request, basic, bearer, refused
from ethogram.collect.protocols.segment_calls import claims, key_inside
from ethogram.collect.protocols.segment_event import Reading
from ethogram.events.errors import EthogramError
from ethogram.events.event import Json

_READING = Reading("segment")


class Segment:
    """See the module."""

    name = "segment"
    methods = frozenset({"POST"})
    key_inside = True
    largest_body = 0

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: nothing."""

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: the user of Basic, Bearer, or ``writeKey`` in the body."""
        return basic(request.headers) or bearer(request.headers) or key_inside(request.body)

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`. Raises `NotFound` for a call that Segment does not have."""
        return claims(request, _READING)

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: any 2xx is success; what was rejected is said beside."""
        said: dict[str, Json] = {"success": True}
        if outcome.rejected:
            said["rejected"] = outcome.rejected
        return Reply(200, msgspec.json.encode(said))

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: the status is all that clients look at."""
        return refused(error)
