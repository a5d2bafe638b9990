"""The step ``urls``: where on the site it was, and the campaign that the address names.

The addresses themselves are kept as `addresses` spells them.
"""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from ethogram.collect.cleaning.addresses import address
from ethogram.collect.cleaning.facts import PLACES, Facts
from ethogram.collect.cleaning.step import NOTHING, Found
from ethogram.events.event import Json, ProfileChange


def urls(facts: Facts) -> Found:
    """``host``, ``path``, the campaign's parameters and ``click_id``."""
    if not facts.url:
        return NOTHING
    found = address(facts.url)
    adds = dict(found.campaign)
    if found.host:
        adds["host"] = found.host
    if found.path:
        adds["path"] = found.path
    return Found(adds, True) if adds else NOTHING


def rewrite(
    properties: dict[str, Json], context: dict[str, Json]
) -> tuple[dict[str, Json], dict[str, Json], list[str] | None]:
    """Properties and context with their addresses spelt anew, and what was taken out of these.

    None where nothing changed; what changed is a copy.
    """
    removed: dict[str, None] = {}
    if not PLACES.isdisjoint(properties) and (changes := _changes(properties, removed)):
        properties = properties | changes
        changed = True
    else:
        changed = False
    page: Any = context.get("page") if context else None
    if page.__class__ is dict and (changes := _changes(page, removed)):
        context = context | {"page": page | changes}
        changed = True
    return properties, context, list(removed) if changed else None


def rewrite_changes(
    profile: Sequence[ProfileChange],
) -> tuple[list[ProfileChange], list[str] | None]:
    """What changes of a profile, as `rewrite` does it for what is said of an event."""
    removed: dict[str, None] = {}
    found = [_changes(each.values, removed) for each in profile]
    if not any(found):
        return list(profile), None
    spelt = [
        replace(each, values=each.values | changes) if changes else each
        for each, changes in zip(profile, found, strict=True)
    ]
    return spelt, list(removed)


def _changes(values: dict[str, Json], removed: dict[str, None]) -> dict[str, Json]:
    changes: dict[str, Json] = {}
    for name, value in values.items():
        if name in PLACES and value and value.__class__ is str:
            found = address(value)
            if found.text != value:
                changes[name] = found.text
                removed.update(dict.fromkeys(found.removed))
    return changes
