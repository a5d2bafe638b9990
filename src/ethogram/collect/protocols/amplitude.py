"""Amplitude's HTTP API: ``/2/httpapi`` and ``/batch``, whose answers are JSON with a ``code``;
and the calls of `amplitude_identify`.

Clients believe the body's ``code`` before the status. After 400 they send again whatever is not
named as bad, so a batch of which anything was kept is a success, and an unreadable one says that
its field ``events`` is missing. After an error they try 12 times within ten seconds (in a
browser 5 times) and give up; what is throttled waits for half a minute each time. So that is
what they hear when a request cannot be taken now. Facts are from the clients' sources.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome, Rejected
from ethogram.collect.protocols import amplitude_identify as identify
from ethogram.collect.protocols.amplitude_events import Batch, event
from ethogram.collect.protocols.dialect import Alone, Reply, Request, parted, refused, within
from ethogram.collect.protocols.fields import decoded, number_of, object_of, time_of
from ethogram.collect.protocols.native import too_large
from ethogram.collect.protocols.texts import elements, members
from ethogram.events.errors import Busy, EthogramError, Invalid, Refused, TooLarge
from ethogram.events.event import Event, Json
from ethogram.events.times import now

LARGEST_BATCH = 7 << 20
LARGEST_REQUEST = 1 << 20
"""Bytes of ``/batch`` and of all other calls. Amplitude takes 20 MB in a batch, which made of the
smallest values become twenty times as many in memory; clients send half of what is too large.
"""
LARGEST_EVENT = 1 << 20
MOST_EVENTS = 2_000
SHORTEST_ID = 5
"""Characters, unless ``options.min_id_length`` says otherwise."""
_BESIDE = ("options", "client_upload_time")
_MISSING = frozenset({"no_id", "bad_event_name"})
_LENGTHS = frozenset({"id_too_short", "id_too_long"})


class Amplitude:
    """See the module."""

    name = "amplitude"
    methods = frozenset({"POST"})
    key_inside = True
    largest_body = LARGEST_BATCH

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: nothing."""

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: ``api_key`` in the body, or the path."""
        if identify.called(request):
            return parted(request.path)[0] or identify.parts(request).key
        return parted(request.path)[0] or _inside(request.body)

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`. Raises `TooLarge` beyond Amplitude's limits."""
        most = LARGEST_BATCH if request.path.strip("/").endswith("batch") else LARGEST_REQUEST
        largest = max(request.largest, LARGEST_EVENT)
        if name := identify.called(request):
            _check_size(request, most, 0)
            made = partial(identify.identified, name=name)
            return [_claim(raw, made, largest) for raw in identify.identifications(request)]
        body = members(request.body)
        if "events" not in body:
            raise Invalid("bad_batch", "There are no events.", at="$.events",
                          hint='Send {"api_key", "events": […]}.')  # fmt: skip
        events = elements(body["events"])
        _check_size(request, most, len(events))
        made = partial(event, batch=_beside(body))
        return [_claim(raw, made, largest) for raw in events]

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`."""
        if identify.called(request):
            return identify.alone(request)
        parts = members(request.body)
        beside = {name: parts[name] for name in _BESIDE if name in parts}
        return within(request, "events", beside)

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: 400 only where no event could be kept, naming each."""
        taken = outcome.taken
        if outcome.rejected and not taken:
            return _said(400, error=outcome.rejected[0].message, **_named(outcome.rejected))
        if identify.called(request):
            return identify.SUCCESS
        return _said(
            200,
            events_ingested=taken,
            payload_size_bytes=len(request.body),
            server_upload_time=now() // 1000,
        )

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: each in the shape and with the code that clients act upon."""
        if isinstance(error, Busy):
            reply = _said(429, error=error.message, throttled_events=[*range(MOST_EVENTS)])
            return Reply(429, reply.body, refused(error).headers)
        if isinstance(error, Refused):
            return _said(400, error=f"Invalid API key: {error.message}")
        if isinstance(error, Invalid):
            return _said(400, error=error.message, missing_field=_field(request))
        return _said(error.status, error=error.message)


def _field(request: Request) -> str:
    """What is wrong where nothing could be told apart."""
    return "identification" if identify.called(request) else "events"


def _check_size(request: Request, most: int, events: int) -> None:
    if len(request.body) > most or events > MOST_EVENTS:
        raise TooLarge(
            "batch_too_large",
            f"This call takes at most {most:,} bytes and {MOST_EVENTS:,} events.",
            hint="Send fewer events at a time.",
        )


def _said(code: int, **parts: Json) -> Reply:
    return Reply(code, msgspec.json.encode({"code": code, **parts}))


def _named(rejected: Iterable[Rejected]) -> dict[str, dict[str, list[int]]]:
    """Which events are wrong in which field, in the three parts of Amplitude's answer."""
    invalid = dict[str, list[int]]()
    missing, lengths = invalid.copy(), invalid.copy()
    for each in rejected:
        part = missing if each.code in _MISSING else lengths if each.code in _LENGTHS else invalid
        field = each.at.removeprefix("$").removeprefix(".") or "event"
        part.setdefault(field, []).append(each.index)
    return {
        "events_with_invalid_fields": invalid,
        "events_with_missing_fields": missing,
        "events_with_invalid_id_lengths": lengths,
    }


def _inside(body: bytes) -> str | None:
    key = decoded(members(body).get("api_key", b"null")) if body else None
    return key if isinstance(key, str) else None


def _beside(body: dict[str, bytes]) -> Batch:
    """What a batch says beside its events. Raises `Invalid`."""
    said = {name: decoded(body[name]) for name in _BESIDE if name in body}
    shortest = number_of(object_of(said, "options").get("min_id_length"), "options.min_id_length")
    return Batch(
        time_of(said, "client_upload_time"), SHORTEST_ID if shortest is None else int(shortest)
    )


def _claim(raw: bytes, made: Callable[[dict[str, Any]], Event], largest: int) -> Claim:
    try:
        if len(raw) > largest:
            raise too_large(len(raw), largest)
        values = decoded(raw)
        if not isinstance(values, dict):
            raise Invalid("wrong_type", "An event is a JSON object.", at="$")
        return made(values)
    except EthogramError as error:
        return Refusal(error, raw)
