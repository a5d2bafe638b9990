"""Roles: sets of permissions, and what of the data they are permitted on."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from ethogram.events import predicate
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Predicate, comparisons
from ethogram.protect.access.permissions import PERMISSIONS, Permission

SMALLEST_GROUP = 10
"""People that a number is about at least, for who may not see personal data."""


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What somebody may do, and of which data.

    Only events for which ``where`` holds exist for the role, and of them no property that is
    ``hidden``. ``k`` is how many people a number must be about to be told.
    """

    permissions: tuple[Permission, ...]
    where: Predicate | None = None
    hidden: tuple[str, ...] = ()
    k: Annotated[int, msgspec.Meta(ge=1)] | None = None

    @property
    def is_view(self) -> bool:
        """Whether the role sees a part of the data only."""
        return self.where is not None or bool(self.hidden)

    @property
    def smallest(self) -> int:
        """The smallest group of people of whom the role is told a number."""
        return self.k or (1 if "personal" in self.permissions else SMALLEST_GROUP)

    def beyond(self, other: "Role") -> list[str]:
        """What this role may and sees that ``other`` does not, in words; nothing where all of it
        is the other's too.

        Filters are compared as they are written: whether one lets less through than another
        nobody can tell of all of them.
        """
        more = [each for each in self.permissions if each not in other.permissions]
        if self.smallest < other.smallest:
            more.append(f"groups of fewer than {other.smallest}")
        if other.where is not None and self.where != other.where:
            more.append("other events")
        return more + [f"the property {each!r}" for each in other.hidden if each not in self.hidden]


BUILT_IN: Mapping[str, Role] = {
    "viewer": Role(("ask",)),
    "analyst": Role(("ask", "people", "sql", "export", "save", "plan", "letters", "settings")),
    "marketer": Role(("ask", "people", "export", "save", "consent")),
    "engineer": Role(("ask", "people", "sql", "plan", "letters", "tokens", "settings", "write")),
    "privacy officer": Role(
        ("ask", "people", "personal", "merge", "erase", "consent", "purposes", "audit", "settings")
    ),
    "admin": Role(tuple(PERMISSIONS)),
}


def check(role: Role) -> None:
    """Raise `Invalid` where ``role`` says nonsense, or the same twice."""
    if len(set(role.permissions)) != len(role.permissions):
        raise Invalid("bad_role", "A permission is named twice.", at="$.permissions")
    if role.where is not None:
        predicate.check(role.where)
        for each, at in comparisons(role.where):
            if each.of.startswith("group:"):
                raise Invalid("bad_role", "A role sees by what events and people are.",
                              at=f"{at}.of", hint="Let the events say it of their group.",
                              )  # fmt: skip
