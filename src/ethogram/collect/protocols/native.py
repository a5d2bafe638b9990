"""Our own dialect: a JSON array of events, one event, or an event a line.

``POST /v1/events`` answers ``{"accepted", "duplicates", "rejected": [{"index", "code", …}]}``,
with ``"warned"`` where accepted events depart from the tracking plan, and ``"withheld"`` where
some need what their person did not allow.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from ethogram.collect.admission import Claim, Refusal
from ethogram.collect.door import Outcome
from ethogram.collect.protocols.dialect import (
    LARGEST_EVENT,
    Alone,
    Reply,
    Request,
    bearer,
    framed,
    refused,
)
from ethogram.collect.protocols.texts import UNREADABLE, bad_json, counted, elements
from ethogram.events.errors import EthogramError, Invalid, TooLarge
from ethogram.events.event import Event
from ethogram.events.repeated import repeatable

_batch = msgspec.json.Decoder(list[Event])
_one = msgspec.json.Decoder(Event)
_place = re.compile(r"(.*?)(?: - at `(\$(?:\.[a-z_]+|\[[0-9.]+\])*)`)?", re.DOTALL)
_unknown = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_half = re.compile(rb"(?i)\\ud[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..)\\ud[c-f]")


class Native:
    """See the module."""

    name = "native"
    methods = frozenset({"POST"})
    key_inside = False
    largest_body = 0

    def told(self, request: Request) -> Reply | None:
        """See `Dialect.told`: nothing."""

    def key(self, request: Request) -> str | None:
        """See `Dialect.key`: ``Authorization: Bearer KEY``, or ``?key=`` where that cannot be."""
        return bearer(request.headers) or request.query.get("key")

    def claims(self, request: Request) -> list[Claim]:
        """See `Dialect.claims`."""
        return claims(request.body, request.largest)

    def alone(self, request: Request) -> Alone | None:
        """See `Dialect.alone`; the query has nothing but the key."""
        return framed(replace(request, query={}))

    def answer(self, request: Request, claims: Sequence[Claim], outcome: Outcome) -> Reply:
        """See `Dialect.answer`; ``warned`` and ``withheld`` are said where there are some."""
        said = {
            "accepted": outcome.accepted,
            "duplicates": outcome.duplicates,
            "rejected": outcome.rejected,
        }
        if outcome.warned:
            said["warned"] = outcome.warned
        if outcome.withheld:
            said["withheld"] = outcome.withheld
        return Reply(200, msgspec.json.encode(said))

    def refused(self, request: Request, error: EthogramError) -> Reply:
        """See `Dialect.refused`: as every surface of ours says it."""
        return refused(error)


def claims(body: bytes, largest: int = LARGEST_EVENT) -> list[Claim]:
    """The events of ``body``; raises `Invalid` where they cannot be told apart."""
    text = body.strip()
    if not text.startswith(b"["):
        return [claim(line, largest) for line in _documents(text)]
    small = len(text) <= largest
    parts = [] if small else elements(text)
    if small or max(map(len, parts), default=0) <= largest:
        try:
            return [*_batch.decode(text)]
        except UNREADABLE:
            pass
    return [claim(part, largest) for part in parts or elements(text)]


def claim(raw: bytes, largest: int = LARGEST_EVENT) -> Claim:
    """One event, or why it is none."""
    if len(raw) > largest:
        return Refusal(too_large(len(raw), largest), raw)
    try:
        return _one.decode(raw)
    except UNREADABLE as error:
        return Refusal(unreadable(error, raw), raw)


def too_large(size: int, largest: int) -> TooLarge:
    """The error of an event of ``size`` bytes."""
    return TooLarge(
        "event_too_large",
        f"An event has at most {largest:,} bytes; this one has {size:,}.",
        at="$",
        hint="Move large values elsewhere and send a reference.",
    )


def unreadable(error: Exception, raw: bytes) -> Invalid:
    """Why decoding ``raw`` raised one of `UNREADABLE`."""
    if isinstance(error, RecursionError):
        return Invalid("too_deep", "The JSON is nested too deeply.", at="$", hint=_FLAT)
    if isinstance(error, msgspec.ValidationError):
        said = _place.fullmatch(str(error))
        assert said is not None
        message, at = said.groups()
        if message == "Number out of range":
            return Invalid("number_out_of_range", "A number is too large for 64 bits.",
                           at=at or "$", hint=_NUMBER)  # fmt: skip
        return Invalid(*_wrong(message), at=at or "$", hint=_HINT)
    if isinstance(error, UnicodeDecodeError):
        return Invalid("bad_text", f"A text is not UTF-8: {error.reason}.", at="$", hint=_TEXT)
    if _half.search(raw):
        return Invalid("bad_text", "A text has half of a surrogate pair.", at="$", hint=_TEXT)
    return bad_json(error)


_FLAT = "Send flat properties, or a text."
_NUMBER = "Send a smaller number, or a text."
_TEXT = "Encode texts as UTF-8, and cut them between characters."
_HINT = (
    'An event is {"event", "user_id" or "anonymous_id", "timestamp", "event_id", "session_id",'
    ' "device_id", "properties", "context"}; your own fields go under properties.'
)


def _documents(text: bytes) -> list[bytes]:
    """One document, or one a line."""
    lines = counted([line for line in text.split(b"\n") if line.strip()])
    if not lines:
        raise Invalid("empty_body", "There is no event in the body.", at="$", hint=_HINT)
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        if len(lines) == 1 and not _half.search(text):
            raise bad_json(error) from None
        return lines
    except RecursionError:
        return lines
    return [text]


def _wrong(message: str) -> tuple[str, str]:
    """(code, message) for what msgspec says of a value, which is not repeated itself."""
    if unknown := _unknown.fullmatch(message):
        named = f"unknown field `{unknown[1]}`" if repeatable(unknown[1]) else "an unknown field"
        return "unknown_field", f"Object contains {named}."
    if message.startswith("Object missing required field"):
        return "missing_field", f"{message}."
    if message.startswith("Invalid enum value"):
        return "wrong_value", "The value is none of those that are possible here."
    return "wrong_type", f"{message}."
