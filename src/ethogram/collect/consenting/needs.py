"""Which purposes an event needs: all events, those of a name or of a source, single properties."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ethogram.events.errors import Invalid
from ethogram.events.plan import Plan
from ethogram.protect.consent.purposes import BUILT_IN, Purposes


@dataclass(frozen=True)
class Needs:
    """See the module; ``every`` event needs these, ``sources`` are dialects by name.

    ``purposes`` are those that hold; with ``honours`` a browser's signal withdraws the ones that
    share.
    """

    every: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict[str, str])
    events: Mapping[str, str] = field(default_factory=dict[str, str])
    properties: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, Mapping[str, str]]
    )
    purposes: Purposes = field(default_factory=lambda: BUILT_IN)
    honours: bool = True

    @cached_property
    def any(self) -> bool:
        """Whether something needs a purpose."""
        return bool(self.named)

    @cached_property
    def named(self) -> frozenset[str]:
        """The purposes that something needs."""
        tagged = {each for names in self.properties.values() for each in names.values()}
        return frozenset({*self.every, *self.sources.values(), *self.events.values(), *tagged})

    @cached_property
    def known(self) -> dict[str, str]:
        """The purposes by every word that means one, in lower case."""
        words = {name.lower(): name for name in self.named | self.purposes.keys()}
        also = {word.lower(): name for name, each in self.purposes.items() for word in each.also}
        return also | words

    @cached_property
    def sharing(self) -> tuple[str, ...]:
        """The purposes that a browser's signal withdraws."""
        if not self.honours:
            return ()
        return tuple(name for name, each in self.purposes.items() if each.sharing)

    def of(self, event: str, source: str) -> tuple[str, ...]:
        """What events of a name from a ``source`` need, the whole event."""
        by_name, by_source = self.events.get(event), self.sources.get(source)
        if by_name is None and by_source is None:
            return self.every
        return (*self.every, *(each for each in (by_name, by_source) if each is not None))

    def at_most(self, event: str, source: str) -> set[str]:
        """What events of a name and their properties need; of any, where the name is empty."""
        wanted = {*self.of(event, source)}
        if not event:
            wanted.update(self.events.values())
        for name, tagged in self.properties.items():
            if event in ("", name):
                wanted.update(tagged.values())
        return wanted


def needs(
    plan: Plan, purposes: Purposes, required: Iterable[str], sources: Iterable[str], honours: bool
) -> Needs:
    """What the tracking plan and the settings say; ``sources`` are pairs, ``ga4=marketing``.

    Raises `Invalid` (``bad_setting``).
    """
    pairs = [each.partition("=")[::2] for each in sources]
    by_source = {source.strip(): purpose.strip() for source, purpose in pairs}
    if "" in by_source or "" in by_source.values():
        raise Invalid("bad_setting", "This is no source and its purpose.", at="consent_sources",
                      hint='Write it as "ga4=marketing".')  # fmt: skip
    tagged = {
        name: {key: each.purpose for key, each in event.properties.items() if each.purpose}
        for name, event in plan.events.items()
    }
    return Needs(
        tuple(required),
        by_source,
        {name: event.purpose for name, event in plan.events.items() if event.purpose},
        {name: found for name, found in tagged.items() if found},
        purposes,
        honours,
    )
