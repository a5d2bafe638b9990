"""What a step of cleaning is: a name, what its facts are about, and a pure function of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, NamedTuple, TypeAlias

from ethogram.collect.cleaning.facts import Facts
from ethogram.events.event import Json

About: TypeAlias = Literal["program", "page", "way", "place", "person", "sale"]
READ: Mapping[About, tuple[str, ...]] = {
    "program": ("agent",),
    "page": ("url",),
    "way": ("referrer", "host", "way"),
    "place": ("address",),
    "person": ("address", "user", "email"),
    "sale": ("value", "currency", "happened"),
}
"""The facts that are about something; steps about the same are looked up together."""
_REMEMBERED = 4_096


class Found(NamedTuple):
    """What a step found: properties to add where they are absent, and what it says it did.

    ``said`` stands on the event, so it holds no value of anybody's; None where nothing was found.
    """

    adds: Mapping[str, Json]
    said: Json


NOTHING = Found({}, None)


class Step(NamedTuple):
    """A step that adds properties, by the facts about something.

    Where it ``refuses``, an event of which it finds something is not kept.
    """

    name: str
    about: About
    find: Callable[[Facts], Found]
    refuses: bool = False


class Findings(NamedTuple):
    """What several steps found together, or the name of the one that ``refuses``."""

    adds: Mapping[str, Json]
    said: Mapping[str, Json]
    each: Mapping[str, Found]
    refuses: str = ""


class Group:
    """The ``steps`` about one thing, asked once for all that say the same of it.

    What was found is remembered, for a bounded number of short facts.
    """

    def __init__(self, about: About, steps: Sequence[Step]) -> None:
        self.names = READ[about]
        self._steps = [step for step in steps if step.about == about]
        self._read = attrgetter(*self.names)
        self._remembered = lru_cache(_REMEMBERED)(self._of)

    def find(self, facts: Facts) -> Findings:
        """What the steps find."""
        said = self._read(facts)
        return self._of(said) if facts.long else self._remembered(said)

    def _of(self, said: Any) -> Findings:
        values = (said,) if len(self.names) == 1 else said
        facts = Facts(**dict(zip(self.names, values, strict=True)))
        found = {step.name: each for step in self._steps
                 if (each := step.find(facts)).said is not None}  # fmt: skip
        refusing = [step.name for step in self._steps if step.refuses and step.name in found]
        adds = {name: value for each in found.values() for name, value in each.adds.items()}
        words = {name: each.said for name, each in found.items()}
        return Findings(adds, words, found, refusing[0] if refusing else "")


def grouped(steps: Sequence[Step]) -> Iterator[Group]:
    """The groups of ``steps``."""
    for about in READ:
        if any(step.about == about for step in steps):
            yield Group(about, steps)
