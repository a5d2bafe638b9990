"""A step: some events by name and by what they hold. Questions and cohorts are made of them."""

from typing import TypeAlias

import msgspec

from ethogram.events.predicate import Predicate

PropertyName: TypeAlias = str | tuple[str, ...]
"""A literal name, or a path into nested objects."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Events called ``event`` (none: any event) for which ``where`` holds."""

    event: str | None = None
    where: Predicate | None = None


def step(said: Step | str) -> Step:
    """A step; a bare text is an event's name."""
    return Step(event=said) if isinstance(said, str) else said
