"""Mixpanel's ingestion API: ``/track``, ``/engage``, ``/groups`` and ``/import``.

Facts are from the SDKs' sources: the data is a form's ``data`` (JSON, or base64 with its pluses
left as they are), the query's, or a JSON body, which for ``/import`` may be an event a line; the
key is each event's ``token``, also as the user of Basic. Clients look into the body of the
answer: with ``verbose`` it is ``{"status": 1}``, without it the text ``1``.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import Alone, Reply, Request, basic, framed, parted, refused
from ethogram.collect.protocols.fields import decoded
from ethogram.collect.protocols.forms import form, is_json, json_or_base64
from ethogram.collect.protocols.mixpanel_events import Beside, event_of
from ethogram.collect.protocols.mixpanel_profiles import profile_of
from ethogram.collect.protocols.native import too_large
from ethogram.collect.protocols.texts import elements, members
from ethogram.events.errors import EthogramError, Invalid, NotFound, TooLarge, nearest

CALLS = ("track", "engage", "groups", "import")
MOST_EVENTS = 2_000
LARGEST_BATCH = 6 << 20
LARGEST_EVENT = 1 << 20
_KEY = "eg_write_"
TOLD: dict[str, dict[str, Any]] = {
    "settings": {"sdk_config": {"config": {}}},
    "flags": {"flags": {}},
    "flags/definitions": {"flags": []},
    "decide": {"notifications": [], "config": {}},
}


class Mixpanel:
    """See the module."""

    name = "mixpanel"
    methods = frozenset({"GET", "POST"})
    key_inside = True
    largest_body = LARGEST_BATCH

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: settings, of which there are none, and no flags.

        Raises `NotFound` for a call that is not known here.
        """
        call = _call(request)
        if call in CALLS:
            return None
        if call not in TOLD:
            hint = nearest(call, CALLS)
            raise NotFound("unknown_call", "There is no such call here.", at="path", hint=hint)
        return Reply(200, msgspec.json.encode(TOLD[call]))

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: of the path, the user of Basic where it is one of ours (others are
        service accounts), or the first event's token.
        """
        said = parted(request.path)[0]
        for key in (said, basic(request.headers), request.query.get("api_key")):
            if key and key.startswith(_KEY):
                return key
        return _inside(_data(_fields(request)))

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`."""
        call = _call(request)
        fields = _fields(request)
        beside = Beside(
            sent_at=_millis(_said(fields, request, "_")),
            imported=call == "import",
            ignores_address=_said(fields, request, "ip") == "0",
        )
        return [_claim(raw, call, beside) for raw in _messages(_data(fields))]

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`."""
        fields = _fields(request)
        said = {name: _said(fields, request, name) for name in ("_", "ip")}
        return framed(replace(request, query=said))

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`: for ``/import`` as JSON it is what became of each."""
        if _call(request) == "import" and is_json(request.body):
            return _imported(request, claims, outcome)
        if _said(_fields(request), request, "verbose") != "1":
            return Reply(200, b"1", content_type="text/plain")
        said: dict[str, Any] = {"status": 1, "error": None}
        if outcome.rejected:
            said["rejected"] = outcome.rejected
        return Reply(200, msgspec.json.encode(said))

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: clients that ask for the text take anything but 1 for one."""
        reply = refused(error)
        said = {"code": reply.status, "status": 0, "error": error.message, "hint": error.hint}
        return Reply(reply.status, msgspec.json.encode(said), reply.headers)


def _call(request: Request) -> str:
    return parted(request.path)[1]


def _fields(request: Request) -> dict[str, bytes]:
    """What was sent as a form, or what is its ``data`` by other ways. Raises `Invalid`."""
    if not request.body:
        return {"data": request.query.get("data", "").encode()}
    return {"data": request.body} if is_json(request.body) else form(request.body)


def _data(fields: dict[str, bytes]) -> bytes:
    return json_or_base64(fields.get("data", b""))


def _said(fields: dict[str, bytes], request: Request, name: str) -> str:
    return request.query.get(name) or fields.get(name, b"").decode("utf-8", "replace")


def _inside(data: bytes) -> str | None:
    """The token of the first event."""
    for raw in _messages(data)[:1] if data else ():
        message = members(raw)
        outer = message.get("properties", b"")
        inner = members(outer) if outer.startswith(b"{") else {}
        for token in (message.get("$token"), inner.get("token"), message.get("token")):
            key = decoded(token or b"null")
            if isinstance(key, str) and key:
                return key
    return None


def _messages(data: bytes) -> list[bytes]:
    """The texts of the events: an array's, one, or one a line."""
    if not data:
        raise Invalid("empty_body", "There is no event in the data.", at="$.data")
    if data.startswith(b"["):
        messages = elements(data)
    else:
        first = data.partition(b"\n")[0]
        whole = first == data or (not _is_object(first) and _is_object(data))
        messages = [data] if whole else _lines(data)
    if len(messages) > MOST_EVENTS:
        raise TooLarge(
            "too_many_events",
            f"A request has at most {MOST_EVENTS:,} events.",
            hint="Send fewer events at a time.",
        )
    return messages


def _lines(data: bytes) -> list[bytes]:
    """An event a line, of which some may be empty; what is far too much stays together."""
    return [*filter(bytes.strip, data.split(b"\n", 2 * MOST_EVENTS))]


def _is_object(data: bytes) -> bool:
    try:
        members(data)
    except Invalid:
        return False
    return True


def _millis(said: str) -> int | None:
    return int(said) if said.isdecimal() and 9 < len(said) < 17 else None


def _claim(raw: bytes, call: str, beside: Beside) -> Claim:
    try:
        if len(raw) > LARGEST_EVENT:
            raise too_large(len(raw), LARGEST_EVENT)
        message = decoded(raw)
        if not isinstance(message, dict):
            raise Invalid("wrong_type", "An event is a JSON object.", at="$")
        if call in ("engage", "groups"):
            return profile_of(message, raw, beside, group=call == "groups")
        return event_of(message, beside)
    except EthogramError as error:
        return Refusal(error, raw)


def _imported(request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
    """With ``strict=1`` an event that was refused makes it a 400; the others are kept."""
    bad = bool(outcome.rejected) and request.query.get("strict") == "1"
    said: dict[str, Any] = {
        "code": 400 if bad else 200,
        "num_records_imported": outcome.taken,
        "status": "Bad Request" if bad else "OK",
    }
    if outcome.rejected:
        said["error"] = "some data points in the request failed validation"
        said["failed_records"] = [
            {
                "index": each.index,
                "insert_id": _insert_id(claims[each.index]),
                "field": each.at,
                "message": each.message,
            }
            for each in outcome.rejected
        ]
    return Reply(said["code"], msgspec.json.encode(said))


def _insert_id(claim: Claim) -> str | None:
    return None if isinstance(claim, Refusal) else claim.event_id
