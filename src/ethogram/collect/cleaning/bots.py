"""The step ``bots``: programs that nobody sits before, by a list that is kept for all of us."""

from functools import lru_cache

from ethogram.collect.cleaning.facts import Facts
from ethogram.collect.cleaning.step import NOTHING, Found

_BOT = Found({"bot": True}, True)


def bots(facts: Facts) -> Found:
    """``bot``, true; nothing of a person's program, and nothing where none is said."""
    return _BOT if facts.agent and is_bot(facts.agent) else NOTHING


@lru_cache(256)
def is_bot(agent: str) -> bool:
    """Whether a user agent is that of a crawler, a monitor or another program by itself.

    >>> is_bot("Googlebot/2.1 (+http://www.google.com/bot.html)")
    True
    """
    from crawleruseragents import is_crawler

    return is_crawler(agent)
