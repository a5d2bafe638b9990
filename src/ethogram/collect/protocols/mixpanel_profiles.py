"""Mixpanel's profiles of people and groups: operations, and charges among them.

A message has one or more operations, whose names are kept. The clients give it no id; one whose
time is finer than a millisecond (the Python client's) is itself when it comes again.
"""

import hashlib
from typing import Any

from ethogram.collect.protocols.fields import amount_of, inner, object_of, text_of
from ethogram.collect.protocols.mixpanel_events import NOBODY, Beside, Ids, ids_of, when
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Group, Json, ProfileChange, Source

OPERATIONS = {
    "$set": "set",
    "$set_once": "set_once",
    "$add": "add",
    "$append": "append",
    "$union": "union",
    "$remove": "remove",
    "$unset": "unset",
    "$delete": "delete",
}
_KNOWN = OPERATIONS.keys() | frozenset(
    """
    $token token $distinct_id $group_key $group_id $time $ip $device_id $user_id mp_lib
    $lib_version
    """.split()  # noqa: SIM905
)


def profile_of(message: dict[str, Any], raw: bytes, beside: Beside, *, group: bool) -> Event:
    """The change that ``message``, whose text is ``raw``, says. Raises `Invalid`."""
    target = "group" if group else "person"
    changes = [
        ProfileChange(op, _values(message, name), target)
        for name, op in OPERATIONS.items()
        if name in message
    ]
    if not changes:
        raise Invalid("unknown_operation", "There is no operation.", at="$",
                      hint=f"Send one of {', '.join(OPERATIONS)}.")  # fmt: skip
    groups = [_group(message)] if group else []
    said = text_of(message.get("$distinct_id"), "$distinct_id")
    ids = ids_of(said, {name: message[name] for name in ("$device_id", "$user_id")
                        if name in message})  # fmt: skip
    if groups:
        ids = Ids(anonymous=f"group:{groups[0].type}:{groups[0].id}")
    charge = None if group else inner(message, "$append", "$transactions")
    amount = amount_of(charge.get("$amount")) if isinstance(charge, dict) else None
    at = when(charge, "$time") if isinstance(charge, dict) else None
    rest = {key: value for key, value in message.items() if key not in _KNOWN and value}
    return Event(
        event=next(name for name in OPERATIONS if name in message),
        kind="group" if group else "profile" if amount is None else "revenue",
        user_id=ids.user,
        anonymous_id=NOBODY if ids.personless else ids.anonymous,
        personless=group or ids.personless,
        device_id=ids.device,
        timestamp=when(message, "$time") if at is None else at,
        sent_at=beside.sent_at if at is None else None,
        dedup_key=_itself(message.get("$time"), raw),
        groups=groups,
        profile_ops=changes,
        value=amount,
        ip_policy="ignore" if beside.ignores_address or message.get("$ip") in (0, "0") else "use",
        source=Source("mixpanel", sdk=_word(message, "mp_lib"),
                      sdk_version=_word(message, "$lib_version")),
        x={"mixpanel": rest} if rest else {},
    )  # fmt: skip


def _values(message: dict[str, Any], name: str) -> dict[str, Json]:
    """What an operation is done with; names alone are an object of nothing."""
    said = message[name]
    if name == "$delete":
        return {}
    if isinstance(said, str):
        said = [said]
    if isinstance(said, list) and all(isinstance(each, str) for each in said):
        return dict.fromkeys(said)
    return object_of(message, name)


def _group(message: dict[str, Any]) -> Group:
    key, id_ = (text_of(message.get(name), name) for name in ("$group_key", "$group_id"))
    if not (key and id_):
        raise Invalid("no_id", "A group has $group_key and $group_id.", at="$.$group_id")
    return Group(key, id_)


def _itself(time: Any, raw: bytes) -> str | None:
    if not isinstance(time, float) or (time * 1000).is_integer():
        return None
    return hashlib.sha256(raw).hexdigest()


def _word(message: dict[str, Any], name: str) -> str:
    said = message.get(name)
    return said if isinstance(said, str) else ""
