"""Google Analytics 4: the Measurement Protocol, ``mp/collect``, and gtag.js, ``g/collect``.

The key is ``api_secret``; gtag.js sends none, so that it stands in the path before ``g/collect``.
A request has at most 25 events, as at Google; what is behind them is rejected, not lost.
"""

from collections.abc import Callable, Sequence

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import (
    Alone,
    Reply,
    Request,
    bearer,
    framed,
    parted,
    refused,
    within,
)
from ethogram.collect.protocols.ga4_hits import hit, hits
from ethogram.collect.protocols.ga4_measured import measured, measurements
from ethogram.collect.protocols.native import too_large
from ethogram.collect.protocols.texts import members
from ethogram.events.errors import EthogramError, NotFound, TooLarge
from ethogram.events.event import Event

MOST_EVENTS = 25
LARGEST_EVENT = 130_000
"""Bytes of a request at Google, which are those of an event with what is said beside it."""


class GoogleAnalytics:
    """See the module."""

    name = "ga4"
    methods = frozenset({"GET", "POST"})
    key_inside = False
    largest_body = 0

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: nothing."""

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: ``?api_secret=``, or the path."""
        sent = request.query.get("api_secret") or parted(request.path)[0]
        return sent or bearer(request.headers)

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`. Raises `NotFound` for a call that GA4 does not have."""
        call = parted(request.path)[1]
        largest = max(request.largest, LARGEST_EVENT)
        if call == "g/collect":
            size = sum(len(name) + len(value) for name, value in request.query.items())
            return _limited(hits(request.body), largest - size,
                            lambda raw: hit(request.query, raw))  # fmt: skip
        if call == "mp/collect":
            beside, events = measurements(request.body)
            size = len(request.body) - sum(map(len, events))
            return _limited(events, largest - size,
                            lambda raw: measured(request.query, beside, raw))  # fmt: skip
        raise NotFound("unknown_call", "GA4 has no such call.", at="path",
                       hint="There are: g/collect, mp/collect.")  # fmt: skip

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`."""
        if parted(request.path)[1] == "g/collect":
            return framed(request, b"", b"")
        parts = members(request.body)
        return within(request, "events", {name: parts[name] for name in parts if name != "events"})

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: 204, whatever became of the events."""
        return Reply(204, b"")

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: no client looks; it is for whoever points one here."""
        return refused(error)


def _limited(raws: list[bytes], largest: int, read: Callable[[bytes], Event]) -> list[Claim]:
    """What ``read`` makes of each; ``largest`` is what may stand beside what they share."""
    found: list[Claim] = []
    for index, raw in enumerate(raws):
        try:
            if index >= MOST_EVENTS:
                raise _too_many()
            if len(raw) > largest:
                raise too_large(len(raw), largest)
            found.append(read(raw))
        except EthogramError as error:
            found.append(Refusal(error, raw))
    return found


def _too_many() -> TooLarge:
    return TooLarge("too_many_events", f"A request has at most {MOST_EVENTS} events.",
                    hint="Send fewer events at a time.")  # fmt: skip
