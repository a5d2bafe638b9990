"""PostHog's capture API: ``/batch/``, ``/e/``, ``/i/v0/e/``, ``/capture/`` and their kin, and v1.

Facts are from the SDKs' sources: a body is a batch, an array or one event, as JSON, as a form
or in the query; its key is ``api_key`` or ``token``, which browsers put into the properties.
Python clients take only 200 for success, browsers repeat nothing that a 4xx refused, and v1
answers for each event. Nobody has flags here yet, and clients are told so.
"""

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import (
    Alone,
    Reply,
    Request,
    bearer,
    parted,
    refused,
    within,
)
from ethogram.collect.protocols.fields import decoded
from ethogram.collect.protocols.forms import form, is_json, json_or_base64
from ethogram.collect.protocols.native import too_large
from ethogram.collect.protocols.posthog_events import Beside, event_of, sent_of
from ethogram.collect.protocols.texts import UNREADABLE, elements, members
from ethogram.events.errors import EthogramError, Invalid, NotFound, TooLarge, nearest

V1 = "i/v1/analytics/events"
BROWSER = frozenset({"e", "i/v0/e"})
"""What posthog-js calls, which drops what was refused with any 4xx."""
CALLS = BROWSER | {"batch", "capture", "track", "engage", "i/v0/ai/batch", V1}
LARGEST_BATCH = 6 << 20
"""What its own clients send at most: five megabytes and one event."""
LARGEST_EVENT = 1 << 20
_HEARD = ("posthog-sdk-info", "posthog-attempt")
CONFIG: dict[str, Any] = {
    "supportedCompression": ["gzip", "gzip-js"],
    "analytics": {"endpoint": "/i/v0/e/"},
    "elementsChainAsString": True,
    "defaultIdentifiedOnly": True,
    "hasFeatureFlags": False,
    "autocaptureExceptions": False,
    "captureDeadClicks": False,
    "capturePerformance": False,
    "heatmaps": False,
    "sessionRecording": False,
    "surveys": False,
    "siteApps": [],
}
"""What browsers are told: what they load further scripts for is off."""
NO_FLAGS: dict[str, Any] = {
    "flags": {},
    "featureFlags": {},
    "featureFlagPayloads": {},
    "errorsWhileComputingFlags": False,
    "requestId": None,
}
TOLD: dict[str, dict[str, Any]] = {
    "flags": NO_FLAGS,
    "decide": CONFIG | NO_FLAGS,
    "api/feature_flag/local_evaluation": {"flags": [], "group_type_mapping": {}, "cohorts": {}},
    "api/surveys": {"surveys": []},
    "api/web_experiments": {"experiments": []},
    "api/early_access_features": {"earlyAccessFeatures": []},
    "api/product_tours": {"product_tours": []},
}


class PostHog:
    """See the module."""

    name = "posthog"
    methods = frozenset({"GET", "POST"})
    key_inside = True
    largest_body = LARGEST_BATCH

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: settings for browsers, and that there are no flags.

        Raises `NotFound` for a call that is not known here.
        """
        call = _call(request)
        if call.startswith("array/") and call.endswith("/config"):
            return Reply(200, msgspec.json.encode(CONFIG))
        if call in CALLS:
            return None
        if call not in TOLD:
            hint = nearest(call, CALLS)
            raise NotFound("unknown_call", "There is no such call here.", at="path", hint=hint)
        return Reply(200, msgspec.json.encode(TOLD[call]))

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: of the path, Bearer, the query, the body or its first event."""
        said = parted(request.path)[0] or bearer(request.headers)
        return said or request.query.get("api_key") or _inside(_text(request))

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`."""
        call = _call(request)
        text = _text(request)
        said, events = _batch(text)
        beside = _beside(request, call, said)
        return [_claim(raw, beside) for raw in events]

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`."""
        said = _batch(_text(request))[0]
        beside = {"sent_at": said.sent_at, "historical_migration": said.historical_migration}
        return within(request, "batch", {key: bytes(raw) for key, raw in beside.items()}, _HEARD)

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: ``{"status": 1}``; v1 hears of every event by its ``uuid``."""
        if _call(request) == V1:
            return Reply(200, msgspec.json.encode({"results": _results(claims, outcome)}))
        said: dict[str, Any] = {"status": 1}
        if outcome.rejected:
            said["rejected"] = outcome.rejected
        return Reply(200, msgspec.json.encode(said))

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: in PostHog's words, and with 503 for browsers to come back."""
        reply = refused(error)
        later = reply.status in (408, 429) and _call(request) in BROWSER
        said = error.as_dict() | {
            "type": "authentication_error" if reply.status == 401 else "validation_error",
            "code": error.code,
            "detail": error.message,
            "error_description": error.message,
        }
        return Reply(503 if later else reply.status, msgspec.json.encode(said), reply.headers)


def _call(request: Request) -> str:
    return parted(request.path)[1]


def _text(request: Request) -> bytes:
    """The JSON that was sent, by whichever way. Raises `Invalid`."""
    body = request.body or request.query.get("data", "").encode()
    if request.headers.get("content-encoding") == "deflate" and not is_json(body):
        body = _inflated(body)
    if body.startswith((b"data=", b"compression=", b"ip=", b"ver=")):
        body = form(body).get("data", b"")
    return json_or_base64(body)


def _inflated(body: bytes) -> bytes:
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(body, LARGEST_BATCH)
    except zlib.error:
        raise Invalid("bad_compression", "The zlib body cannot be decompressed.") from None
    if not inflate.eof:
        raise TooLarge("body_too_large", f"A request holds at most {LARGEST_BATCH:,} bytes.")
    return text


_NULL = msgspec.Raw(b"null")


class _Body(msgspec.Struct):
    """What a body says beside its events, or an event of its key; other fields are passed over."""

    api_key: msgspec.Raw = _NULL
    token: msgspec.Raw = _NULL
    own_token: msgspec.Raw = msgspec.field(default=_NULL, name="$token")
    properties: msgspec.Raw = _NULL
    batch: msgspec.Raw = _NULL
    sent_at: msgspec.Raw = _NULL
    historical_migration: msgspec.Raw = _NULL


_body = msgspec.json.Decoder(_Body)


def _opened(text: bytes) -> _Body:
    """An object's parts; unsound ones are found too. Raises `Invalid` where it is no object."""
    try:
        return _body.decode(text)
    except UNREADABLE:
        parts = members(text)
    known = {field.name: field.encode_name for field in msgspec.structs.fields(_Body)}
    return _Body(
        **{name: msgspec.Raw(parts[said]) for name, said in known.items() if said in parts}
    )


def _inside(text: bytes) -> str | None:
    """The key of the body, or of its first event: both are asked where neither is there."""
    if not text:
        return None
    if text.startswith(b"["):
        return next(filter(None, map(_key_of, map(_opened, elements(text)[:1]))), None)
    body = _opened(text)
    return _key_of(body) or _inside(_array(body))


def _key_of(said: _Body) -> str | None:
    for raw in (said.api_key, said.token, said.own_token):
        key = decoded(bytes(raw))
        if isinstance(key, str) and key:
            return key
    properties = bytes(said.properties)
    return _key_of(_opened(properties)) if properties.startswith(b"{") else None


def _batch(text: bytes) -> tuple[_Body, list[bytes]]:
    """What is said beside the events, and these; a body that is one event has nothing beside."""
    if text.startswith(b"["):
        return _Body(), elements(text)
    body = _opened(text)
    array = _array(body)
    return (body, elements(array)) if array else (_Body(), [text])


def _array(body: _Body) -> bytes:
    """The batch of a body; empty where it has none."""
    return bytes(body.batch).strip() if body.batch != _NULL else b""


def _beside(request: Request, call: str, said: _Body) -> Beside:
    query = request.query
    sent = decoded(bytes(said.sent_at)) or query.get("sent_at") or query.get("_")
    info = request.headers.get("posthog-sdk-info", "")
    attempt = request.headers.get("posthog-attempt") or query.get("retry_count", "")
    return Beside(
        sent_at=sent_of(sent),
        history=decoded(bytes(said.historical_migration)) is True,
        event="$identify" if call == "engage" else None,
        sdk=info,
        attempt=int(attempt) if attempt.isdecimal() and len(attempt) < 6 else 0,
        ignores_address=query.get("ip") == "0",
    )


def _claim(raw: bytes, beside: Beside) -> Claim:
    try:
        if len(raw) > LARGEST_EVENT:
            raise too_large(len(raw), LARGEST_EVENT)
        message = decoded(raw)
        if not isinstance(message, dict):
            raise Invalid("wrong_type", "An event is a JSON object.", at="$")
        return event_of(message, beside)
    except EthogramError as error:
        return Refusal(error, raw)


def _results(claims: Sequence[Claim], outcome: Outcome) -> dict[str, dict[str, str]]:
    """What became of each event that has a ``uuid``."""
    results = {
        claim.event_id: {"result": "ok"}
        for claim in claims
        if not isinstance(claim, Refusal) and claim.event_id
    }
    for rejected in outcome.rejected:
        uuid = _uuid(claims[rejected.index])
        if uuid:
            results[uuid] = {"result": "drop", "details": f"{rejected.code}: {rejected.message}"}
    return results


def _uuid(claim: Claim) -> str | None:
    if not isinstance(claim, Refusal):
        return claim.event_id
    try:
        uuid = decoded(members(claim.raw).get("uuid", b"null"))
    except Invalid:
        return None
    return uuid if isinstance(uuid, str) else None
