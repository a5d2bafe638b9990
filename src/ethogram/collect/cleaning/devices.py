"""The step ``devices``: browser, system and kind of device, from what the program says it is.

Browser and system are those of the uap-core rules. What kind of device it is follows from the
words that browsers agreed on: ``Mobi`` in a telephone's, Android without it in a tablet's.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from ethogram.collect.cleaning.bots import is_bot
from ethogram.collect.cleaning.facts import Facts
from ethogram.collect.cleaning.step import NOTHING, Found

if TYPE_CHECKING:
    from ua_parser import Domain, PartialResult

_KINDS = (
    ("tv", re.compile(r"(?i)\bTV\b|SmartTV|SMART-TV|AppleTV|GoogleTV|HbbTV|Web0S|Tizen.+TV|BRAVIA"
                      r"|AFT[A-Z]|Roku|CrKey|PlayStation|Xbox|Nintendo")),
    ("tablet", re.compile(r"(?i)iPad|Tablet|PlayBook|Kindle|Silk(?!.*Mobile)"
                          r"|Android(?!.*(?:Mobi|Opera Mini))")),
    ("mobile", re.compile(r"(?i)Mobi|iPhone|iPod|Phone|BlackBerry|Opera Mini|webOS|Symbian|KaiOS")),
    ("desktop", re.compile(r"Windows|Macintosh|X11|Linux|CrOS")),
)  # fmt: skip


def devices(facts: Facts) -> Found:
    """``browser``, ``browser_version`` (the first number), ``os`` and ``device_type``.

    The type is desktop, mobile, tablet, tv, bot or other.
    """
    agent = facts.agent
    if not agent:
        return NOTHING
    from ua_parser import Domain

    found = _resolver()(agent, Domain.USER_AGENT | Domain.OS)
    browser, system = found.user_agent, found.os
    adds = {
        "browser": browser.family if browser else None,
        "browser_version": browser.major if browser else None,
        "os": system.family if system else None,
        "device_type": "bot" if is_bot(agent) else _kind(agent),
    }
    return Found({name: value for name, value in adds.items() if value}, True)


def _kind(agent: str) -> str:
    return next((kind for kind, words in _KINDS if words.search(agent)), "other")


@cache
def _resolver() -> "Callable[[str, Domain], PartialResult]":
    """The fastest that is installed; its rules are read when the first agent comes."""
    from ua_parser import BestAvailableResolver, load_lazy_builtins

    return BestAvailableResolver(load_lazy_builtins())
