"""Cohorts that a spec names, looked up before anything else sees the spec."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

import msgspec
from msgspec.structs import fields, replace

from ethogram.ask.questions.cohort import Cohort, check
from ethogram.events.errors import EthogramError, Invalid

S = TypeVar("S", bound=msgspec.Struct)


class Saved(NamedTuple):
    """A saved cohort as it is now, and which of its versions that is."""

    cohort: Cohort
    version: int


Lookup: TypeAlias = Callable[[str], Saved]
"""The cohort of a name. Raises `NotFound`, which says what exists."""


def resolved(spec: S, lookup: Lookup) -> tuple[S, dict[str, int]]:
    """``spec`` with every ``{"saved": NAME}`` replaced, and the version of each name.

    ``spec`` may be a cohort too. A saved cohort is looked at the instant that the reference says,
    unless it says its own. Raises what ``lookup`` raises, with the place, and `Invalid`
    (``cohort_circle``, ``too_deep``) where one holds itself.
    """
    search = _Search(lookup, {})
    try:
        return search.replaced(spec, "$", ()), search.versions
    except RecursionError:
        raise Invalid("too_deep", "The question is nested too deeply.", at="$") from None


@dataclass(frozen=True)
class _Search:
    """``versions`` are those of the names that were found so far."""

    lookup: Lookup
    versions: dict[str, int]

    def replaced(self, value: Any, at: str, within: tuple[str, ...]) -> Any:
        """``value`` without references; ``within`` names the cohorts that it is a part of."""
        if isinstance(value, Cohort) and value.saved is not None:
            return self.found(value, value.saved, at, within)
        if isinstance(value, msgspec.Struct):
            changed = {
                field.name: new
                for field in fields(value)
                if (old := getattr(value, field.name)) is not None
                and (new := self.replaced(old, f"{at}.{field.encode_name}", within)) is not old
            }
            return replace(value, **changed) if changed else value
        if isinstance(value, tuple):
            old = cast("tuple[Any, ...]", value)
            new = tuple(self.replaced(each, f"{at}[{i}]", within) for i, each in enumerate(old))
            return new if any(a is not b for a, b in zip(new, old, strict=True)) else value
        return value

    def found(self, reference: Cohort, name: str, at: str, within: tuple[str, ...]) -> Cohort:
        """The cohort that ``reference`` names."""
        check(reference, at)
        if name in within:
            circle = " → ".join([*within[within.index(name) :], name])
            raise Invalid("cohort_circle", f"The cohort holds itself: {circle}.", at=at)
        try:
            known = self.lookup(name)
        except EthogramError as error:
            place = f"{at}.saved"
            raise type(error)(error.code, error.message, at=place, hint=error.hint) from None
        self.versions[name] = known.version
        cohort = self.replaced(known.cohort, at, (*within, name))
        return replace(cohort, at=reference.at) if cohort.at is None and reference.at else cohort
