"""Snowplow's collector: ``POST …/tp2`` with a batch, ``GET`` and ``HEAD`` ``/i`` with one event.

Trackers send an address and nothing else, so the key stands in the path, or is the ``aid`` (the
application's id). They try again after every answer but 2xx, 400, 401, 403, 410 and 422, with
all that came in the meantime, so what can never be taken is answered with 400. Facts are from the
trackers' sources.
"""

import re
from collections.abc import Mapping, Sequence
from uuid import uuid4

import msgspec

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
from ethogram.collect.protocols.fields import decoded
from ethogram.collect.protocols.native import too_large
from ethogram.collect.protocols.snowplow_events import Sender, event
from ethogram.collect.protocols.texts import elements, members
from ethogram.events.errors import EthogramError, Invalid, NotFound

LARGEST_POST = 7 << 20
"""Bytes; made of the smallest values, they become twenty times as many in memory. The Python
tracker sends all that it holds at once: after an outage that is up to 10,000 events.
"""
_PIXELS = ("i", "ice.png")
_GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
_HEARD = ("sp-anonymous", "cookie", "user-agent")
_FRESH = {"cache-control": "no-cache, no-store, must-revalidate"}
_YEAR = 365 * 86_400
_cookie = re.compile(r"(?:^|;)\s*sp=([0-9A-Za-z-]{1,64})(?:;|$)")
_FINAL = 400
_RETRIED = frozenset({404, 405, 413})
"""What trackers would send again for ever."""


class Snowplow:
    """See the module."""

    name = "snowplow"
    methods = frozenset({"GET", "HEAD", "POST"})
    key_inside = True
    largest_body = LARGEST_POST

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: nothing."""

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: in the path, as Bearer, or the ``aid`` of the first event."""
        first = parted(request.path)[0] or bearer(request.headers) or request.query.get("aid")
        return first or _inside(request.body)

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`. Raises `NotFound` for a ``GET`` of what is no pixel."""
        sender = _sender(request.headers)
        if request.method == "POST":
            return [_claim(raw, sender, request.largest) for raw in _batch(request.body)]
        if parted(request.path)[1] not in _PIXELS:
            raise NotFound("unknown_call", "Snowplow has no such call.", at="path", hint=_CALLS)
        raw = msgspec.json.encode(request.query)
        return [_claim(raw, sender._replace(call="i"), request.largest)]

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`."""
        if request.method != "POST":
            return framed(request, b"", b"", _HEARD)
        return within(request, "data", {}, _HEARD)

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: any 2xx is success; what was rejected is in the dead letters."""
        headers = _FRESH | _set_cookie(request.headers)
        if request.method == "POST":
            return Reply(200, b"ok", headers, "text/plain; charset=utf-8")
        return Reply(200, _GIF if request.method == "GET" else b"", headers, "image/gif")

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: 400 where sending again would not help."""
        reply = refused(error)
        status = _FINAL if reply.status in _RETRIED else reply.status
        return Reply(status, reply.body, reply.headers)


_CALLS = "There are POST /com.snowplowanalytics.snowplow/tp2, and GET and HEAD /i."


def _inside(body: bytes) -> str | None:
    for raw in _batch(body)[:1] if body else ():
        fields = decoded(raw)
        key = fields.get("aid") if isinstance(fields, dict) else None
        return key if isinstance(key, str) else None
    return None


def _batch(body: bytes) -> list[bytes]:
    data = members(body).get("data")
    if data is None:
        raise Invalid("bad_batch", "There is no data.", at="$.data", hint='Send {"data": […]}.')
    return elements(data)


def _claim(raw: bytes, sender: Sender, largest: int) -> Claim:
    try:
        if len(raw) > largest:
            raise too_large(len(raw), largest)
        fields = decoded(raw)
        if not isinstance(fields, dict):
            raise Invalid("wrong_type", "An event is a JSON object.", at="$")
        return event(fields, sender)
    except EthogramError as error:
        return Refusal(error, raw)


def _sender(headers: Mapping[str, str]) -> Sender:
    """What a request's headers say of the one who sends."""
    if "sp-anonymous" in headers:
        return Sender("tp2", None, headers.get("user-agent"), anonymous=True)
    found = _cookie.search(headers.get("cookie", ""))
    return Sender("tp2", found[1] if found else None, headers.get("user-agent"))


def _set_cookie(headers: Mapping[str, str]) -> dict[str, str]:
    """The network id, for browsers that do not ask for anonymity: their old one or a new one."""
    if "sp-anonymous" in headers or not ("origin" in headers or "referer" in headers):
        return {}
    found = _cookie.search(headers.get("cookie", ""))
    value = f"sp={found[1] if found else uuid4()}; Max-Age={_YEAR}; Path=/; HttpOnly; SameSite=Lax"
    secure = "; Secure" if headers.get("x-forwarded-proto") == "https" else ""
    return {"set-cookie": value + secure}
