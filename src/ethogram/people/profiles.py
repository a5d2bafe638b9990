"""A profile is a fold over changes: what is known of a person or a group, and since when.

It is a function of the set of changes. They count in the order of what happened; those of one
instant in that of a checksum of their events' ids; those of one event as `Op` says. So neither the
order of arrival, nor repetition, nor lateness plays a part, and the profile of persons who turn
out to be one is that of all their changes. What it takes grows with the changes and no faster: of a
history the last `MOST_STEPS` steps are told.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ethogram.events.event import Instant, Json
from ethogram.events.profile import Change, Op
from ethogram.people.holding import NOTHING, Holding, is_number

MOST_STEPS = 100


class Moment(NamedTuple):
    """One step in the history of a property: what was done, and whether that changed anything.

    ``held`` is the number that it was from then on; `NOTHING` where it was none.
    """

    change: Change
    changed: bool
    held: Json


@dataclass
class History:
    """What became of a property: its last ``moments``, the oldest first, of so many ``steps``.

    It is what it is ``since`` an instant; None where nothing was ever other than before.
    """

    moments: deque[Moment] = field(default_factory=lambda: deque[Moment](maxlen=MOST_STEPS))
    steps: int = 0
    since: Instant | None = None


def in_order(changes: Iterable[Change]) -> list[Change]:
    """``changes`` as they count, each once."""
    once = {(each.at, each.turn, each.place): each for each in changes}
    return sorted(once.values(), key=_order)


def fold(changes: Iterable[Change], at: Instant | None = None) -> dict[str, Json]:
    """The profile that ``changes`` make, as it was ``at`` an instant, or is after all of them."""
    seen = changes if at is None else (each for each in changes if each.at <= at)
    found = {name: holding for name, holding, *_ in _made(seen)}
    held = {name: holding.held for name, holding in sorted(found.items())}
    return {name: value for name, value in held.items() if value is not NOTHING}


def histories(changes: Iterable[Change], at: Instant | None = None) -> dict[str, History]:
    """What became of each property, by name; ``since`` when it is what it was ``at`` an instant.

    That all was cleared is a step of those that held something.
    """
    found: dict[str, History] = {}
    for name, holding, each, changed in _made(changes):
        own = found.setdefault(name, History())
        own.steps += 1
        held = holding.held
        own.moments.append(Moment(each, changed, held if is_number(held) else NOTHING))
        if changed and (at is None or each.at <= at):
            own.since = each.at
    return dict(sorted(found.items()))


def _made(changes: Iterable[Change]) -> Iterator[tuple[str, Holding, Change, bool]]:
    """Each change as it counts: to which property, what that holds then, and if it is another."""
    known: dict[str, Holding] = {}
    for each in in_order(changes):
        if each.op is Op.CLEAR:
            for name, holding in known.items():
                if holding.change(each.op, None):
                    yield name, holding, each, True
            known.clear()
        else:
            own = known.setdefault(each.name, Holding())
            yield each.name, own, each, own.change(each.op, each.value)


def _order(change: Change) -> tuple[Instant, int, Op, int]:
    return change.at, change.turn, change.op, change.place
