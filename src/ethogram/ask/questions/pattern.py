"""A pattern of events, such as ``cart->[^cart]*->buy``, for a kernel that looks for it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from ethogram.ask.kernels.cutting import Pattern
from ethogram.ask.questions.chunk import frozen
from ethogram.events.errors import Invalid

MOST = 60
NOTHING = Pattern(frozen(np.zeros(1, np.uint64)), *[np.uint64(0)] * 3, 0)  # type: ignore[arg-type]

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_BARE = r'[^\s"\[\].*>-](?:[^"\[\]*>-]|-(?!>))*'
_NAME = rf"(?:{_QUOTED}|{_BARE})"
_ELEMENT = re.compile(rf"\s*(?:(\.)|\[\^({_NAME})\]|({_NAME}))\s*(\*?)\s*(->|$)")


class Element(NamedTuple):
    """One place of a pattern: ``name``, or with ``other`` any but it; no name: any at all."""

    name: str | None
    other: bool
    many: bool


def parse(text: str, at: str = "$.pattern") -> list[Element]:
    """The elements of a pattern.

    >>> parse('cart -> [^cart]* -> "pay -> done"')[2].name
    'pay -> done'
    """
    elements: list[Element] = []
    place, arrow = 0, "->"
    while arrow:
        found = _ELEMENT.match(text, place)
        if not found or len(elements) == MOST:
            raise Invalid(
                "bad_pattern",
                f"This is not a pattern, from {text[place : place + 20]!r} on."
                if not found
                else f"A pattern has at most {MOST} names.",
                at=at,
                hint="Names joined by ->; [^name] is any other, . any; * after one: any number. "
                'A name with such signs stands in "".',
            )
        anything, other, name, many, arrow = found.groups()
        elements.append(
            Element(None if anything else _name(other or name), bool(other), bool(many))
        )
        place = found.end()
    return elements


def compiled(elements: Sequence[Element], names: Sequence[str]) -> Pattern:
    """The pattern over nodes of these names."""
    accepts = np.zeros(len(names), np.uint64)
    for k, each in enumerate(elements):
        for node, name in enumerate(names):
            if each.name is None or (name == each.name) != each.other:
                accepts[node] |= np.uint64(1 << k)
    stars = sum(1 << k for k, each in enumerate(elements) if each.many)
    run = max(map(len, re.findall("1+", f"{stars:b}")), default=0)
    first = 1
    for _ in range(run):
        first |= (first & stars) << 1
    last = 1 << len(elements)
    words = (np.uint64(stars), np.uint64(first), np.uint64(last))
    return Pattern(frozen(accepts), *words, run)


def _name(text: str) -> str:
    return msgspec.json.decode(text) if text.startswith('"') else text.strip()
