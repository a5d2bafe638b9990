"""Which links make two ids one person: each policy is a rule for every kind of link."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from ethogram.events.errors import Invalid, nearest
from ethogram.people.links import Kind


class Rule(IntEnum):
    """When a link counts; but with `ALWAYS` never where the person would have too many ids."""

    ALWAYS = 0
    FIRST_USER = 1
    """Unless ``a`` is known to be another user already: who came first keeps it."""
    ONE_KNOWN = 2
    """Unless both are known already: then somebody in charge has to join them."""
    NEVER = 3
    WITH_ROOM = 4
    """Whoever the two are."""


@dataclass(frozen=True)
class Policy:
    """A policy's name and rules."""

    name: str
    rules: Mapping[Kind, Rule]


_POSTHOG = {
    Kind.JOINED: Rule.ALWAYS,
    Kind.MERGE: Rule.WITH_ROOM,
    Kind.ALIAS: Rule.ONE_KNOWN,
    Kind.IDENTIFY: Rule.FIRST_USER,
    Kind.SEEN: Rule.FIRST_USER,
    Kind.DEVICE: Rule.NEVER,
    Kind.DEVICE_ANONYMOUS: Rule.NEVER,
}

POLICIES = {
    policy.name: policy
    for policy in (
        Policy("posthog", _POSTHOG),
        Policy("mixpanel", {**_POSTHOG, Kind.MERGE: Rule.NEVER, Kind.ALIAS: Rule.NEVER}),
        Policy(
            "device-first",
            {**_POSTHOG, Kind.DEVICE: Rule.FIRST_USER, Kind.DEVICE_ANONYMOUS: Rule.ONE_KNOWN},
        ),
    )
}
"""``posthog``: an identified person is not merged into another one by ``identify`` or ``alias``.
``mixpanel`` (its simplified merging): a visitor becomes one user, two users never become one.
``device-first``: what happens on one device is one person's, the first user's."""


def policy(name: str) -> Policy:
    """The policy called ``name``. Raises `Invalid`."""
    if name in POLICIES:
        return POLICIES[name]
    raise Invalid("unknown_policy", f"There is no policy {name!r} of identity.",
                  at="identity", hint=nearest(name, POLICIES))  # fmt: skip
