"""Amplitude's ``/identify`` and ``/groupidentify``: changes of profiles without an event.

``api_key`` and ``identification``, an object or a list of them, stand in a form or in the query,
or in JSON. The answer is the word ``success``.
"""

from dataclasses import replace
from typing import Any, NamedTuple

from ethogram.collect.protocols.amplitude_events import Batch, event
from ethogram.collect.protocols.dialect import Alone, Reply, Request, framed, parted
from ethogram.collect.protocols.fields import decoded, text_of
from ethogram.collect.protocols.forms import form, is_json
from ethogram.collect.protocols.texts import elements, members
from ethogram.events.errors import Invalid, TooLarge
from ethogram.events.event import Event

MOST = 1024
"""Identifications of a request."""
_CALLS = {"identify": "$identify", "groupidentify": "$groupidentify"}
SUCCESS = Reply(200, b"success", content_type="text/plain; charset=utf-8")


class Said(NamedTuple):
    """The two parts of a request."""

    key: str | None
    identification: bytes


def called(request: Request) -> str | None:
    """What the request's events are called; None where it is another call."""
    return _CALLS.get(parted(request.path)[1])


def parts(request: Request) -> Said:
    """What ``request`` says. Raises `Invalid`."""
    if is_json(request.body):
        body = members(request.body)
        key, text = decoded(body.get("api_key", b"null")), body.get("identification", b"")
        if text[:1] == b'"':
            text = decoded(text).encode()
    else:
        body = form(request.body) if request.body else {}
        said = {name: value.encode() for name, value in request.query.items()} | body
        key = said.get("api_key", b"").decode("utf-8", "replace")
        text = said.get("identification", b"")
    return Said(key if key and isinstance(key, str) else None, text.strip())


def identifications(request: Request) -> list[bytes]:
    """The texts of the objects. Raises `Invalid` where there is none, `TooLarge` above `MOST`."""
    text = parts(request).identification
    if not text:
        raise Invalid("bad_batch", "There is no identification.", at="$.identification",
                      hint="Send the fields api_key and identification.")  # fmt: skip
    found = elements(text) if text[:1] == b"[" else [text]
    if len(found) > MOST:
        raise TooLarge("batch_too_large", f"This call takes at most {MOST:,} identifications.",
                       hint="Send fewer at a time.")  # fmt: skip
    return found


def identified(values: dict[str, Any], name: str) -> Event:
    """The event called ``name`` that one identification is. Raises `Invalid`."""
    values["event_type"] = name
    if name == "$groupidentify":
        type_, group = (text_of(values.pop(each, None), each) for each in _GROUP)
        if not (type_ and group):
            raise Invalid("missing_field", "A group has a group_type and a group_value.",
                          at="$.group_type" if not type_ else "$.group_value")  # fmt: skip
        values["groups"] = {type_: group}
    return event(values, Batch())


_GROUP = ("group_type", "group_value")


def alone(request: Request) -> Alone:
    """One identification by itself, as JSON."""
    return framed(replace(request, query={}), b'{"identification":[', b"]}")
