"""Who tells the story: for each dialect a function from moments to its clients' requests."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tests.doors import calls, hits
from tests.doors.sent import Sent
from tests.doors.story import Moment, What

WHATS: tuple[What, ...] = ("view", "identify", "cart", "pay", "join")
BUT_ORDERS: tuple[What, ...] = ("view", "identify", "cart", "join")


@dataclass(frozen=True)
class Teller:
    """A dialect, and what it cannot say.

    ``own`` are the names that its events have by themselves, ``revenue`` is the property with
    what was paid. ``again``: what counts again when it is sent again, for want of an id; ``ties``:
    whether an event can have a user and a device; ``companies``: whether it has groups;
    ``logins``: whether a login is an event; ``sells``: whether it has a sale, and
    ``currencies``: whether one with its currency.
    """

    name: str
    tell: Callable[[Sequence[Moment], Mapping[What, str]], list[Sent]]
    own: Mapping[What, str] = field(default_factory=dict[What, str])
    revenue: str = "revenue"
    again: Collection[What] = ()
    ties: bool = True
    companies: bool = True
    logins: bool = True
    sells: bool = True
    currencies: bool = True

    @property
    def names(self) -> dict[What, str]:
        """What its events are called; none is called as another teller's is."""
        return {what: self.own.get(what, f"{self.name}_{what}") for what in WHATS}

    def told(self, moments: Sequence[Moment]) -> list[Sent]:
        """The requests that tell ``moments``."""
        return self.tell(moments, self.names)


TELLERS = (
    Teller("native", calls.native),
    Teller("segment", calls.segment, {"identify": "identify", "join": "group"}),
    Teller("rudderstack", calls.rudderstack, {"identify": "identify", "join": "group"}),
    Teller("posthog", calls.posthog, {"identify": "$identify", "join": "$groupidentify"}),
    Teller("mixpanel", calls.mixpanel, {"identify": "$identify"}, companies=False),
    Teller("amplitude", calls.amplitude, {"identify": "$identify"}),
    Teller("snowplow", hits.snowplow, {"pay": "transaction"}, companies=False, logins=False),
    Teller("ga4", hits.ga4, {"pay": "purchase"}, "value", BUT_ORDERS, companies=False),
    Teller("matomo", hits.matomo, {"pay": "order"}, again=BUT_ORDERS, companies=False,
           currencies=False),
    Teller("cloudevents", hits.cloudevents, companies=False, sells=False),
    Teller("otlp", hits.otlp, again=WHATS, ties=False, companies=False, sells=False),
)  # fmt: skip
