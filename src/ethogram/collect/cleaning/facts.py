"""What an event says of the program, the page and the place that it came from.

Clients say it under many names. These are known, in properties as they are in the columns of a
file; what stands in the context, and then what the request itself says, comes after them.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from ethogram.collect.cleaning.addresses import LONGEST_PAGE, address
from ethogram.collect.cleaning.campaigns import way
from ethogram.events.event import Event, Instant, Json

AGENTS = ("user_agent", "$raw_user_agent", "$user_agent", "userAgent", "user_agent.original")
ADDRESSES = ("ip", "$ip", "ip_address", "client.address")
URLS = ("url", "$current_url", "page_location", "page_url", "[Amplitude] Page Location",
        "[Amplitude] Page URL", "url.full")  # fmt: skip
REFERRERS = ("referrer", "$referrer", "page_referrer", "referer")
EMAILS = ("email", "$email")
VALUES = ("revenue", "value")
CURRENCIES = ("currency",)
NAMES: Mapping[str, tuple[str, ...]] = {
    "agent": AGENTS,
    "address": ADDRESSES,
    "url": URLS,
    "referrer": REFERRERS,
    "email": EMAILS,
    "value": VALUES,
    "currency": CURRENCIES,
}
"""The properties that say a fact; the first that is there counts."""
_KNOWN = frozenset(AGENTS + ADDRESSES + URLS + REFERRERS)
_AROUND = frozenset(("userAgent", "user_agent", "ip", "page"))
_PLACES = frozenset(("search", "$initial_current_url", "$initial_referrer", "$session_entry_url",
                     "$session_entry_referrer"))  # fmt: skip
PLACES = frozenset(URLS + REFERRERS) | _PLACES
"""The properties, and the parts of ``context.page``, that hold an address or the query of one."""
_TOLD = _KNOWN | PLACES
LONGEST_AGENT = 512
LONGEST_ADDRESS = 64
"""So much of what may be longer is looked at."""
_APPS = re.compile(r"(?i)\bios|iphone|swift|andr|kotlin|react-native|flutter|unity")
"""In the names of clients that run on the person's own telephone, and send for nobody else."""
NO_REFERRER = "-"
"""How servers write that there was none."""


class Sender(NamedTuple):
    """What a request says of the program and the address of the person, empty where it does not.

    ``remote`` is where the request came from, whoever sent it: it counts for the clients of apps.
    ``refuses``: the person's browser says that nothing of theirs is to be shared or sold.
    """

    agent: str = ""
    address: str = ""
    remote: str = ""
    refuses: bool = False


NOBODY = Sender()


class Facts(msgspec.Struct, gc=False):
    """What the steps read; empty where nobody said it.

    ``host`` and ``way`` are those of the address (see `campaigns.way`). ``referrer`` is
    `NO_REFERRER` where it was said that there is none, ``happened`` the instant by the client's
    clock, corrected. ``long`` is whether some are too long to be remembered.
    """

    agent: str = ""
    address: str = ""
    url: str = ""
    referrer: str = ""
    host: str = ""
    way: str = ""
    user: str = ""
    email: str = ""
    value: float | None = None
    currency: str = ""
    happened: Instant = 0
    long: bool = False


def is_silent(event: Event, sender: Sender) -> bool:
    """Whether there is neither a fact nor an address in an event, which is soon seen."""
    return (
        not (sender.agent or sender.address)
        and _TOLD.isdisjoint(event.properties)
        and (not event.context or _AROUND.isdisjoint(event.context))
    )


def facts_of(event: Event, sender: Sender = NOBODY) -> Facts:
    """Program, address, page and referrer of ``event``, which ``sender`` sent.

    >>> facts_of(Event("e", properties={"$current_url": "https://a.example/"})).url
    'https://a.example/'
    """
    agent, ip, url, referrer = sender.agent, sender.address, "", ""
    if sender.remote and event.source and _is_app(event.source.sdk):
        ip = sender.remote
    if event.ip_policy != "use":
        ip = ""
    if context := event.context:
        agent = text(context.get("userAgent") or context.get("user_agent")) or agent
        ip = text(context.get("ip")) or ip
        page: Any = context.get("page")
        if page.__class__ is dict:
            url, referrer = text(page.get("url")), text(page.get("referrer", ""))
            if not referrer and "referrer" in page:
                referrer = NO_REFERRER
    if not _KNOWN.isdisjoint(said := event.properties):
        agent, ip = first(said, AGENTS) or agent, first(said, ADDRESSES) or ip
        url, referrer = first(said, URLS) or url, first(said, REFERRERS) or referrer
    if event.ip_policy == "ignore":
        ip = ""
    if not referrer and url and event.kind == "page":
        referrer = NO_REFERRER
    facts = Facts(agent[:LONGEST_AGENT], ip[:LONGEST_ADDRESS], url, referrer)
    if url:
        found = address(url)
        facts.host, facts.way = found.host, way(found)
    facts.long = len(url) + len(referrer) > LONGEST_PAGE
    return facts


@lru_cache(256)
def _is_app(sdk: str) -> bool:
    return _APPS.search(sdk[:LONGEST_ADDRESS]) is not None


def read_person(facts: Facts, event: Event) -> None:
    """Add who it is, as the client says it."""
    facts.user = (event.user_id or "")[:LONGEST_AGENT]
    facts.email = first(event.properties, EMAILS)[:LONGEST_AGENT]


def read_sale(facts: Facts, event: Event, happened: Instant) -> None:
    """Add how much was paid, in which currency and when."""
    said = event.properties
    numbers = (said[name] for name in VALUES if said.get(name).__class__ in (int, float))
    facts.value = next(numbers, None) if event.value is None else event.value
    facts.currency = (event.currency or first(said, CURRENCIES))[:LONGEST_ADDRESS]
    facts.happened = happened


def first(said: Mapping[str, Json], names: tuple[str, ...]) -> str:
    """The first of ``names`` under which there is a text; empty where there is none."""
    for name in names:
        if name in said and (found := said[name]).__class__ is str and found:
            return found
    return ""


def text(value: Any) -> str:
    """``value`` where it is a text, else an empty one."""
    return value if value.__class__ is str else ""
