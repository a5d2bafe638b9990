"""What is to be forgotten, what every room that holds data about people does then, the receipt.

Only internal ids stand here: an erasure, and what tells of it, is kept for good.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

import msgspec

from ethogram.events.event import Instant

Some: TypeAlias = tuple[Instant | None, Instant | None, str | None, str | None]
"""From when, before when, of which name, and which property of these events."""


class Erasure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody in charge has something forgotten; ``number`` is the receipt's.

    Of ``nodes`` alone: persons. Their ids and keys are destroyed; their events stay and name
    nobody, or go too with ``events``. Otherwise those events go that happened from ``since`` and
    before ``until``, are called ``event``, and are of ``nodes`` where there are any; or with
    ``property_name`` its values alone, and of these with ``open_only`` those that are not sealed.
    Dead letters go by their positions, ``letters``. With ``purge`` the last byte of all that was
    erased so far goes at once. ``at`` is when it was asked, ``by`` whom; ``derived`` says what else
    knew of these persons then: cohorts, exports.
    """

    number: str
    at: Instant
    by: str = ""
    nodes: tuple[int, ...] = ()
    events: bool = False
    since: Instant | None = None
    until: Instant | None = None
    event: str | None = None
    property_name: str | None = None
    open_only: bool = False
    letters: tuple[int, ...] = ()
    purge: bool = False
    derived: tuple[str, ...] = ()

    @property
    def hides(self) -> bool:
        """Whether there are events that go, or values of theirs."""
        return self.events or self.some is not None

    @property
    def some(self) -> Some | None:
        """What it says of `Struck`, where it is not about whole persons."""
        said = self.since, self.until, self.event, self.property_name
        return None if all(each is None for each in said) else said

    @property
    def whole(self) -> bool:
        """Whether persons are erased, not only some of what they did."""
        return bool(self.nodes) and self.some is None


class Struck(msgspec.Struct, frozen=True, omit_defaults=True):
    """Events before ``position`` of the log are not to be seen, or one ``property`` of them.

    Those of ``node`` (None: everybody's) that happened from ``since`` and before ``until`` and
    are called ``event``. With ``open_only`` what is sealed of the property stays.
    """

    position: int
    node: int | None = None
    since: Instant | None = None
    until: Instant | None = None
    event: str | None = None
    property: str | None = None
    open_only: bool = False

    def meets(self, position: int, node: int, at: Instant, event: str) -> bool:
        """Whether it strikes out an ``event`` of ``node`` that happened ``at`` an instant."""
        return (
            position < self.position
            and self.node in (None, node)
            and (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
            and self.event in (None, event)
        )


def outdone(struck: Iterable[Struck]) -> tuple[Struck, ...]:
    """``struck`` without what a later one says too: a rule of retention says more each day."""
    left: list[Struck] = []
    for each in struck:
        left = [other for other in left if not _within(other, each)]
        left.append(each)
    return tuple(left)


def _within(one: Struck, other: Struck) -> bool:
    """Whether ``other`` strikes out all that ``one`` does, of the same and before a later time."""
    if one.open_only != other.open_only:
        return False
    same = (one.node, one.event, one.property) == (other.node, other.event, other.property)
    if not same or one.since is not None or other.since is not None:
        return False
    if one.until is None or other.until is None:
        return False
    return one.position <= other.position and one.until <= other.until


Said: TypeAlias = tuple[int, Erasure]
"""An erasure and at which position the log says it."""


class Touched(msgspec.Struct, frozen=True):
    """What a room had of what was erased: so many ``things``; ``gone`` once no byte is left."""

    room: str
    things: int
    gone: bool


class Receipt(msgspec.Struct, frozen=True):
    """What an erasure did, room by room.

    From ``hidden_at`` on nobody could read it; ``purged_at`` is when the last byte had gone, None
    while that waits for the next compaction, at ``pending_until`` at the latest.
    """

    erasure: Erasure
    hidden_at: Instant
    rooms: list[Touched]
    pending_until: Instant | None = None
    purged_at: Instant | None = None


class Forgets(Protocol):
    """A room that holds data about people."""

    @property
    def name(self) -> str:
        """What a receipt calls it."""
        ...

    @property
    def places(self) -> tuple[str, ...]:
        """Where it keeps that in the project's folder, as patterns of paths; none in memory."""
        ...

    def forget(self, erasure: Erasure, /) -> int:
        """Nobody can read it here when this returns; how many things there were.

        What was forgotten may be forgotten again.
        """
        ...

    def purge(self, said: Sequence[Said], /) -> None:
        """No byte is left here, when this returns, of what was ``said`` and forgotten."""
        ...
