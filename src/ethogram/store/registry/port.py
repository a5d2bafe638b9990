"""What a registry promises: definitions by kind and name, whose versions are only ever added to.

A definition's body is JSON that the registry does not understand. The newest version counts; to
drop a definition is a version too, one without a body.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from ethogram.events.errors import Invalid, NotFound, nearest
from ethogram.events.event import Instant

Kind: TypeAlias = Literal["cohort", "kpi", "trait", "source", "purpose", "retention"]
_NAME = re.compile(r"\w[\w .-]{0,99}")


class Definition(msgspec.Struct, frozen=True):
    """One version of what is saved as ``name``; ``body`` is None where it was dropped."""

    kind: Kind
    name: str
    version: int
    body: dict[str, Any] | None
    made_at: Instant
    note: str = ""


class Registry(Protocol):
    """The definitions of one project. Any number of processes may write at once."""

    def save(
        self, kind: Kind, name: str, body: Mapping[str, Any], made_at: Instant, note: str = ""
    ) -> Definition:
        """The version that ``body`` becomes; where the newest has it already, that one.

        Raises `Invalid` (``bad_name``).
        """
        ...

    def drop(self, kind: Kind, name: str, made_at: Instant, note: str = "") -> Definition:
        """The version that says that there is none any more. Raises `NotFound`."""
        ...

    def get(self, kind: Kind, name: str) -> Definition:
        """The newest version. Raises `NotFound` where there is none, or where it was dropped."""
        ...

    def history(self, kind: Kind, name: str) -> list[Definition]:
        """All versions, oldest first. Raises `NotFound` where there never was one."""
        ...

    def list(self, kind: Kind) -> list[Definition]:
        """The newest version of each that was not dropped, by name."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


def is_name(said: str) -> bool:
    """Whether something can be saved as ``said``."""
    return _NAME.fullmatch(said) is not None


def check_name(name: str) -> None:
    """Raise `Invalid` for a name under which nothing can be saved."""
    if not is_name(name):
        raise Invalid(
            "bad_name",
            f"{name[:100]!r} cannot be a name.",
            at="$.name",
            hint="Use letters, digits, spaces, and _ . - behind the first; 100 at most.",
        )


def unknown(kind: Kind, name: str, known: Iterable[str], *, dropped: bool = False) -> NotFound:
    """The error for a name under which nothing is saved, or nothing any more."""
    word = {"kpi": "KPI"}.get(kind, kind)
    said = "was dropped" if dropped else "does not exist"
    return NotFound(f"unknown_{kind}", f"The {word} {name[:100]!r} {said}.", at="$.name",
                    hint=nearest(name, known))  # fmt: skip
