"""One event of Snowplow's tracker protocol as a canonical event: who, when, where and what.

Every field that has no place of its own is kept under ``x.snowplow``.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from ethogram.collect.protocols.snowplow_fields import Fields
from ethogram.collect.protocols.snowplow_kinds import said
from ethogram.events.event import Event, Json, Source

NOBODY = "snowplow:nobody"
"""The anonymous id of events that are sent without any, as in anonymous tracking."""
_NO_NETWORK_ID = "00000000-0000-0000-0000-000000000000"
_AROUND = {"lang": "locale", "tz": "timezone", "ua": "userAgent", "ip": "ip", "p": "platform"}
_SIZES = {"res": "screen", "vp": "viewport"}
_size = re.compile(r"(\d{1,6})x(\d{1,6})")


class Sender(NamedTuple):
    """What a request says beside its events.

    ``call`` is the path's last word, ``network_id`` the cookie's; ``anonymous`` asks that
    neither it nor the address be kept.
    """

    call: str
    network_id: str | None = None
    user_agent: str | None = None
    anonymous: bool = False


def event(values: dict[str, Any], sender: Sender) -> Event:
    """The event that ``values`` say, which are used up. Raises `Invalid`."""
    fields = Fields(values)
    made = said(fields)
    made.event_id = fields.id
    made.dedup_key = f"{fields.id} {fields.content}" if fields.id else None
    _set_time(made, fields)
    _set_ids(made, fields, sender)
    made.entities = fields.entities
    made.context = _context(fields, sender)
    made.ip_policy = "override" if "ip" in made.context else "ignore" if sender.anonymous else "use"
    made.source = _source(sender.call, fields.rest.pop("tv", None) or "")
    made.x |= {name: value for name, value in fields.rest.items() if value not in (None, "")}
    if made.x:
        made.x = {"snowplow": made.x}
    return made


@lru_cache(256)
def _source(call: str, tracker: str) -> Source:
    name, _, version = tracker.partition("-")
    return Source("snowplow", call, name, version)


def _set_time(made: Event, fields: Fields) -> None:
    """The true time where the application gave one, else the device's, to be corrected."""
    if (true := fields.whole("ttm")) is not None:
        made.timestamp, made.time_is_true = true, True
    else:
        made.timestamp, made.sent_at = fields.whole("dtm"), fields.whole("stm")


def _set_ids(made: Event, fields: Fields, sender: Sender) -> None:
    take = fields.rest.pop
    made.user_id = take("uid", None) or None
    made.anonymous_id = take("duid", None) or None
    made.session_id = take("sid", None) or None
    own, given = take("nuid", None), take("tnuid", None)
    network = given or own or sender.network_id
    made.device_id = None if network == _NO_NETWORK_ID else network
    if fields.entities:
        for session in fields.of_schema("client_session"):
            made.anonymous_id = _moved(session, "userId", made.anonymous_id)
            made.session_id = _moved(session, "sessionId", made.session_id)
    if not (made.user_id or made.anonymous_id):
        made.personless = not made.device_id
        session_id = f"session:{made.session_id}" if made.session_id else NOBODY
        made.anonymous_id = made.device_id or session_id


def _moved(session: dict[str, Json], name: str, own: str | None) -> str | None:
    """The event's own id, else the entity's, where it then does not stand in the open."""
    found = session.get(name)
    if not isinstance(found, str) or found == _NO_NETWORK_ID or (own and own != found):
        return own
    del session[name]
    return found


def _context(fields: Fields, sender: Sender) -> dict[str, Json]:
    context = fields.taken(_AROUND)
    if fields.page:
        context["page"] = fields.page
    for name, longer in _SIZES.items():
        found = fields.rest.get(name)
        if isinstance(found, str) and (size := _size.fullmatch(found)):
            del fields.rest[name]
            context[longer] = {"width": int(size[1]), "height": int(size[2])}
    application = fields.rest.pop("aid", None)
    if application and not application.startswith("eg_write_"):
        context["app"] = {"id": application}
    if sender.user_agent and context.get("platform") == "web":
        context.setdefault("userAgent", sender.user_agent)
    return context
