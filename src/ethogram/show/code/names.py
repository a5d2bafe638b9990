"""From the names of events and properties, which may be any text, to names in code."""

import re
from collections.abc import Callable, Iterable
from unicodedata import normalize

import msgspec

_APART = re.compile(r"[\s_]+|(?<=[a-z0-9])(?=[A-Z])")


def words(name: str) -> list[str]:
    """The parts of a name.

    >>> words("Cart Viewed"), words("cartViewed"), words("$pageview")
    (['cart', 'viewed'], ['cart', 'viewed'], ['pageview'])
    """
    plain = "".join(char if f"a{char}".isidentifier() else " " for char in normalize("NFKC", name))
    return [part.lower() for part in _APART.split(plain) if part]


def snake(name: str) -> str:
    """``name`` as Python names functions; ``_`` where nothing of it can be used.

    >>> snake("Cart Viewed"), snake("日本"), snake("🛒")
    ('cart_viewed', '日本', '_')
    """
    return "_".join(words(name)) or "_"


def pascal(name: str) -> str:
    """``name`` as TypeScript names types.

    >>> pascal("cart viewed"), pascal("2nd visit")
    ('CartViewed', '_2ndVisit')
    """
    made = "".join(word.capitalize() for word in words(name)) or "_"
    return made if made.isidentifier() else f"_{made}"


def unique(
    names: Iterable[str], said: Callable[[str], str], taken: Iterable[str]
) -> dict[str, str]:
    """What each of ``names`` is called in code, no two alike and none as what is ``taken``.

    One that can be kept as it is comes before those that would be called the same.

    >>> unique(["a b", "a_b"], snake, ())
    {'a b': 'a_b_2', 'a_b': 'a_b'}
    """
    known, found = set(taken), dict.fromkeys(names, "")
    for name in sorted(found, key=lambda name: said(name) != name):
        made = first = said(name)
        number = 1
        while made in known:
            number += 1
            made = f"{first}_{number}"
        known.add(made)
        found[name] = made
    return found


def quoted(text: str) -> str:
    """``text`` as a literal of both languages."""
    return msgspec.json.encode(text).decode()


def sentence(text: str) -> str:
    """``text`` on one line, for a comment."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
