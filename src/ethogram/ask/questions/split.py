"""What an answer can be split by: values of properties, and being in a cohort."""

from typing import TypeAlias

import msgspec

from ethogram.ask.questions.cohort import Cohort
from ethogram.ask.questions.step import PropertyName
from ethogram.events.errors import Invalid
from ethogram.events.predicate import Whose


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A ``property``, or whether somebody is in a ``cohort``; ``name`` is its heading.

    ``of`` says whose value of the property, as in predicates: the event's own, what the person's
    events said ``then`` or ``now``, or what their profile holds. With ``bins``, ascending numbers,
    numbers are in the bin of the greatest that is not above them, by which the bin is called; what
    is below all, or no number, is missing.
    """

    property: PropertyName | None = None
    of: Whose = "event"
    cohort: Cohort | None = None
    bins: tuple[float, ...] | None = None
    name: str | None = None


By: TypeAlias = PropertyName | Split


def split(by: By) -> Split:
    """``by``, written out."""
    return by if isinstance(by, Split) else Split(property=by)


def heading(by: By) -> str:
    """What the values are called in an answer."""
    said = split(by)
    if said.name is not None:
        return said.name
    if said.property is None:
        return "cohort"
    return said.property if isinstance(said.property, str) else ".".join(said.property)


def null_heading(by: By) -> str:
    """What an answer calls that the value is null: one that was said, not one that is missing."""
    return f"{heading(by)}.is_null"


def check(by: By, at: str) -> None:
    """Raise `Invalid` where ``by`` is not one of the two."""
    said = split(by)
    if (said.property is None) == (said.cohort is None):
        raise Invalid("bad_by", "Split by a property, or by a cohort.", at=at,
                      hint='Write "country", or {"cohort": {"did": "purchase"}}.')  # fmt: skip
    if said.cohort is not None and said.of != "event":
        raise Invalid("bad_by", '"of" says nothing of a cohort.', at=f"{at}.of")
    if said.bins is not None and (
        said.cohort is not None or not said.bins or list(said.bins) != sorted(set(said.bins))
    ):
        raise Invalid("bad_bins", "Bins are ascending numbers, of a property.", at=f"{at}.bins",
                      hint='Write {"property": "price", "bins": [0, 10, 100]}.')  # fmt: skip
