"""The calls of Segment's HTTP API, ``/v1/batch``, ``/v1/track``, ``/v1/t`` and their kin, as
Segment and RudderStack take them.
"""

from dataclasses import dataclass

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.protocols.dialect import Alone, Request, framed, within
from ethogram.collect.protocols.fields import decoded, object_of, text_of
from ethogram.collect.protocols.native import too_large
from ethogram.collect.protocols.segment_event import TYPES, Reading, event
from ethogram.collect.protocols.texts import elements, members
from ethogram.events.errors import EthogramError, Invalid, NotFound, TooLarge, nearest
from ethogram.events.event import Json

LARGEST_BATCH = 8 << 20
"""Bytes of a batch's events, each with what is said beside them."""
_SHORT = {name[0]: name for name in TYPES}
_BATCHES = ("batch", "b", "import")


@dataclass(frozen=True)
class _Beside:
    """What a batch says beside its events, and how many bytes that has; it holds for each."""

    values: dict[str, Json]
    size: int


_ALONE = _Beside({}, 0)


def called(path: str) -> str:
    """The call's name.

    >>> called("/v1/batch"), called("t/")
    ('batch', 't')
    """
    return path.strip("/").removeprefix("v1/")


def claims(request: Request, reading: Reading) -> list[Claim]:
    """The events of a call. Raises `Invalid`, and `NotFound` for a call that there is not."""
    call = called(request.path)
    if call in _BATCHES:
        return _batch(members(request.body), request.largest, reading)
    kind = _SHORT.get(call, call)
    if kind not in TYPES:
        raise NotFound(
            "unknown_call",
            f"{reading.vendor.capitalize()} has no such call.",
            at="path",
            hint=nearest(call, (*TYPES, "batch")),
        )
    members(request.body)
    return [_claim(request.body, kind, _ALONE, request.largest, reading)]


def alone(request: Request) -> Alone:
    """See `Dialect.alone`: a call is alone already; a batch of one has all that was beside."""
    if called(request.path) not in _BATCHES:
        return framed(request, b"", b"")
    return within(request, "batch", _shared(members(request.body)))


def key_inside(body: bytes) -> str | None:
    """The ``writeKey`` of a body."""
    key = decoded(members(body).get("writeKey", b"null")) if body else None
    return key if isinstance(key, str) else None


def _batch(body: dict[str, bytes], largest: int, reading: Reading) -> list[Claim]:
    """The events of a batch; what is said beside them holds for each that does not say it."""
    if "batch" not in body:
        raise Invalid("bad_batch", "There is no batch.", at="$.batch", hint='Send {"batch": […]}.')
    shared = _shared(body)
    beside = _Beside({name: decoded(raw) for name, raw in shared.items()},
                     sum(map(len, shared.values())))  # fmt: skip
    events = elements(body["batch"])
    if sum(map(len, events)) + len(events) * beside.size > LARGEST_BATCH:
        raise TooLarge(
            "batch_too_large",
            f"A batch has at most {LARGEST_BATCH:,} bytes, its context counted in each event.",
            at="$.context",
            hint="Send fewer events at a time, or a smaller context.",
        )
    return [_claim(raw, None, beside, largest, reading) for raw in events]


def _shared(body: dict[str, bytes]) -> dict[str, bytes]:
    return {name: body[name] for name in ("sentAt", "context") if name in body}


def _claim(raw: bytes, type_: str | None, beside: _Beside, largest: int, reading: Reading) -> Claim:
    try:
        if (size := len(raw) + beside.size) > largest:
            raise too_large(size, largest)
        message = decoded(raw)
        if not isinstance(message, dict):
            raise Invalid("wrong_type", "An event is a JSON object.", at="$")
        if shared := object_of(beside.values, "context"):
            own = object_of(message, "context")
            message["context"] = shared | own if own else shared
        if sent := beside.values.get("sentAt"):
            message["sentAt"] = sent if reading.batch_first else message.get("sentAt") or sent
        return event(message, type_ or text_of(message.get("type"), "type") or "track", reading)
    except EthogramError as error:
        return Refusal(error, raw)
