"""The steps in their order, over one event: what it says already stays, what is found is added.

What was done stands beside the event as ``cleaned``: the name of each step that did something,
with true, or with the names of what it took away.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from ethogram.collect.cleaning.facts import (
    Facts,
    Sender,
    facts_of,
    is_silent,
    read_person,
    read_sale,
)
from ethogram.collect.cleaning.missing import missing
from ethogram.collect.cleaning.nobody import told_apart
from ethogram.collect.cleaning.step import Group
from ethogram.collect.cleaning.urls import rewrite, rewrite_changes
from ethogram.events.errors import Invalid
from ethogram.events.event import Event, Instant, Json
from ethogram.events.repeated import repeatable
from ethogram.events.times import correct, parse

REFUSALS = {
    "bots": ("bot", "A program sent this by itself."),
    "internal": ("internal", "This comes from those who run the site."),
}
"""The code and the message of what a step refuses."""
REFUSED_HINT = "The settings say that such events are refused; set them to mark and they are kept."


@dataclass(frozen=True, slots=True)
class Cleaning:
    """The steps of an installation; without a word nothing is done.

    ``absent`` are the texts that mean no value, ``nobody`` those that mean no id, the steps of
    ``groups`` add properties, and with ``rewrites`` addresses are spelt anew. ``person`` and
    ``sale`` say whether a step reads such facts, ``always`` whether one reads more than what
    shows in properties and context.
    """

    absent: frozenset[str] = frozenset()
    nobody: frozenset[str] = frozenset()
    groups: tuple[Group, ...] = ()
    rewrites: bool = False
    person: bool = False
    sale: bool = False
    always: bool = False


def cleaned(
    event: Event, cleaning: Cleaning, sender: Sender, received_at: Instant
) -> tuple[Event, dict[str, Json]]:
    """(the event after all steps, what they did); ``event`` itself stays as it is.

    Raises `Invalid` (``bot``, ``internal``) where a step refuses it.
    """
    done: dict[str, Json] = {}
    if cleaning.nobody:
        event, names = told_apart(event, cleaning.nobody)
        if names:
            done["ids"] = names
    properties, context = event.properties, event.context
    if cleaning.absent and (names := missing(properties, cleaning.absent)):
        properties = {name: value for name, value in properties.items() if name not in names}
        done["missing"] = [name for name in names if repeatable(name)]
        event = copy(event)
        event.properties = properties
    if cleaning.always or not is_silent(event, sender):
        facts = _facts(event, cleaning, sender, received_at)
        properties = _added(properties, facts, cleaning.groups, done)
        if cleaning.rewrites:
            properties, context, removed = rewrite(properties, context)
            if removed is not None:
                done["urls"] = removed or True
    profile = event.profile_ops
    if profile and cleaning.rewrites:
        profile, removed = rewrite_changes(profile)
        if removed is not None:
            done["urls"] = _both(done.get("urls"), removed)
    if done:
        event = copy(event)
        event.properties, event.context, event.profile_ops = properties, context, profile
    return event, done


def refusal(name: str) -> Invalid:
    """The error of an event that the step ``name`` refuses."""
    code, message = REFUSALS[name]
    return Invalid(code, message, at="$", hint=REFUSED_HINT)


def _added(
    properties: dict[str, Json], facts: Facts, groups: Sequence[Group], done: dict[str, Json]
) -> dict[str, Json]:
    """``properties`` and behind them what the steps find; ``done`` says which found it."""
    added: dict[str, Json] = {}
    for group in groups:
        adds, said, each, refuses = group.find(facts)
        if refuses:
            raise refusal(refuses)
        if adds.keys().isdisjoint(properties):
            done.update(said)
        else:
            done.update((name, found.said) for name, found in each.items()
                        if not (found.adds and found.adds.keys() <= properties.keys()))  # fmt: skip
        added.update(adds)
    return {**properties, **added, **properties} if added else properties


def _both(before: Json, removed: list[str]) -> Json:
    """The names that were taken out of addresses, each once; true where there are none."""
    said = before if isinstance(before, list) else []
    return list(dict.fromkeys([*said, *removed])) or True


def _facts(event: Event, cleaning: Cleaning, sender: Sender, received_at: Instant) -> Facts:
    facts = facts_of(event, sender)
    if cleaning.person:
        read_person(facts, event)
    if cleaning.sale:
        read_sale(facts, event, _happened(event, received_at))
    return facts


def _happened(event: Event, received_at: Instant) -> Instant:
    """When it happened, as the door says later; a time that is none is refused there."""
    try:
        client = None if event.timestamp is None else parse(event.timestamp)
        sent = None if event.sent_at is None else parse(event.sent_at)
    except Invalid:
        return received_at
    return correct(client, sent, received_at, true=event.time_is_true)[0]
