"""The step ``referrers``: which way somebody came.

A paid advertisement shows by its click id or its medium, whatever page it stood on; then the
campaign's medium counts, then the page that was left.
"""

from ethogram.collect.cleaning.addresses import address
from ethogram.collect.cleaning.facts import NO_REFERRER, Facts
from ethogram.collect.cleaning.hosts import kind_of
from ethogram.collect.cleaning.step import NOTHING, Found

_DIRECT = (NO_REFERRER, "$direct")


def referrers(facts: Facts) -> Found:
    """``referrer_class`` and, of another site, ``referrer_host``."""
    referrer, way = facts.referrer, facts.way
    left = "" if referrer in _DIRECT else address(referrer).host.lower()
    if left and not way and _one_site(left, facts.host.lower()):
        return Found({"referrer_class": "internal"}, True)
    if left:
        said = way or kind_of(left) or "referral"
        return Found({"referrer_class": said, "referrer_host": left}, True)
    if way or referrer in _DIRECT:
        return Found({"referrer_class": way or "direct"}, True)
    return NOTHING


def _one_site(one: str, other: str) -> bool:
    """Whether two hosts are one site: the same, or one below the other."""
    one, other = one.removeprefix("www."), other.removeprefix("www.")
    return bool(other) and (one == other or one.endswith(f".{other}") or other.endswith(f".{one}"))
