"""One control: what a law asks, and what of that the installation's state answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from ethogram.show.reports.compliance.facts import Facts

State: TypeAlias = Literal["met", "partly", "open", "yours"]
"""``yours``: software cannot answer it, the organisation must."""
Finding: TypeAlias = tuple[State, str]
"""How it stands, and by which evidence."""


@dataclass(frozen=True)
class Control:
    """``place`` in the law, what it ``asks`` in our words, and how to ``find`` where it stands."""

    law: str
    place: str
    asks: str
    find: Callable[[Facts], Finding]


class Judged(msgspec.Struct, frozen=True):
    """A control, and how it stands."""

    law: str
    place: str
    asks: str
    state: State
    evidence: str


def judged(control: Control, facts: Facts) -> Judged:
    """How ``control`` stands by ``facts``."""
    state, evidence = control.find(facts)
    return Judged(control.law, control.place, control.asks, state, evidence)


def yours(what: str) -> Callable[[Facts], Finding]:
    """A control that ``what`` the organisation does answers."""
    return lambda _: ("yours", what)


def counted(number: int, noun: str) -> str:
    """``1 person``, ``2 persons``, ``2 properties``."""
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else several}"
