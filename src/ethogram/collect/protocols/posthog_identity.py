"""Who PostHog's events are of, which ids are one person's, and for which groups they act.

PostHog has one kind of id, ``distinct_id``. Browsers and telephones say whether it is a person's
(``$is_identified``) or stands for the device; servers send what they were given. An ``$identify``
ties the device's id to the person's, in either kind that it may have had. Ids leave the
properties: they are not kept in the open.
"""

from typing import Any, NamedTuple

from ethogram.collect.protocols.fields import object_of, text_of
from ethogram.events.event import Group, Json, Kind, Link

_NOBODY = frozenset(
    """
    anonymous guest distinctid distinct_id id not_authenticated email undefined true false nan
    none null 0
    """.split()  # noqa: SIM905
) | {"[object object]", ""}
"""Ids that a client sends by mistake, which PostHog ties to nothing: all would become one."""


class Who(NamedTuple):
    """The ids of an event; a ``personless`` one counts nobody."""

    user: str | None = None
    anonymous: str | None = None
    personless: bool = False


def identity(
    name: str, distinct: str | None, device: str | None, properties: dict[str, Any]
) -> tuple[Who, list[Link]]:
    """Who it is, and which ids are one person's."""
    who = _who(distinct, device, properties)
    if properties.get("$user_id") == distinct:
        properties.pop("$user_id", None)
    if name == "$identify":
        before = text_of(properties.pop("$anon_distinct_id", None), "properties.$anon_distinct_id")
        if before and distinct and before != distinct and _ties(before, distinct):
            return Who(distinct, before), [Link("identify", before, distinct)]
        return Who(distinct), []
    if word := _ALIASES.get(name):
        other = text_of(properties.pop("alias", None), "properties.alias")
        if other and distinct and other != distinct and _ties(other, distinct):
            return who, [Link(word, other, distinct, False, "either", "either")]
    elif who.user and who.user == device and properties.get("$is_identified") is True:
        return who, [Link("identify", who.user, who.user, a_kind="anonymous")]
    return who, []


def _who(distinct: str | None, device: str | None, properties: dict[str, Any]) -> Who:
    """A person, or a device; nobody's profile is made for one that lasts no longer than a call."""
    profile = properties.get("$process_person_profile")
    known = properties.get("$is_identified")
    if properties.get("$cookieless_mode") is True:
        return Who(anonymous=distinct, personless=True)
    if profile is False:
        return Who(anonymous=distinct, personless=device is None)
    if known is False or (known is None and distinct is not None and distinct == device):
        return Who(anonymous=distinct)
    return Who(distinct)


_ALIASES = {"$create_alias": "alias", "$merge_dangerously": "merge"}


def _ties(*ids: str) -> bool:
    return not any(id_.strip(" \"'").lower() in _NOBODY for id_ in ids)


def groups_of(kind: Kind, properties: dict[str, Any]) -> list[Group]:
    """The group that is described first, then those that the person acts for."""
    if kind != "group" and "$groups" not in properties:
        return []
    said: dict[str, Json] = {}
    if kind == "group":
        type_ = text_of(properties.pop("$group_type", None), "properties.$group_type")
        said = {type_ or "": properties.pop("$group_key", None)}
    others = object_of(properties, "$groups")
    said |= {type_: key for type_, key in others.items() if type_ not in said}
    properties.pop("$groups", None)
    pairs = [(type_, text_of(key, "properties.$groups")) for type_, key in said.items()]
    return [Group(type_, key) for type_, key in pairs if key]
