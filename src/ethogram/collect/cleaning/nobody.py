"""The step ``ids``: what programs send in place of an id that they do not have is no id.

All who sent it would become one person. Where another id says who it was, that one counts; where
none does, the event keeps what it has, and nothing links it.
"""

from collections.abc import Set as AbstractSet
from copy import copy

from ethogram.events.event import Event

USUAL = (
    "null", "none", "nil", "undefined", "nan", "n/a", "(not set)", "(none)", "[object Object]",
    "0", "-1", "true", "false", "unknown", "anonymous", "guest", "not_authenticated", "id",
    "user", "user_id", "userid", "distinct_id", "distinctid", "email",
    "00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000",
)  # fmt: skip
"""Those that PostHog refuses to merge, and what else is seen; a setting adds others."""
IDS = ("user_id", "anonymous_id", "device_id")
OTHER = {"user_id": "anonymous_id", "anonymous_id": "user_id", "device_id": "device_id"}
"""Which id must be there for one to be left out."""


def told_apart(event: Event, nobody: AbstractSet[str]) -> tuple[Event, list[str]]:
    """(``event`` without the ids and links that name nobody, the names of what was left out)."""
    said = (event.user_id in nobody, event.anonymous_id in nobody, event.device_id in nobody)
    if not any(said) and not event.identity_links:
        return event, []
    changed, names = copy(event), list[str]()
    for name in IDS:
        if getattr(changed, name) in nobody and getattr(changed, OTHER[name]):
            setattr(changed, name, None)
            names.append(name)
    links = [each for each in event.identity_links if nobody.isdisjoint((each.a, each.b))]
    if len(links) < len(event.identity_links):
        changed.identity_links = links
        names.append("identity_links")
    return (changed, names) if names else (event, [])
