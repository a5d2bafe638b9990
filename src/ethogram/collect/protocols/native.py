"""Our own dialect: a JSON array of events, one event, or an event a line.

``POST /v1/events`` answers ``{"accepted", "duplicates", "rejected": [{"index", "code", …}]}``.
"""

import re

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import Reply, Request, bearer
from ethogram.events.errors import Invalid, TooLarge
from ethogram.events.event import Event

LARGEST_EVENT = 32 << 10

_batch = msgspec.json.Decoder(list[Event])
_one = msgspec.json.Decoder(Event)
_raws = msgspec.json.Decoder(list[msgspec.Raw])
_place = re.compile(r"^(.*?)(?: - at `(\$.*)`)?$", re.DOTALL)


class Native:
    """See the module."""

    name = "native"

    def read(self, request: Request) -> tuple[str | None, list[Claim]]:
        """See `Dialect.read`; the key comes as ``Authorization: Bearer KEY``."""
        return bearer(request.headers) or request.query.get("key"), claims(request.body)

    def answer(self, outcome: Outcome) -> Reply:
        """See `Dialect.answer`."""
        return Reply(200, msgspec.json.encode(outcome))


def claims(body: bytes) -> list[Claim]:
    """The events of ``body``; raises `Invalid` (``bad_json``) where it is not JSON at all."""
    text = body.strip()
    if not text.startswith(b"["):
        return [claim(line) for line in _documents(text)]
    if len(text) <= LARGEST_EVENT:
        try:
            return list(_batch.decode(text))
        except (msgspec.DecodeError, RecursionError):
            pass
    try:
        raws = _raws.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise bad_json(error) from None
    if max(map(len, map(memoryview, raws)), default=0) <= LARGEST_EVENT:
        try:
            return list(_batch.decode(text))
        except (msgspec.DecodeError, RecursionError):
            pass
    return [claim(bytes(raw)) for raw in raws]


def claim(raw: bytes) -> Claim:
    """One event, or why it is none."""
    if len(raw) > LARGEST_EVENT:
        return Refusal(
            TooLarge(
                "event_too_large",
                f"An event has at most {LARGEST_EVENT:,} bytes; this one has {len(raw):,}.",
                hint="Move large values elsewhere and send a reference.",
            ),
            raw,
        )
    try:
        return _one.decode(raw)
    except RecursionError:
        return Refusal(Invalid("too_deep", "The JSON is nested too deeply.", at="$"), raw)
    except msgspec.ValidationError as error:
        said = _place.match(str(error))
        message, at = said.groups() if said else (str(error), None)
        return Refusal(Invalid(_code(message), f"{message}.", at=at or "$", hint=_HINT), raw)
    except msgspec.DecodeError as error:
        return Refusal(bad_json(error), raw)


_HINT = (
    'An event is {"event", "user_id" or "anonymous_id", "timestamp", "event_id", "session_id",'
    ' "device_id", "properties", "context"}; your own fields go under properties.'
)


def bad_json(error: Exception) -> Invalid:
    """The error of a body, or a line, that is not JSON."""
    return Invalid("bad_json", f"{error}.", at="$", hint="Send a JSON array of events.")


def _documents(text: bytes) -> list[bytes]:
    """One document, or one a line."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise Invalid("empty_body", "There is no event in the body.", hint="Send a JSON array.")
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError) as error:
        if len(lines) == 1:
            raise bad_json(error) from None
        return lines
    return [text]


def _code(message: str) -> str:
    if message.startswith("Object missing required field"):
        return "missing_field"
    if message.startswith("Object contains unknown field"):
        return "unknown_field"
    return "wrong_type"
